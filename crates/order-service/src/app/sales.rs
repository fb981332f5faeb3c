//! Lists a seller's sales, the newest payment first.

use kernel::{CursorScope, Limit, OrderId, Page, UserId};
use store::StoreResult;
use uuid::Uuid;

use super::App;
use super::bounded::{CHUNK, Filled, Filling};
use crate::domain::{FulfilmentStatus, Order};
use crate::store::{SalePlace, SalesQuery, Span};

/// Which sales a seller looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SalesFilter {
    /// In which status.
    pub(crate) status: Option<FulfilmentStatus>,
    /// Paid when.
    pub(crate) span: Span,
    /// With these words: in the order's id, the buyer's name, a product's name or a tracking number.
    pub(crate) text: Option<String>,
}

/// A place in a list of sales, as cursors hold it.
pub(crate) type SaleMark = (i64, Uuid);

impl From<SalePlace> for SaleMark {
    fn from(place: SalePlace) -> Self {
        (place.paid_at.as_millis(), place.order.as_uuid())
    }
}

/// A page of the orders in which `seller` has a sale. With words, a request looks at a bounded number of sales; then the page may hold
/// fewer than were asked for although the list goes on.
pub(crate) async fn list_sales(
    app: &App,
    seller: UserId,
    filter: SalesFilter,
    after: Option<SalePlace>,
    limit: Limit,
    scope: CursorScope,
) -> StoreResult<Page<Order>> {
    let query = SalesQuery {
        seller,
        status: filter.status,
        span: filter.span,
    };
    let Some(text) = filter.text else {
        let rows = app.queries.sales(&query, after, limit.and_one()).await?;
        let last = rows.get(limit.get().saturating_sub(1));
        let mark = last.map(SalePlace::of).transpose()?;
        let mark = mark.map_or((0, Uuid::nil()), SaleMark::from);
        return Ok(Page::cut(rows, limit, |_| scope.cursor(&mark)));
    };
    let words = text.to_lowercase();
    if let Ok(order) = words.parse::<OrderId>() {
        return one_sale(app, &query, order, after).await;
    }
    let chunk = i64::try_from(CHUNK).unwrap_or(i64::MAX);
    let mut filling = Filling::new(limit);
    let filled = loop {
        let place = filling.place().or(after);
        let rows = app.queries.sales(&query, place, chunk).await?;
        let places: StoreResult<Vec<(SalePlace, Order)>> = rows
            .into_iter()
            .map(|order| Ok((SalePlace::of(&order)?, order)))
            .collect();
        let fits = |(_, order): &(SalePlace, Order)| has_words(order, seller, &words);
        match filling.take(places?, CHUNK, |(place, _)| *place, fits) {
            Filled::GoOn => {}
            end @ (Filled::Enough | Filled::End) => break end,
        }
    };
    let page = filling.page(filled, |place| scope.cursor(&SaleMark::from(*place)));
    Ok(page.map(|(_, order)| order))
}

/// The sale of one order: its id is the whole of what is looked for.
async fn one_sale(
    app: &App,
    query: &SalesQuery,
    id: OrderId,
    after: Option<SalePlace>,
) -> StoreResult<Page<Order>> {
    let mut items = Vec::new();
    if let Some(order) = app.order(id).await?
        && after.is_none()
        && order.confirmed
        && let Some(part) = order.part_of(query.seller)
    {
        let (from, to) = query.span.bounds();
        let paid_at = SalePlace::of(&order)?.paid_at.as_millis();
        let is_meant = query.status.is_none_or(|status| status == part.status);
        if is_meant && (from..=to).contains(&paid_at) {
            items.push(order);
        }
    }
    Ok(Page {
        items,
        next_cursor: None,
    })
}

/// Whether the sale of `seller` in `order` has `words`, which are in lower case.
fn has_words(order: &Order, seller: UserId, words: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(words);
    let Some(part) = order.part_of(seller) else {
        return false;
    };
    order.id.to_string().starts_with(words)
        || order.buyer_name.as_deref().is_some_and(has)
        || order.lines_of(part).any(|(line, _)| has(&line.name))
        || part
            .shipments
            .iter()
            .any(|package| has(&package.parcel.tracking_number))
}

#[cfg(test)]
mod tests {
    use kernel::{SystemIds, Timestamp};

    use super::*;
    use crate::testing::{TIMING, lines_of, new_order};

    #[test]
    fn words_are_found_in_the_sellers_own_sale_whatever_their_case() {
        let ids = SystemIds::default();
        let (seller, other) = (UserId::new(&ids), UserId::new(&ids));
        let mut lines = lines_of(&ids, &[seller, other]);
        lines[1].name = "Chair".to_owned();
        let new = new_order(&ids, UserId::new(&ids), lines);
        let order = Order::place(new, Timestamp::from_millis(0), &TIMING);
        let start = order.id.to_string()[..13].to_owned();
        for words in ["lam", "lamp", "ada", "ad", start.as_str()] {
            assert!(has_words(&order, seller, words), "{words}");
        }
        for words in ["chair", "sam", "lovelace", "london", &start[2..]] {
            assert!(!has_words(&order, seller, words), "{words}");
        }
        assert!(has_words(&order, other, "chair"));
        assert!(!has_words(&order, UserId::new(&ids), "lamp"));
    }
}
