//! /operate/categories: the tree, and what operators do with it.

use minijinja::context;
use serde_json::{Value, json};

use super::category_form::{body, ids_below, indented, languages, typed, untyped};
use crate::api::{Call, with};
use crate::failure::{Failure, Faults};
use crate::visit::{Outcome, Reply, Visit};

async fn tree(visit: &Visit) -> Result<Vec<Value>, Failure> {
    let lang = visit.lang().code.clone();
    let found = visit.get(format!("/api/categories?lang={lang}")).await?;
    let items = found.get("items").and_then(Value::as_array);
    Ok(indented(items.map_or(&[], Vec::as_slice)))
}

pub(crate) async fn list(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let items = tree(visit).await?;
    Ok(Reply::page("operate/categories.html", context! { items }))
}

/// A category that is there, as it is stored.
async fn stored(visit: &Visit) -> Result<Value, Failure> {
    let (id, lang) = (visit.part("id"), visit.lang().code.clone());
    visit.get(format!("/api/categories/{id}?lang={lang}")).await
}

/// The page of a category, or of a new one.
async fn page(
    visit: &Visit,
    status: u16,
    category: Option<Value>,
    typed: Value,
    faults: Faults,
) -> Outcome {
    let items = tree(visit).await?;
    let id = category.as_ref().and_then(|one| one.get("id")?.as_str());
    let inside = id.map(|id| ids_below(&items, id)).unwrap_or_default();
    // It can be moved to all that are not a part of it.
    let places = items.iter().filter(|item| {
        let id = item.get("id").and_then(Value::as_str);
        id.is_none_or(|id| !inside.contains(id))
    });
    let places: Vec<&Value> = places.collect();
    let languages = languages(visit, category.as_ref());
    let parent = visit.form.some("parent").or(visit.query.some("parent"));
    let page = context! { category, typed, faults, places, languages, parent => parent.unwrap_or_default() };
    Ok(Reply::Page(status, "operate/category.html", page))
}

pub(crate) async fn show_new(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    page(visit, 200, None, untyped(visit, None), Faults::default()).await
}

pub(crate) async fn add(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let mut body = body(visit);
    if let Some(parent) = visit.form.some("parent") {
        body = with(body, "parentId", parent);
    }
    match visit.ask(Call::post("/api/categories", body)).await? {
        Ok(_) => Ok(Reply::see("/operate/categories?done=saved")),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            page(visit, refusal.status, None, typed(visit), faults).await
        }
    }
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let category = stored(visit).await?;
    let typed = untyped(visit, Some(&category));
    page(visit, 200, Some(category), typed, Faults::default()).await
}

/// Changes the names and the attributes, unless it has changed since the form was read.
pub(crate) async fn change(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let call = Call::patch(format!("/api/categories/{}", visit.part("id")), body(visit));
    made(visit, call).await
}

pub(crate) async fn shift(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let path = format!("/api/categories/{}/move", visit.part("id"));
    let parent = visit.form.some("parent");
    made(visit, Call::post(path, json!({"parentId": parent}))).await
}

pub(crate) async fn retire(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let path = format!("/api/categories/{}/retire", visit.part("id"));
    made(visit, Call::post(path, json!({}))).await
}

pub(crate) async fn reinstate(visit: &mut Visit) -> Outcome {
    visit.operator()?;
    let path = format!("/api/categories/{}/reinstate", visit.part("id"));
    made(visit, Call::post(path, json!({}))).await
}

async fn made(visit: &Visit, mut call: Call) -> Outcome {
    if let Ok(version) = visit.form.get("version").parse::<i64>() {
        call = call.header("if-match", format!("\"{version}\""));
    }
    match visit.ask(call).await? {
        Ok(_) => Ok(Reply::see(format!(
            "/operate/categories/{}?done=saved",
            visit.part("id")
        ))),
        Err(refusal) if refusal.status == 404 => Err(Failure::NotFound),
        Err(refusal) => {
            let faults = refusal.faults(visit.lang());
            let category = stored(visit).await?;
            // What was typed stays, if this was the form with names.
            let typed = if visit.form.some("slug").is_some() {
                typed(visit)
            } else {
                untyped(visit, Some(&category))
            };
            page(visit, refusal.status, Some(category), typed, faults).await
        }
    }
}
