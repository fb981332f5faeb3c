//! The category of a product and what it says of itself by its category: the fields of a form, and what is sent of them.

use minijinja::context;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::Call;
use crate::failure::{Failure, Faults};
use crate::fields::{Fields, segment, target};
use crate::format::{decimal, parse_decimal};
use crate::visit::Visit;

/// A category to choose.
#[derive(Serialize)]
pub(super) struct Branch {
    id: String,
    name: String,
    depth: usize,
}

/// The categories that take products, each below its parent.
pub(super) async fn branches(visit: &Visit) -> Result<Vec<Branch>, Failure> {
    let lang = [("lang", visit.lang().code.as_str())];
    let tree = visit.get(target("/api/categories", &lang)).await?;
    let items = tree.get("items").and_then(Value::as_array);
    let items = items.map(Vec::as_slice).unwrap_or_default();
    let mut branches = Vec::new();
    // Each category is taken from the end, before those below it.
    let mut stack: Vec<(usize, &Value)> = Vec::new();
    stack.extend(below(items, None).map(|one| (0, one)));
    while let Some((depth, one)) = stack.pop() {
        // What is retired takes no products, and nothing below it does.
        if one.get("retired") == Some(&Value::Bool(true)) {
            continue;
        }
        let id = text(one, "id");
        branches.push(Branch {
            id: id.unwrap_or_default().to_owned(),
            name: text(one, "name").unwrap_or_default().to_owned(),
            depth,
        });
        stack.extend(below(items, id).map(|one| (depth + 1, one)));
    }
    Ok(branches)
}

/// The categories right below another, or those at the root; the last one first.
fn below<'a>(items: &'a [Value], id: Option<&'a str>) -> impl Iterator<Item = &'a Value> {
    let all = items.iter().rev();
    all.filter(move |one| text(one, "parentId") == id)
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

/// The attributes that products of a category have. None are known of a category that is not there.
pub(super) async fn defined(visit: &Visit, category: &str) -> Result<Vec<Value>, Failure> {
    if category.is_empty() {
        return Ok(Vec::new());
    }
    let path = format!("/api/categories/{}", segment(category));
    let lang = [("lang", visit.lang().code.as_str())];
    let found = visit.ask(Call::get(target(&path, &lang))).await?;
    let attributes = found
        .ok()
        .and_then(|mut found| found.get_mut("attributes").map(Value::take));
    Ok(match attributes {
        Some(Value::Array(attributes)) => attributes,
        Some(_) | None => Vec::new(),
    })
}

/// The fields of attributes, with their values.
pub(super) fn fields(defined: &[Value], value: impl Fn(&str) -> String) -> Vec<minijinja::Value> {
    let fields = defined.iter().filter_map(|one| {
        let key = text(one, "key")?;
        Some(context! {
            key, value => value(key),
            name => text(one, "name").unwrap_or(key),
            type => text(one, "type").unwrap_or("text"),
            unit => text(one, "unit").unwrap_or_default(),
            values => one.get("values").cloned().unwrap_or_else(|| json!([])),
        })
    });
    fields.collect()
}

/// A value as it is put into a field.
pub(super) fn shown(value: &Value, lang: &str) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => decimal(&number.to_string(), lang),
        Value::Bool(said) => said.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The attributes of a form: `attr.{key}`. What is empty is not said.
///
/// # Errors
/// The fault of a value that is no number.
pub(super) fn read(
    visit: &Visit,
    form: &Fields,
    defined: &[Value],
) -> Result<Map<String, Value>, Faults> {
    let mut attributes = Map::new();
    for one in defined {
        let Some(key) = text(one, "key") else {
            continue;
        };
        let Some(typed) = form.some(&format!("attr.{key}")) else {
            continue;
        };
        let value = match text(one, "type") {
            Some("number") => parse_decimal(typed).map(Value::from),
            Some("boolean") => Some(Value::Bool(typed == "true")),
            _ => Some(Value::from(typed)),
        };
        let value = value.ok_or_else(|| {
            Faults::of_field(visit.lang(), &format!("attributes/{key}"), "not_a_decimal")
        })?;
        attributes.insert(key.to_owned(), value);
    }
    Ok(attributes)
}
