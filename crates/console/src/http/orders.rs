//! What the pages of buyers, sellers and operators about one order have in common.

use serde_json::{Map, Value, json};

use crate::api::with;
use crate::failure::{Failure, Faults};
use crate::fields::Fields;
use crate::visit::Visit;

/// An order with its timeline.
pub(super) struct Seen {
    pub(super) order: Value,
    pub(super) timeline: Value,
}

/// Reads the order of this page.
pub(super) async fn seen(visit: &Visit) -> Result<Seen, Failure> {
    visit.me()?;
    let id = visit.part("id");
    let order = visit.get(format!("/api/orders/{id}")).await?;
    let timeline = visit
        .get(format!("/api/orders/{id}/timeline?limit=100"))
        .await?;
    let timeline = timeline.get("items").cloned().unwrap_or_default();
    Ok(Seen { order, timeline })
}

/// The parts of an order.
pub(super) fn parts(order: &Value) -> impl Iterator<Item = &Value> {
    let parts = order.get("fulfilments").and_then(Value::as_array);
    parts.into_iter().flatten()
}

fn count(item: &Value, name: &str) -> i64 {
    item.get(name).and_then(Value::as_i64).unwrap_or(0)
}

/// How many items of a line are neither shipped nor cancelled. What needs no package is with the buyer already.
fn left_of(item: &Value) -> i64 {
    if item.get("delivery").and_then(Value::as_str) == Some("none") {
        return 0;
    }
    count(item, "quantity") - count(item, "shipped") - count(item, "cancelled")
}

/// How many items of a part are neither shipped nor cancelled.
pub(super) fn left_to_ship(part: &Value) -> i64 {
    let open = part.get("status").and_then(Value::as_str) == Some("open");
    let items = part.get("items").and_then(Value::as_array);
    items
        .into_iter()
        .flatten()
        .filter(|_| open)
        .map(left_of)
        .sum()
}

/// How many items of a line the buyer can send back: those that were shipped and are not refunded.
pub(super) fn returnable(item: &Value) -> i64 {
    let left = count(item, "shipped") + count(item, "cancelled") - count(item, "refunded");
    left.clamp(0, count(item, "shipped"))
}

fn cases<'a>(part: &'a Value, kind: &str, statuses: &[&str]) -> bool {
    let cases = part.get(kind).and_then(Value::as_array);
    let mut statuses_of = cases
        .into_iter()
        .flatten()
        .filter_map(|case: &'a Value| case.get("status")?.as_str());
    statuses_of.any(|status| statuses.contains(&status))
}

/// A part with what its buyer may ask for now: `mayReturn`, `mayDispute`. The API has the last word.
pub(super) fn with_choices(part: &Value, is_paid: bool) -> Value {
    let status = part.get("status").and_then(Value::as_str).unwrap_or("");
    let items = part.get("items").and_then(Value::as_array);
    let has_some = items.into_iter().flatten().any(|item| returnable(item) > 0);
    let disputed = cases(part, "disputes", &["open"]);
    let returning = cases(part, "returns", &["requested", "approved"]);
    let decided = cases(part, "disputes", &["resolved"]);
    let may_return = is_paid && status == "delivered" && has_some && !disputed && !returning;
    let under_way = matches!(status, "shipped" | "delivered");
    let may_dispute = is_paid && under_way && !disputed && !decided;
    let part = with(part.clone(), "mayReturn", may_return);
    with(part, "mayDispute", may_dispute)
}

/// The part of an order with this id.
///
/// # Errors
/// If it has none.
pub(super) fn part_of<'a>(order: &'a Value, id: &str) -> Result<&'a Value, Failure> {
    let mut parts = parts(order);
    let part = parts.find(|part| part.get("id").and_then(Value::as_str) == Some(id));
    part.ok_or(Failure::NotFound)
}

/// The beginning of the names of fields with a quantity of a line.
pub(super) const ITEMS: &str = "items.";

/// Puts what is wrong with an item beside its field, whose name begins with `prefix`: the API knows the item by its place among those that
/// were sent.
pub(super) fn beside_items(mut faults: Faults, sent: &[Value], prefix: &str) -> Faults {
    let fields = std::mem::take(&mut faults.fields).into_iter();
    let place = |place: String| {
        let mut parts = place.split('/');
        let item = parts.next().filter(|first| *first == "items");
        let item = item.and_then(|_| sent.get(parts.next()?.parse::<usize>().ok()?));
        let line = item.and_then(|item| item.get("lineId")?.as_str());
        line.map_or(place.clone(), |line| format!("{prefix}{line}"))
    };
    faults.fields = fields.map(|(at, text)| (place(at), text)).collect();
    faults
}

