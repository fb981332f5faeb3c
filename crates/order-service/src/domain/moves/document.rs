//! The table of moves as `docs/ORDERS.md` shows it, as a table and as a diagram of states. A test compares.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Row, TABLE, Timer};
use crate::domain::state::FulfilmentStatus;

/// The table of moves, in Markdown.
#[must_use]
pub fn moves_as_markdown() -> String {
    let mut text = String::from(
        "| move | who | from | if | leads to | effect |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for row in TABLE {
        let from = row.paths.iter().map(|path| path.from.as_str());
        let mut to: Vec<&str> = Vec::new();
        for word in row.paths.iter().flat_map(|path| path.to) {
            if !to.contains(&word.as_str()) {
                to.push(word.as_str());
            }
        }
        let guards = row.guards.iter().map(|guard| guard.words());
        let line = [
            row.name.as_str().to_owned(),
            who(row),
            listed(from),
            listed(guards),
            listed(to),
            row.effect.to_owned(),
        ];
        _ = writeln!(text, "| {} |", line.join(" | "));
    }
    text
}

/// The statuses of a part and the moves between them, as a Mermaid state diagram. Moves that do not change the status are left out.
#[must_use]
pub fn moves_as_mermaid() -> String {
    let mut edges: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
    for row in TABLE {
        for path in row.paths {
            for to in path.to.iter().filter(|to| **to != path.from) {
                let words = edges.entry((place(path.from), place(*to))).or_default();
                if !words.contains(&row.name.as_str()) {
                    words.push(row.name.as_str());
                }
            }
        }
    }
    let mut text = String::from(
        "stateDiagram-v2\n    [*] --> open: paid\n    [*] --> delivered: paid, nothing to ship\n",
    );
    for ((from, to), words) in edges {
        let name = |at: usize| {
            FulfilmentStatus::ALL
                .get(at)
                .map_or("", |status: &FulfilmentStatus| status.as_str())
        };
        _ = writeln!(
            text,
            "    {} --> {}: {}",
            name(from),
            name(to),
            words.join(", ")
        );
    }
    text.push_str(
        "    delivered --> cancelled: undone by the saga or an operator, nothing shipped\n",
    );
    text.push_str("    completed --> [*]\n    cancelled --> [*]\n");
    text
}

fn place(of: FulfilmentStatus) -> usize {
    let known = FulfilmentStatus::ALL.iter();
    known.take_while(|status| **status != of).count()
}

fn who(row: &Row) -> String {
    let words = row.who.iter().map(|role| match (row.timer, role.as_str()) {
        (Some(timer), word @ "timer") => format!("{word} ({})", timer.words()),
        (_, word) => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(", ")
}

fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().collect::<Vec<_>>().join(", ")
}

impl Timer {
    /// When it is due, in a few words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::ShipWithin => "`orders.ship_within_seconds` after payment",
            Self::DeliverAfter => "`orders.deliver_after_seconds` after shipping",
            Self::ReturnExpires => {
                "`orders.return_expires_seconds` after the approval or the last items"
            }
            Self::WindowOver => {
                "`orders.return_window_seconds` or the seller's own time for returns after delivery, and `orders.dispute_window_seconds` after a denied return; if nothing was shipped, `orders.release_after_seconds` after payment"
            }
        }
    }
}
