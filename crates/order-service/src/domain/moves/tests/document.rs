//! `docs/ORDERS.md` shows what the code declares.

use crate::domain::moves::document::{moves_as_markdown, moves_as_mermaid};

const ORDERS: &str = include_str!("../../../../../../docs/ORDERS.md");

#[test]
fn the_document_on_orders_has_the_table_of_moves_as_it_is() {
    assert!(
        ORDERS.contains(&moves_as_markdown()),
        "docs/ORDERS.md needs:\n\n{}",
        moves_as_markdown()
    );
}

#[test]
fn the_document_on_orders_has_the_diagram_of_states_as_it_is() {
    let diagram = format!("```mermaid\n{}```\n", moves_as_mermaid());
    assert!(
        ORDERS.contains(&diagram),
        "docs/ORDERS.md needs:\n\n{diagram}"
    );
}