/// Whether the money of an order is on its way.
pub(super) fn is_paid(order: &Value) -> bool {
    order.get("status").and_then(Value::as_str) == Some("paid")
}

/// Items of a form, a field of `prefix` and the line with a quantity each. Those without one, or with 0, are left out.
///
/// # Errors
/// The place of one that is no number.
pub(super) fn items(form: &Fields, prefix: &str) -> Result<Vec<Value>, String> {
    let mut items = Vec::new();
    for (line, quantity) in form.with_prefix(prefix) {
        match quantity.parse::<u32>() {
            _ if quantity.is_empty() => {}
            Ok(0) => {}
            Ok(quantity) => items.push(json!({"lineId": line, "quantity": quantity})),
            Err(_) => return Err(format!("{prefix}{line}")),
        }
    }
    Ok(items)
}

/// An object of those fields of a form that are not empty.
pub(super) fn object(form: &Fields, names: &[&str]) -> Map<String, Value> {
    let fields = names.iter();
    let fields = fields.filter_map(|name| Some(((*name).to_owned(), json!(form.some(name)?))));
    fields.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_a_form_are_those_with_a_quantity() {
        let form = Fields::parse(b"items.a=2&items.b=0&items.c=&other=1");
        let expected = json!([{"lineId": "a", "quantity": 2}]);
        assert_eq!(items(&form, ITEMS).map(Value::from), Ok(expected));
        assert_eq!(
            items(&Fields::parse(b"items.a=-1"), ITEMS),
            Err("items.a".to_owned())
        );
    }

    #[test]
    fn a_buyer_may_ask_for_what_the_part_allows() {
        let item = json!({"quantity": 3, "shipped": 2, "cancelled": 1, "refunded": 1});
        let part = |status: &str, returns: Value, disputes: Value| {
            let part = json!({"status": status, "items": [item], "returns": returns, "disputes": disputes});
            let part = with_choices(&part, true);
            (
                part["mayReturn"].as_bool().unwrap(),
                part["mayDispute"].as_bool().unwrap(),
            )
        };
        let case = |status: &str| json!([{"status": status}]);
        assert_eq!(part("open", json!([]), json!([])), (false, false));
        assert_eq!(part("shipped", json!([]), json!([])), (false, true));
        assert_eq!(part("delivered", json!([]), json!([])), (true, true));
        assert_eq!(part("delivered", case("denied"), json!([])), (true, true));
        assert_eq!(
            part("delivered", case("approved"), json!([])),
            (false, true)
        );
        assert_eq!(part("delivered", json!([]), case("open")), (false, false));
        assert_eq!(
            part("delivered", json!([]), case("resolved")),
            (true, false)
        );
        assert_eq!(returnable(&item), 2);
        assert_eq!(
            returnable(&json!({"shipped": 2, "cancelled": 0, "refunded": 2})),
            0
        );
    }

    #[test]
    fn what_is_wrong_with_an_item_is_beside_its_field() {
        let at = |places: [&str; 3]| Faults {
            sentence: None,
            fields: places
                .map(|place| (place.to_owned(), "x".to_owned()))
                .into(),
        };
        let sent = [json!({"lineId": "a"}), json!({"lineId": "b"})];
        let beside = beside_items(at(["items", "items/1/quantity", "reason"]), &sent, ITEMS);
        let places: Vec<_> = beside.fields.into_keys().collect();
        assert_eq!(places, ["items", "items.b", "reason"]);
    }

    #[test]
    fn what_is_left_to_ship_is_neither_shipped_nor_cancelled() {
        let item = json!({"quantity": 5, "shipped": 2, "cancelled": 1});
        let part = |status: &str| json!({"status": status, "items": [item, item]});
        assert_eq!(left_to_ship(&part("open")), 4);
        assert_eq!(left_to_ship(&part("shipped")), 0);
        let download = json!({"quantity": 5, "shipped": 0, "cancelled": 0, "delivery": "none"});
        assert_eq!(
            left_to_ship(&json!({"status": "open", "items": [download, item]})),
            2
        );
    }
}
