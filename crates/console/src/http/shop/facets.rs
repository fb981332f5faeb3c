//! What a list of products is narrowed to, and what it can be narrowed to further: choices with counts, and chips that take a choice back.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::sought::Sought;
use crate::format::{decimal, money, plain};
use crate::visit::Visit;

/// A group of checkboxes.
#[derive(Serialize)]
pub(super) struct Facet {
    /// Its name in addresses.
    name: String,
    label: String,
    choices: Vec<Choice>,
    /// Of many numbers, from which to which.
    range: Option<(String, String)>,
}

/// Numbers that are more than this are chosen by a range.
const FEW_NUMBERS: usize = 8;

/// A choice.
#[derive(Serialize)]
pub(super) struct Choice {
    value: String,
    label: String,
    /// None if nothing in the list has it.
    count: Option<u64>,
    chosen: bool,
    /// How deep a category is in the tree.
    depth: usize,
    /// The value as the address has it, if it was chosen.
    #[serde(skip)]
    given: Option<String>,
}

/// A link to a list that is narrowed otherwise.
#[derive(Serialize)]
pub(super) struct Link {
    label: String,
    path: String,
    count: Option<u64>,
}

/// The name of the category, if the list is narrowed to one.
pub(super) fn title(facets: &[Facet]) -> Option<&str> {
    let categories = facets.iter().find(|facet| facet.name == "category")?;
    let mut chosen = categories.choices.iter().filter(|choice| choice.chosen);
    let only = chosen.next()?;
    chosen.next().is_none().then_some(&*only.label)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn items<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let items = value.get(name).and_then(Value::as_array);
    items.into_iter().flatten()
}

fn count(value: &Value) -> Option<u64> {
    value.get("count").and_then(Value::as_u64)
}

/// All facets that there is something to choose in.
pub(super) fn facets(visit: &Visit, sought: &Sought, counts: &Value, tree: &Value) -> Vec<Facet> {
    let said = |key: &str| visit.lang().find(key).unwrap_or_default().to_owned();
    let mut all = vec![
        Facet {
            name: "category".to_owned(),
            label: said("browse.category"),
            choices: categories(sought, counts, tree),
            range: None,
        },
        Facet {
            name: "seller".to_owned(),
            label: said("order.seller"),
            choices: sellers(sought, counts, &said("order.seller")),
            range: None,
        },
    ];
    let names = attribute_names(tree);
    let counted = counts.as_object().into_iter().flatten();
    let counted = counted.map(|(name, _)| name.as_str());
    let chosen = sought.pairs().map(|(name, _)| name);
    let attributes: BTreeSet<_> = counted.chain(chosen).collect();
    for name in attributes {
        if let Some(key) = name.strip_prefix("attr.") {
            let (label, unit) = match names.get(key) {
                Some((label, unit)) => ((*label).to_owned(), *unit),
                None => (named(key), ""),
            };
            let mut numbers = items(counts, name);
            let are_numbers = numbers.all(|one| one.get("value").is_some_and(Value::is_number));
            let given = sought.range(name);
            let many = items(counts, name).count() > FEW_NUMBERS;
            let shown = |end| decimal(end, &visit.lang().code);
            let range = given.or((are_numbers && many).then_some(("", "")));
            all.push(Facet {
                name: name.to_owned(),
                label,
                choices: values(visit, sought, counts, name, unit),
                range: range.map(|(from, to)| (shown(from), shown(to))),
            });
        }
    }
    all.retain(|facet| !facet.choices.is_empty());
    all
}

