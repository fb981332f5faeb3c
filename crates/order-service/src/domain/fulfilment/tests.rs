//! Parts are stored small, and read back as they were.

use contracts::reservations::Delivery;
use serde_json::{Value, json};

use super::*;
use crate::domain::examples::*;
use crate::domain::{Escrow, Move, make_move};

#[test]
fn the_parts_of_an_order_are_its_sellers_in_the_sequence_of_its_lines() {
    let order = placed(&[
        (1, 500, 1, Delivery::None),
        (0, 500, 1, Delivery::None),
        (1, 300, 1, Delivery::None),
    ]);
    let line = |at: usize| order.lines[at].id;
    let lines: Vec<Vec<LineId>> = order
        .fulfilments
        .iter()
        .map(|part| part.lines.iter().map(|line| line.id).collect())
        .collect();
    assert_eq!(lines, [vec![line(0), line(2)], vec![line(1)]]);
    assert_eq!(order.fulfilments[0].seller, order.lines[0].seller);
}

#[test]
fn the_part_of_a_plain_order_stores_nothing_that_has_its_usual_value() {
    let order = ready(&[(0, 500, 1, Delivery::None)]);
    let part = &order.fulfilments[0];
    let stored = json!([{
        "id": part.id,
        "seller": part.seller,
        "status": "delivered",
        "lines": [{ "id": part.lines[0].id, "commission": 50 }],
    }]);
    assert_eq!(serde_json::to_value(&order.fulfilments).unwrap(), stored);
    let read: Vec<Fulfilment> = serde_json::from_value(stored).unwrap();
    assert_eq!(read, order.fulfilments);
}

#[test]
fn a_part_reads_back_as_it_was_whatever_has_become_of_it() {
    let order = ready(&[(0, 500, 3, Delivery::Shipped)]);
    let line = order.lines[0].id;
    let id = order.fulfilments[0].id;
    let made = |order: &crate::domain::Order, wanted: &Move| {
        *make_move(order, id, wanted, &admin(), start(), &TIMING)
            .unwrap()
            .order
    };
    let order = made(&order, &ship(items(&[(line, 2)])));
    let mut order = made(&order, &cancel(None));
    order.fulfilments[0].money = Escrow::Releasing;
    order.fulfilments[0].completed = Some(Completed {
        at: start(),
        fact: 4,
    });
    let stored: Value = serde_json::to_value(&order).unwrap();
    let read: crate::domain::Order = serde_json::from_value(stored).unwrap();
    assert_eq!(read, order);
}
