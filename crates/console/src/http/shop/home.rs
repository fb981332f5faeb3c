//! GET /.

use minijinja::context;
use serde_json::Value;

use crate::fields::target;
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn home(visit: &mut Visit) -> Outcome {
    let newest = target(
        "/api/products",
        &[
            ("limit", "12"),
            ("inStock", "true"),
            ("facets", "category"),
            ("lang", &visit.lang().code),
        ],
    );
    let page = visit.get(newest).await?;
    let categories = page.pointer("/facets/category").and_then(Value::as_array);
    let is_root = |category: &&Value| category.get("parentId").is_none_or(Value::is_null);
    let categories: Vec<_> = categories.into_iter().flatten().filter(is_root).collect();
    let items = page.get("items");
    Ok(Reply::page(
        "shop/home.html",
        context! { items, categories },
    ))
}