/// An option of variants by its key.
fn named(key: &str) -> String {
    let words = key.replace('_', " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// The names and units of attributes, by key.
fn attribute_names(tree: &Value) -> BTreeMap<&str, (&str, &str)> {
    let attributes = items(tree, "items").flat_map(|category| items(category, "attributes"));
    attributes
        .map(|one| (text(one, "key"), (text(one, "name"), text(one, "unit"))))
        .collect()
}

/// The roots, those that are chosen, and those beside and below them.
fn categories(sought: &Sought, counts: &Value, tree: &Value) -> Vec<Choice> {
    let known: BTreeMap<&str, &Value> = items(tree, "items")
        .map(|category| (text(category, "id"), category))
        .collect();
    let counted: BTreeMap<&str, u64> = items(counts, "category")
        .filter_map(|category| Some((text(category, "id"), count(category)?)))
        .collect();
    let given = |category: &Value| {
        let is = |value: &&str| {
            *value == text(category, "slug")
                || *value == text(category, "id")
                || value.eq_ignore_ascii_case(text(category, "name"))
        };
        sought.all("category").find(is).map(str::to_owned)
    };
    // A chosen category is open, and so are those above it.
    let mut open = BTreeSet::new();
    for category in known.values().filter(|category| given(category).is_some()) {
        let mut above = Some(*category);
        while let Some(category) = above.filter(|category| open.insert(text(category, "id"))) {
            above = known.get(text(category, "parentId")).copied();
        }
    }
    let depth = |category: &Value| {
        let above = std::iter::successors(known.get(text(category, "parentId")), |above| {
            known.get(text(above, "parentId"))
        });
        above.take(known.len()).count()
    };
    let mut choices = Vec::new();
    // The tree lists each category before those below it, so this walks it from the roots.
    let mut stack: Vec<&Value> = below(tree, "").collect();
    stack.reverse();
    while let Some(category) = stack.pop() {
        let id = text(category, "id");
        let given = given(category);
        let counted = counted.get(id).copied();
        if counted.is_some() || given.is_some() || open.contains(id) {
            choices.push(Choice {
                value: text(category, "slug").to_owned(),
                label: text(category, "name").to_owned(),
                count: counted,
                chosen: given.is_some(),
                depth: depth(category).min(7),
                given,
            });
        }
        if open.contains(id) {
            let first = stack.len();
            stack.extend(below(tree, id));
            if let Some(added) = stack.get_mut(first..) {
                added.reverse();
            }
        }
    }
    let unknown = |value: &&str| {
        let given = choices.iter().filter_map(|choice| choice.given.as_deref());
        given.into_iter().all(|given| given != *value)
    };
    let lost: Vec<_> = sought.all("category").filter(unknown).map(lost).collect();
    choices.extend(lost);
    choices
}

/// The categories right below another; the roots if that is empty.
fn below<'a>(tree: &'a Value, id: &'a str) -> impl Iterator<Item = &'a Value> {
    items(tree, "items").filter(move |category| text(category, "parentId") == id)
}

/// A choice that the list knows nothing of.
fn lost(value: &str) -> Choice {
    Choice {
        value: value.to_owned(),
        label: value.replace("..", "–"),
        count: None,
        chosen: true,
        depth: 0,
        given: Some(value.to_owned()),
    }
}

fn sellers(sought: &Sought, counts: &Value, unnamed: &str) -> Vec<Choice> {
    let mut choices: Vec<Choice> = items(counts, "seller")
        .map(|seller| {
            let id = text(seller, "id");
            let name = seller.get("name").and_then(Value::as_str);
            let given = sought.all("seller").find(|chosen| *chosen == id);
            Choice {
                value: id.to_owned(),
                label: name.unwrap_or(unnamed).to_owned(),
                count: count(seller),
                chosen: given.is_some(),
                depth: 0,
                given: given.map(str::to_owned),
            }
        })
        .collect();
    for id in sought.all("seller") {
        if choices.iter().all(|choice| choice.value != id) {
            let mut seller = lost(id);
            unnamed.clone_into(&mut seller.label);
            choices.push(seller);
        }
    }
    choices
}

fn values(visit: &Visit, sought: &Sought, counts: &Value, name: &str, unit: &str) -> Vec<Choice> {
    let unit = if unit.is_empty() {
        String::new()
    } else {
        format!(" {unit}")
    };
    let mut choices: Vec<Choice> = items(counts, name)
        .filter_map(|counted| {
            let value = counted.get("value")?;
            let (value, label) = match value {
                Value::String(text) => (text.clone(), text.clone()),
                Value::Number(number) => {
                    let number = number.to_string();
                    let number = number.strip_suffix(".0").unwrap_or(&number);
                    let label = decimal(number, &visit.lang().code);
                    (number.to_owned(), format!("{label}{unit}"))
                }
                Value::Bool(said) => {
                    let word = if *said { "form.yes" } else { "form.no" };
                    let word = visit.lang().find(word).unwrap_or_default();
                    (said.to_string(), word.to_owned())
                }
                Value::Null | Value::Array(_) | Value::Object(_) => return None,
            };
            let given = sought
                .all(name)
                .find(|chosen| chosen.eq_ignore_ascii_case(&value));
            Some(Choice {
                count: count(counted),
                chosen: given.is_some(),
                given: given.map(str::to_owned),
                value,
                label,
                depth: 0,
            })
        })
        .collect();
    for chosen in sought.all(name) {
        if choices
            .iter()
            .all(|choice| choice.given.as_deref() != Some(chosen))
        {
            let mut range = lost(chosen);
            range.label.push_str(&unit);
            choices.push(range);
        }
    }
    choices
}

/// Links to ranges of prices.
pub(super) fn prices(visit: &Visit, sought: &Sought, counts: &Value) -> Vec<Link> {
    let (lang, currency) = (&visit.lang().code, visit.currency());
    let ranges = items(counts, "price").filter_map(|range| {
        let (from, to) = (range.get("from")?.as_i64()?, range.get("to")?.as_i64()?);
        let shown = |amount| money(amount, currency.as_str(), lang);
        let typed = |amount| plain(amount, currency.as_str(), lang);
        let (min, max) = (typed(from), typed(to));
        Some(Link {
            label: format!("{} – {}", shown(from), shown(to)),
            path: sought.without(
                |name, _| matches!(name, "min" | "max"),
                &[("min", &min), ("max", &max)],
            ),
            count: count(range),
        })
    });
    ranges.collect()
}

/// What the list is narrowed to. Each chip leads to the list without it.
pub(super) fn chips(visit: &Visit, sought: &Sought, facets: &[Facet]) -> Vec<Link> {
    let said = |key: &str| visit.lang().find(key).unwrap_or_default();
    let chip = |label: String, name: &str, value: &str| Link {
        label,
        path: sought.without(|one, given| one == name && given == value, &[]),
        count: None,
    };
    let mut chips: Vec<Link> = Vec::new();
    for (name, value) in sought.pairs() {
        let label = match name {
            "q" => format!("“{value}”"),
            "min" => format!("{}: {value}", said("browse.min")),
            "max" => format!("{}: {value}", said("browse.max")),
            "stock" => said("browse.stock").to_owned(),
            _ => continue,
        };
        chips.push(chip(label, name, value));
    }
    for facet in facets {
        for choice in &facet.choices {
            if let Some(given) = &choice.given {
                let label = format!("{}: {}", facet.label, choice.label);
                chips.push(chip(label, &facet.name, given));
            }
        }
    }
    chips
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fields::Fields;

    fn sought(query: &str) -> Sought {
        Sought::of(&Fields::parse(query.as_bytes()))
    }

    fn seen(choices: &[Choice]) -> Vec<(&str, usize, bool)> {
        let seen = choices.iter();
        seen.map(|one| (one.value.as_str(), one.depth, one.chosen))
            .collect()
    }

    #[test]
    fn categories_open_where_one_is_chosen() {
        let one = |id: &str, parent: Option<&str>| json!({"id": id, "slug": format!("s-{id}"), "name": id.to_uppercase(), "parentId": parent});
        let tree = json!({"items": [
            one("a", None), one("b", None), one("aa", Some("a")), one("ab", Some("a")), one("aaa", Some("aa")), one("ba", Some("b")),
        ]});
        let counts = ["a", "b", "aa", "ab", "aaa", "ba"].map(|id| json!({"id": id, "count": 1}));
        let counts = json!({"category": counts});
        let none = categories(&sought(""), &counts, &tree);
        assert_eq!(seen(&none), [("s-a", 0, false), ("s-b", 0, false)]);
        for chosen in ["category=s-aa", "category=aa", "category=AA"] {
            let one = categories(&sought(chosen), &counts, &tree);
            let expected = [
                ("s-a", 0, false),
                ("s-aa", 1, true),
                ("s-aaa", 2, false),
                ("s-ab", 1, false),
                ("s-b", 0, false),
            ];
            assert_eq!(seen(&one), expected, "{chosen}");
        }
        let unknown = categories(&sought("category=x"), &counts, &tree);
        assert_eq!(unknown.last().map(|choice| choice.chosen), Some(true));
    }
}
