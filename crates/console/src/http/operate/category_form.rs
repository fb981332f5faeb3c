//! The form of a category: its names by language, and the attributes that it defines, one row each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::visit::Visit;

/// Rows for attributes that are not there yet.
const MORE: usize = 2;

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The members of an object; none of what is no object.
fn object(of: Option<&Value>) -> Map<String, Value> {
    of.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Takes the categories below one, the last first.
fn children<'a>(
    below: &mut BTreeMap<&str, Vec<&'a Value>>,
    parent: &str,
    depth: usize,
) -> impl Iterator<Item = (usize, &'a Value)> + use<'a> {
    let found = below.remove(parent).unwrap_or_default();
    found.into_iter().rev().map(move |child| (depth, child))
}

/// Categories with their depths; each comes before those below it, and these follow it.
pub(super) fn indented(items: &[Value]) -> Vec<Value> {
    let mut below: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for item in items {
        below.entry(text(item, "parentId")).or_default().push(item);
    }
    let mut found = Vec::new();
    let mut waiting: Vec<(usize, &Value)> = children(&mut below, "", 0).collect();
    while let Some((depth, item)) = waiting.pop() {
        let mut shown = object(Some(item));
        shown.insert("depth".to_owned(), depth.into());
        shown.insert("indent".to_owned(), "– ".repeat(depth).into());
        found.push(Value::Object(shown));
        waiting.extend(children(&mut below, text(item, "id"), depth + 1));
    }
    found
}

/// A category and all below it.
pub(super) fn ids_below<'a>(items: &'a [Value], id: &'a str) -> BTreeSet<&'a str> {
    let mut inside = BTreeSet::from([id]);
    for item in items {
        if inside.contains(text(item, "parentId")) {
            inside.insert(text(item, "id"));
        }
    }
    inside
}

/// The languages of the pages, and those that the category has names in.
pub(super) fn languages(visit: &Visit, category: Option<&Value>) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = visit.languages().map(str::to_owned).collect();
    all.extend(
        object(category.and_then(|one| one.get("names")))
            .into_iter()
            .map(|(tag, _)| tag),
    );
    let form = visit.form.with_prefix("names.");
    all.extend(form.map(|(tag, _)| tag.to_owned()));
    all
}

/// What the form shows of a category that is stored, or of none.
pub(super) fn untyped(visit: &Visit, category: Option<&Value>) -> Value {
    let own = category.and_then(|category| {
        let attributes = category.get("attributes")?.as_array()?;
        let mine = |one: &&Value| one.get("categoryId") == category.get("id");
        Some(attributes.iter().filter(mine).map(row).collect::<Vec<_>>())
    });
    let mut rows = own.unwrap_or_default();
    rows.extend(std::iter::repeat_n(row(&Value::Null), MORE));
    let names = object(category.and_then(|one| one.get("names")));
    let slug = category.map_or("", |one| text(one, "slug"));
    json!({"slug": slug, "names": filled(visit, category, names), "attributes": rows})
}

/// Names with an empty one in each language that has none.
fn filled(visit: &Visit, category: Option<&Value>, mut names: Map<String, Value>) -> Value {
    for tag in languages(visit, category) {
        names.entry(tag).or_insert_with(|| "".into());
    }
    names.into()
}

/// An attribute as a row of the form. Its values are one a line.
fn row(attribute: &Value) -> Value {
    let values = attribute.get("values").and_then(Value::as_array);
    let values = values.into_iter().flatten().filter_map(Value::as_str);
    json!({
        "key": text(attribute, "key"), "type": text(attribute, "type"), "unit": text(attribute, "unit"),
        "names": object(attribute.get("names")), "values": values.collect::<Vec<_>>().join("\n"),
    })
}

/// How many rows the form has, whichever are filled in.
fn rows(visit: &Visit) -> usize {
    let rows = visit.form.get("rows").parse().unwrap_or(0);
    std::cmp::min(rows, 40)
}

/// What was typed, as the form shows it again.
pub(super) fn typed(visit: &Visit) -> Value {
    let form = &visit.form;
    let names = |prefix: &str| -> Map<String, Value> {
        form.with_prefix(prefix)
            .map(|(tag, name)| (tag.to_owned(), name.into()))
            .collect()
    };
    let attributes = (0..rows(visit)).map(|row| {
        let field = |name: &str| form.get(&format!("attribute.{row}.{name}"));
        json!({
            "key": field("key"), "type": field("type"), "unit": field("unit"), "values": field("values"),
            "names": names(&format!("attribute.{row}.names.")),
        })
    });
    let attributes: Vec<Value> = attributes.collect();
    json!({"slug": form.get("slug"), "names": filled(visit, None, names("names.")), "attributes": attributes})
}

/// What is sent of the form. Rows without a key, and names that are empty, are left out.
pub(super) fn body(visit: &Visit) -> Value {
    let typed = typed(visit);
    let named = |names: Option<&Value>| -> Map<String, Value> {
        let names = object(names).into_iter();
        names.filter(|(_, name)| name != "").collect()
    };
    let attributes = typed.get("attributes").and_then(Value::as_array);
    let attributes = attributes.into_iter().flatten();
    let attributes = attributes.filter(|row| !text(row, "key").is_empty()).map(|row| {
        let mut sent = json!({"key": text(row, "key"), "type": text(row, "type"), "names": named(row.get("names"))});
        if let Some(members) = sent.as_object_mut() {
            let values = text(row, "values").lines().map(str::trim);
            let values: Vec<&str> = values.filter(|value| !value.is_empty()).collect();
            if !values.is_empty() {
                members.insert("values".to_owned(), json!(values));
            }
            if !text(row, "unit").is_empty() {
                members.insert("unit".to_owned(), text(row, "unit").into());
            }
        }
        sent
    });
    let mut body =
        json!({"names": named(typed.get("names")), "attributes": attributes.collect::<Vec<_>>()});
    if let Some(members) = body.as_object_mut()
        && !text(&typed, "slug").is_empty()
    {
        members.insert("slug".to_owned(), text(&typed, "slug").into());
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_indented_below_those_that_they_are_part_of() {
        let item = |id: &str, parent: Option<&str>| json!({"id": id, "parentId": parent});
        let items = [
            item("home", None),
            item("books", None),
            item("lamps", Some("home")),
            item("desk", Some("lamps")),
            item("beds", Some("home")),
        ];
        let shown = indented(&items);
        let shown: Vec<_> = shown
            .iter()
            .map(|item| (text(item, "id"), item["depth"].as_i64().unwrap()))
            .collect();
        let expected = [
            ("home", 0),
            ("lamps", 1),
            ("desk", 2),
            ("beds", 1),
            ("books", 0),
        ];
        assert_eq!(shown, expected);
        let below = ids_below(&items, "lamps");
        assert_eq!(below, BTreeSet::from(["lamps", "desk"]));
    }
}
