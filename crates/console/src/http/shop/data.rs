//! /account/data: export and erasure of the user's data.

use minijinja::context;
use serde_json::{Map, Value, json};

use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::visit::{Outcome, Reply, Visit};

/// Pages of each list that the file holds; beyond, it says where the list goes on.
const PAGES: usize = 20;

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let page = context! { faults => Faults::default() };
    Ok(Reply::page("shop/data.html", page))
}

/// The export of the API, with the entries of the lists that it names.
pub(crate) async fn export(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let mut whole = visit.get("/api/users/me/export").await?;
    let lists = whole.get_mut("lists").map(Value::take);
    let mut entries = Map::new();
    for list in lists.iter().filter_map(Value::as_array).flatten() {
        let text = |name: &str| list.get(name).and_then(Value::as_str).unwrap_or_default();
        entries.insert(text("name").to_owned(), read(visit, text("path")).await?);
    }
    whole = with(whole, "lists", entries);
    let bytes = serde_json::to_vec_pretty(&whole);
    let bytes = bytes.map_err(|error| Failure::Broken(error.to_string()))?;
    Ok(Reply::File("my-data.json", bytes))
}

/// A list of the API: its entries, and where it goes on if it is longer than the file has room for.
async fn read(visit: &Visit, path: &str) -> Result<Value, Failure> {
    let mut entries = Vec::new();
    let mut next = path.to_owned();
    for _ in 0..PAGES {
        let mut page = visit.get(next.as_str()).await?;
        let Some(Value::Array(items)) = page.get_mut("items").map(Value::take) else {
            // Not a list in pages: the whole answer.
            return Ok(page);
        };
        entries.extend(items);
        let Some(cursor) = page.get("nextCursor").and_then(Value::as_str) else {
            return Ok(entries.into());
        };
        next = format!("{path}&cursor={cursor}");
    }
    Ok(json!({"items": entries, "goesOnAt": next}))
}

pub(crate) async fn erase(visit: &mut Visit) -> Outcome {
    visit.me()?;
    let body = json!({"password": visit.form.raw("password")});
    match visit.ask(Call::delete("/api/users/me").json(body)).await? {
        Ok(_) => {
            visit.set_login(None);
            Ok(Reply::see("/?done=erased"))
        }
        Err(refusal) => {
            let mut faults = refusal.faults(visit.lang());
            // The only password that is asked for here.
            if let Some(fault) = faults.fields.remove("currentPassword") {
                faults.fields.insert("password".to_owned(), fault);
            }
            Ok(Reply::form("shop/data.html", context! { faults }))
        }
    }
}
