//! Shows the timeline of an order: what happened, by whom and when, the oldest first. Facts of the saga and the completion of parts are
//! read off the order; the others have records.

use kernel::{Currency, CursorScope, Limit, OrderId, Page, UserId};
use store::StoreResult;

use super::App;
use super::bounded::{CHUNK, Filled, Filling};
use super::view::Audience;
use crate::domain::{Fact, Order};

/// A page of a timeline.
#[derive(Debug, Clone)]
pub(crate) struct Timeline {
    /// Its facts.
    pub(crate) page: Page<Fact>,
    /// The currency of their amounts.
    pub(crate) currency: Currency,
    /// Who sees it.
    pub(crate) audience: Audience,
}

/// The scope of cursors of timelines.
pub(crate) fn timeline_scope() -> CursorScope {
    CursorScope::new("timeline of an order", "")
}

/// A page of the timeline of an order, after the fact with the number `after`, if `user` may see the order. A seller does not see what
/// concerns the parts of others.
pub(crate) async fn show_timeline(
    app: &App,
    id: OrderId,
    (user, is_admin): (UserId, bool),
    after: Option<u32>,
    limit: Limit,
) -> StoreResult<Option<Timeline>> {
    let Some(order) = app.order(id).await? else {
        return Ok(None);
    };
    let Some(audience) = Audience::of(&order, user, is_admin) else {
        return Ok(None);
    };
    let own = order.own_facts();
    let mut filling = Filling::new(limit);
    let chunk = limit.get().saturating_add(1).max(CHUNK);
    let filled = loop {
        let from = filling
            .place()
            .or(after)
            .map_or(0, |last: u32| last.saturating_add(1));
        let most = i64::try_from(chunk).unwrap_or(i64::MAX);
        let mut facts = app.queries.facts(id, from, most).await?;
        add_own(&mut facts, &own, from, chunk);
        match filling.take(
            facts,
            chunk,
            |fact| fact.number,
            |fact| sees(&order, audience, fact),
        ) {
            Filled::GoOn => {}
            end @ (Filled::Enough | Filled::End) => break end,
        }
    };
    let page = filling.page(filled, |number| {
        timeline_scope().cursor(&i64::from(*number))
    });
    Ok(Some(Timeline {
        page,
        currency: order.total.currency,
        audience,
    }))
}

/// Adds to recorded facts those that have no record, in their places. If there are `chunk` recorded ones, more may follow, and what comes
/// after them belongs to a later chunk.
fn add_own(facts: &mut Vec<Fact>, own: &[Fact], from: u32, chunk: usize) {
    let last = facts.last().filter(|_| facts.len() >= chunk);
    let last = last.map_or(u32::MAX, |last| last.number);
    let here = own
        .iter()
        .filter(|fact| (from..=last).contains(&fact.number));
    facts.extend(here.cloned());
    facts.sort_unstable_by_key(|fact| fact.number);
    facts.truncate(chunk);
}

/// Whether a fact is for the eyes of `audience`.
fn sees(order: &Order, audience: Audience, fact: &Fact) -> bool {
    match (audience, fact.fulfilment) {
        (Audience::Buyer | Audience::Operator, _) | (Audience::Seller(_), None) => true,
        (Audience::Seller(seller), Some(part)) => {
            let part = order.fulfilment(part);
            part.is_some_and(|part| part.seller == seller)
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;

    use super::*;
    use crate::domain::{Actor, Details, Happened};

    fn facts(numbers: &[u32]) -> Vec<Fact> {
        let fact = |number: &u32| Fact {
            number: *number,
            at: Timestamp::from_millis(0),
            actor: Actor::SYSTEM,
            what: Happened::Ship,
            note: None,
            fulfilment: None,
            details: Details::default(),
        };
        numbers.iter().map(fact).collect()
    }

    #[test]
    fn facts_without_a_record_stand_in_their_places_in_each_chunk() {
        let own = facts(&[0, 1, 4, 7]);
        let merged = |recorded: &[u32], from, chunk| {
            let mut all = facts(recorded);
            add_own(&mut all, &own, from, chunk);
            let numbers = all.into_iter().map(|fact| fact.number);
            numbers.collect::<Vec<u32>>()
        };
        assert_eq!(merged(&[2, 3, 5, 6], 0, 9), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(merged(&[2, 3, 5], 0, 3), [0, 1, 2]);
        assert_eq!(merged(&[3, 5, 6], 3, 3), [3, 4, 5]);
        assert_eq!(merged(&[6], 6, 3), [6, 7]);
        assert_eq!(merged(&[], 8, 3), [0; 0]);
    }
}
