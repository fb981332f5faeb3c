//! GET /products/{id}: a product with its pictures and its variants. Which variant is looked at is in the address.

use kernel::VariantId;
use minijinja::context;
use serde::Serialize;
use serde_json::{Map, Value};

use super::summary::offer;
use crate::failure::Failure;
use crate::fields::target;
use crate::format::decimal;
use crate::visit::{Outcome, Reply, Visit};

/// What can be chosen of variants: the values of an option.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Chooser {
    /// The option's name. None if each choice is a whole variant.
    name: Option<String>,
    choices: Vec<Choice>,
}

/// A value of an option. Its link leads to the variant that has it, and most of what was chosen before.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Choice {
    label: String,
    variant: String,
    chosen: bool,
    sold_out: bool,
}

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    let id = visit.part("id");
    let product = visit.get(format!("/api/products/{id}")).await?;
    let seller = product.get("sellerId").and_then(Value::as_str);
    let own = seller.is_some() && seller == visit.who().map(|login| login.id.as_str());
    let chosen = visit.query.some("variant").unwrap_or(&id);
    let chosen: VariantId = chosen.parse().map_err(|_| Failure::NotFound)?;
    let Some(offer) = offer(&product, chosen) else {
        // A variant that is gone, as an order or an old link has it.
        return Ok(Reply::see(format!("/products/{id}")));
    };
    let variants = product.get("variants").and_then(Value::as_array);
    let variants = variants.map(Vec::as_slice).unwrap_or_default();
    let category = category(visit, &product).await?;
    let facts = facts(visit, &product, &category);
    let page = context! {
        choosers => choosers(variants, &chosen.to_string()),
        category => category.get("name").or(product.get("category")),
        offer, own, facts, chosen, product,
    };
    Ok(Reply::page("shop/product.html", page))
}

fn options(variant: &Value) -> impl Iterator<Item = (&str, &str)> {
    let options = variant.get("options").and_then(Value::as_object);
    let options = options.into_iter().flat_map(Map::iter);
    options.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

fn id(variant: &Value) -> &str {
    variant
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn choice(label: String, variant: &Value, chosen: bool) -> Choice {
    Choice {
        label,
        variant: id(variant).to_owned(),
        chosen,
        sold_out: variant.get("stock").and_then(Value::as_i64) == Some(0),
    }
}

/// What a buyer chooses among `variants`, if there are several.
fn choosers(variants: &[Value], chosen: &str) -> Vec<Chooser> {
    let Some(current) = variants.iter().find(|variant| id(variant) == chosen) else {
        return Vec::new();
    };
    if variants.len() < 2 {
        return Vec::new();
    }
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in variants.iter().flat_map(options) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let is_whole = |variant: &Value| options(variant).count() == names.len();
    if !variants.iter().all(is_whole) {
        let whole = variants.iter().map(|variant| {
            let label: Vec<_> = options(variant).map(|(_, value)| value).collect();
            choice(label.join(", "), variant, id(variant) == chosen)
        });
        return vec![Chooser {
            name: None,
            choices: whole.collect(),
        }];
    }
    let value_of = |variant, wanted: &str| {
        let mut all = options(variant);
        all.find(|(name, _)| *name == wanted)
            .map(|(_, value)| value)
    };
    let alike = |variant: &Value| {
        let same = options(variant).filter(|(name, value)| value_of(current, name) == Some(*value));
        same.count()
    };
    let chooser = |name: &str| {
        let mut choices: Vec<Choice> = Vec::new();
        for value in variants
            .iter()
            .filter_map(|variant| value_of(variant, name))
        {
            if choices.iter().any(|choice| choice.label == value) {
                continue;
            }
            let with = variants.iter().rev();
            let with = with.filter(|variant| value_of(variant, name) == Some(value));
            if let Some(best) = with.max_by_key(|variant| alike(variant)) {
                let is_chosen = value_of(current, name) == Some(value);
                choices.push(choice(value.to_owned(), best, is_chosen));
            }
        }
        Chooser {
            name: Some(name.to_owned()),
            choices,
        }
    };
    names.into_iter().map(chooser).collect()
}

/// The category of a product, in the language of the page. Null if it is not there any more.
async fn category(visit: &Visit, product: &Value) -> Result<Value, Failure> {
    let category = product.get("categoryId").and_then(Value::as_str);
    let path = format!("/api/categories/{}", category.unwrap_or_default());
    match visit
        .get(target(&path, &[("lang", &visit.lang().code)]))
        .await
    {
        Err(Failure::NotFound) => Ok(Value::Null),
        found => found,
    }
}

/// What the product says of itself: names and values of attributes.
fn facts(visit: &Visit, product: &Value, category: &Value) -> Vec<(String, String)> {
    let lang = visit.lang();
    let attributes = product.get("attributes").and_then(Value::as_object);
    let attributes = attributes.into_iter().flatten();
    let defined = category.get("attributes").and_then(Value::as_array);
    let defined = defined.map(Vec::as_slice).unwrap_or_default();
    let facts = attributes.map(|(key, value)| {
        let of_key = |one: &&Value| one.get("key").and_then(Value::as_str) == Some(key);
        let attribute = defined.iter().find(of_key);
        let said = |name: &str| attribute.and_then(|one| one.get(name)?.as_str());
        let value = match value {
            Value::Bool(true) => lang.find("form.yes").unwrap_or_default().to_owned(),
            Value::Bool(false) => lang.find("form.no").unwrap_or_default().to_owned(),
            Value::String(text) => text.clone(),
            Value::Number(number) => {
                let number = decimal(&number.to_string(), &lang.code);
                said("unit").map_or_else(|| number.clone(), |unit| format!("{number} {unit}"))
            }
            Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
        };
        (said("name").unwrap_or(key).to_owned(), value)
    });
    facts.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variant(id: &str, size: &str, colour: &str, stock: i64) -> Value {
        json!({"id": id, "options": {"Size": size, "Colour": colour}, "stock": stock})
    }

    #[test]
    fn a_choice_keeps_what_was_chosen_before_where_it_can() {
        let variants = [
            variant("1", "S", "red", 1),
            variant("2", "M", "red", 0),
            variant("3", "M", "blue", 1),
        ];
        let all = choosers(&variants, "3");
        let seen: Vec<_> = all
            .iter()
            .flat_map(|one| &one.choices)
            .map(|one| {
                (
                    one.label.as_str(),
                    one.variant.as_str(),
                    one.chosen,
                    one.sold_out,
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("red", "2", false, true),
                ("blue", "3", true, false),
                ("S", "1", false, false),
                ("M", "3", true, false),
            ]
        );
        assert_eq!(choosers(&variants[..1], "1"), []);
        let uneven = [
            json!({"id": "1", "options": {}}),
            variant("2", "S", "red", 1),
        ];
        let flat = choosers(&uneven, "1");
        assert_eq!((flat.len(), flat[0].choices.len()), (1, 2));
    }
}
