//! Bars of a chart, which templates draw as SVG. What a chart shows is in a table beside it.

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::Timestamp;
use serde::Serialize;

/// Height of the highest bar, in units of the drawing.
const HEIGHT: i64 = 100;
const DAY: Duration = Duration::from_hours(24);

/// What happened on a day.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Bar {
    pub(super) date: String,
    /// In minor units.
    pub(super) amount: i64,
    /// Height, 0 to 100.
    height: i64,
}

/// The bars of the `days` before `to`, a time in RFC 3339.
pub(super) fn bars(to: &str, days: u32, amounts: &BTreeMap<String, i64>) -> Vec<Bar> {
    let Ok(to) = Timestamp::parse_since(to) else {
        return Vec::new();
    };
    let highest = amounts.values().copied().max().unwrap_or(0).max(1);
    let dates = (1..=days).rev().map(|back| {
        let start = to.minus(DAY * back).to_string();
        start.chars().take_while(|c| *c != 'T').collect::<String>()
    });
    dates
        .map(|date| {
            let amount = amounts.get(&date).copied().unwrap_or(0);
            let height = i128::from(amount) * i128::from(HEIGHT) / i128::from(highest);
            Bar {
                date,
                amount,
                height: i64::try_from(height).unwrap_or(HEIGHT),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_a_bar_and_the_highest_reaches_the_top() {
        let amounts = BTreeMap::from([
            ("2026-01-30".to_owned(), 50),
            ("2026-01-31".to_owned(), 200),
        ]);
        let bars = bars("2026-02-01T00:00:00.000Z", 3, &amounts);
        let seen: Vec<_> = bars
            .iter()
            .map(|bar| (bar.date.as_str(), bar.height))
            .collect();
        assert_eq!(
            seen,
            [("2026-01-29", 0), ("2026-01-30", 25), ("2026-01-31", 100)]
        );
    }
}
