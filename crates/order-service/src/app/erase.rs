//! Erases a person from the orders that they placed and in which they sold, and from the stored answers to requests. Orders are kept under
//! the user's id. So are the keys of what others asked for in them: a repeat of a move must not be made again.

use kernel::{OrderId, UserId};
use store::idempotency::StoredAnswer;
use store::{StoreError, StoreResult, Tx};

use super::App;
use super::dealings::{buyers_orders, is_last};
use crate::domain::{Fact, Order};
use crate::records::OrderFact;
use crate::store::{SalePlace, SalesQuery, Span};

/// Most facts of one order that are read.
const FACTS: i64 = 10_000;
/// Sales that are looked at together.
const CHUNK: i64 = 100;

/// Erases each user. Returns one result for each, in order. A repeat changes nothing. An order that is not over keeps its address: then the
/// result is an error, and the message comes again.
pub(crate) async fn erase_users(
    app: &App,
    users: Vec<UserId>,
) -> StoreResult<Vec<StoreResult<()>>> {
    let mut results = Vec::with_capacity(users.len());
    for user in users {
        results.push(erase_user(app, user).await);
    }
    Ok(results)
}

async fn erase_user(app: &App, user: UserId) -> StoreResult<()> {
    app.store.forget_answers(user).await?;
    let mut open = None;
    let mut after = None;
    loop {
        let page = buyers_orders(app, user, after).await?;
        after = page.last().map(|order| order.id);
        open = open.or(page
            .iter()
            .find(|order| !order.is_over())
            .map(|order| order.id));
        erase_from(app, user, &page).await?;
        if is_last(&page) {
            break;
        }
    }
    let query = SalesQuery {
        seller: user,
        status: None,
        span: Span {
            from: None,
            to: None,
        },
    };
    let mut after = None;
    loop {
        let page = app.queries.sales(&query, after, CHUNK).await?;
        erase_from(app, user, &page).await?;
        let Some(last) = page.last() else {
            break;
        };
        after = Some(SalePlace::of(last)?);
    }
    match open {
        None => Ok(()),
        Some(order) => Err(StoreError::Conflict(format!(
            "order {order} is not over, and its address is needed"
        ))),
    }
}

/// Erases `user` from a page of orders, in one transaction, from what was said in their timelines, and from what was answered about them.
async fn erase_from(app: &App, user: UserId, page: &[Order]) -> StoreResult<()> {
    let mut said: Vec<(OrderId, Vec<Fact>)> = Vec::with_capacity(page.len());
    for order in page {
        let facts = app.queries.facts(order.id, 0, FACTS).await?;
        let theirs = |fact: &Fact| fact.actor.id == Some(user) && fact.note.is_some();
        said.push((order.id, facts.into_iter().filter(theirs).collect()));
    }
    let now = app.clock.now();
    let erased = app.store.write(move |tx| {
        tx.want::<Order>(said.iter().map(|(order, _)| *order))?;
        tx.each(&said, |tx, (order, facts)| {
            if let Some(found) = tx.get::<Order>(order)?
                && let Some(erased) = found.erased(user, now)
            {
                tx.put(erased)?;
            }
            erase_notes(tx, *order, facts)?;
            tx.replace_answers(order.as_uuid(), &StoredAnswer::erased())
        })
    });
    erased.await?.into_iter().collect()
}

fn erase_notes(tx: &mut Tx<'_>, order: OrderId, facts: &[Fact]) -> StoreResult<()> {
    for fact in facts {
        let fact = Fact {
            note: None,
            ..fact.clone()
        };
        tx.put(OrderFact { order, fact })?;
    }
    Ok(())
}
