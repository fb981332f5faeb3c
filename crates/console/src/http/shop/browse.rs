//! GET /browse: the catalogue. What is sought is in the address only, so that it can be kept, shared and gone back to.

use futures_util::future::join;
use minijinja::context;
use serde_json::{Value, json};

use super::facets::{chips, facets, prices, title};
use super::sought::Sought;
use crate::api::Call;
use crate::failure::Faults;
use crate::fields::target;
use crate::format::parse;
use crate::visit::{Outcome, Reply, Visit};

const SHOWN: &str = "24";

pub(crate) async fn browse(visit: &mut Visit) -> Outcome {
    let sought = Sought::of(&visit.query);
    let mut faults = Faults::default();
    let mut wanted: Vec<(&str, String)> = Vec::new();
    for (name, value) in sought.pairs() {
        let (name, value) = match name {
            "min" | "max" => {
                let Some(amount) = parse(value, visit.currency()) else {
                    faults = Faults::of_field(visit.lang(), name, "not_an_amount");
                    continue;
                };
                let name = if name == "min" {
                    "minPrice"
                } else {
                    "maxPrice"
                };
                (name, amount.to_string())
            }
            "stock" => ("inStock", "true".to_owned()),
            // Only a search has a relevance.
            "sort" if value == "relevance" && !sought.has("q") => continue,
            name => (name, value.to_owned()),
        };
        wanted.push((name, value));
    }
    let lang = visit.lang().code.clone();
    for (name, value) in [
        ("facets", "category,price,seller,attr.*"),
        ("lang", &lang),
        ("limit", SHOWN),
        ("cursor", visit.query.get("cursor")),
    ] {
        wanted.push((name, value.to_owned()));
    }
    let wanted: Vec<_> = wanted.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let found = visit.ask(Call::get(target("/api/products", &wanted)));
    let tree = visit.get(target("/api/categories", &[("lang", &lang)]));
    let (found, tree) = join(found, tree).await;
    let tree = tree?;
    let found = found?.unwrap_or_else(|refusal| {
        faults = refusal.faults(visit.lang());
        json!({"items": [], "nextCursor": null, "facets": {}})
    });
    let counts = found.get("facets").cloned().unwrap_or_default();
    let facets = facets(visit, &sought, &counts, &tree);
    let next = found.get("nextCursor").and_then(Value::as_str);
    let status = if faults.sentence.is_some() { 422 } else { 200 };
    let page = context! {
        items => found.get("items"),
        next => next.map(|cursor| sought.address(Some(("cursor", cursor)))),
        first => visit.query.some("cursor").map(|_| sought.address(None)),
        chips => chips(visit, &sought, &facets),
        prices => prices(visit, &sought, &counts),
        title => title(&facets),
        facets, faults,
        sought => context! {
            q => sought.first("q"), min => sought.first("min"), max => sought.first("max"),
            stock => sought.first("stock"), sort => sought.first("sort"),
        },
    };
    Ok(Reply::Page(status, "shop/browse.html", page))
}
