//! Places an order: hold the stock, store the order with the command that starts its saga, wait a while for the saga to settle.

use std::time::Duration;

use contracts::reservations::{Refusal, ReserveRequest, ReservedLine};
use kernel::{FulfilmentId, LineId, Metadata, OrderId, PostalAddress, UserId};
use serde::Serialize;
use store::idempotency::{Earlier, OnceKey, StoredAnswer};
use store::{StoreError, StoreResult};
use telemetry::note_order;

use super::App;
use super::claim::{ClaimEnd, Claimed, claim, end_claim};
use super::names::name_of;
use super::place::{answer, place};
use super::save::send;
use super::waiters::Place;
use crate::domain::{
    Command, NewOrder, Order, OrderLine, SellerThen, Wanted, fulfilments_of, total_of,
};
use crate::reservations::ReservationRefusal;

/// What a buyer orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Basket {
    /// The products.
    pub(crate) wanted: Wanted,
    /// Where they are shipped to. Has to be given if one of them is shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<PostalAddress>,
    /// What the buyer says with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    /// What the buyer keeps with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Metadata>,
}

/// How long a request waits for what it has set going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    No,
    /// Until settled, at most so long.
    AtMost(Duration),
}

impl Wait {
    /// How long to wait, if at all.
    pub(super) const fn most(self) -> Option<Duration> {
        match self {
            Self::AtMost(limit) => Some(limit),
            Self::No => None,
        }
    }

    /// How long to wait for `order`, if at all.
    fn limit(self, order: &Order) -> Option<Duration> {
        self.most().filter(|_| !order.state.is_settled())
    }
}

/// What makes a request run once.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    /// Its key.
    pub(crate) key: OnceKey,
    /// Its id, which its answer names whenever it is given.
    pub(crate) request: String,
}

/// What a request to place an order came to.
#[derive(Debug)]
pub(crate) enum Created {
    /// The order as it was when the wait was over. If the request came with a key, each repeat of it is answered the same.
    Placed(Box<Order>),
    /// The refusal that is now stored with the key.
    Refused(StoredAnswer),
    /// The order as an earlier request with the key was answered.
    Repeated(Box<Order>),
    /// An earlier request with the key made no order, runs still, or had another body.
    Before(Earlier),
}

/// Why no order was placed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CreateRefusal {
    /// The product service refused.
    #[error(transparent)]
    Reservation(#[from] ReservationRefusal),
    /// Something in it is shipped, and it does not say where to.
    #[error("there is no address to ship to")]
    AddressRequired,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Places an order of `basket` for `buyer`; with `once`, at most once for its key. `refusal` renders the refusals that are
/// remembered with a key.
pub(crate) async fn create_order(
    app: &App,
    buyer: UserId,
    basket: Basket,
    once: Option<Once>,
    wait: Wait,
    refusal: fn(&ReservationRefusal) -> StoreResult<Option<StoredAnswer>>,
) -> Result<Created, CreateRefusal> {
    let buyer_name = name_of(app, buyer).await?;
    let buyer = Buyer {
        id: buyer,
        name: buyer_name,
    };
    let fresh = OrderId::new(&*app.ids);
    let Some(Once { key, request }) = once else {
        let order = reserve(app, fresh, buyer, basket, None).await?;
        if lacks_an_address(&order) {
            let_go(app, order).await?;
            return Err(CreateRefusal::AddressRequired);
        }
        let waiting = app.waiting.settled.wait_for(fresh);
        place(app, order.clone()).await?;
        let order = settled(app, order, waiting, wait).await?;
        return Ok(Created::Placed(Box::new(order)));
    };
    let (id, until) = match claim(app, key.clone(), fresh).await? {
        Claimed::Mine { order, until } => (order, until),
        Claimed::Answered(order) => return Ok(Created::Repeated(order)),
        Claimed::Earlier(earlier) => return Ok(Created::Before(earlier)),
    };
    let waiting = app.waiting.settled.wait_for(id);
    // An earlier run of this request may have died after it stored the order.
    if id != fresh
        && let Some(order) = app.order(id).await?
    {
        return keyed(app, &order, waiting, wait).await;
    }
    let mut order = match reserve(app, id, buyer, basket, Some(request)).await {
        Ok(order) => order,
        Err(error) => {
            let remembered = refusal(&error)?;
            let end = match (&remembered, &error) {
                (Some(answer), _) => ClaimEnd::Answered(answer.clone()),
                (None, ReservationRefusal::Refused(_)) => ClaimEnd::Freed,
                (None, _) => ClaimEnd::Expired,
            };
            end_claim(app, key, until, end).await?;
            return remembered.map(Created::Refused).ok_or_else(|| error.into());
        }
    };
    if lacks_an_address(&order) {
        let_go(app, order).await?;
        end_claim(app, key, until, ClaimEnd::Freed).await?;
        return Err(CreateRefusal::AddressRequired);
    }
    if wait == Wait::No {
        order.answer();
    }
    match place(app, order.clone()).await {
        // A duplicate: another run of this request, which took the claim over, was faster.
        Ok(()) | Err(StoreError::Duplicate(_)) => {}
        Err(error) => {
            end_claim(app, key, until, ClaimEnd::Expired).await?;
            return Err(error.into());
        }
    }
    keyed(app, &order, waiting, wait).await
}

/// Who orders.
struct Buyer {
    id: UserId,
    name: Option<String>,
}

async fn reserve(
    app: &App,
    id: OrderId,
    buyer: Buyer,
    basket: Basket,
    request: Option<String>,
) -> Result<Order, ReservationRefusal> {
    note_order(id);
    let reservation = ReserveRequest {
        order: id,
        buyer: buyer.id,
        lines: basket.wanted.lines().to_vec(),
        expected_total: basket.wanted.expected_total(),
    };
    let reserved = app.reservations.reserve(reservation).await?;
    let then = |seller| {
        let known = reserved.iter().find(|line| line.seller == seller);
        known.map_or_else(SellerThen::default, |line| SellerThen {
            name: line.seller_name.clone(),
            returns: line.returns,
        })
    };
    let lines: Vec<OrderLine> = reserved.iter().map(|line| ordered(app, line)).collect();
    let total = total_of(&lines).ok_or(Refusal::TotalTooLarge)?;
    let fulfilments = fulfilments_of(&lines, then, || FulfilmentId::new(&*app.ids));
    let new = NewOrder {
        id,
        buyer: buyer.id,
        buyer_name: buyer.name,
        lines,
        fulfilments,
        total,
        address: basket.address,
        note: basket.note,
        metadata: basket.metadata,
        request,
    };
    Ok(Order::place(new, app.clock.now(), &app.timing))
}

fn ordered(app: &App, line: &ReservedLine) -> OrderLine {
    OrderLine {
        id: LineId::new(&*app.ids),
        product: line.product,
        variant: line.variant,
        options: line.options.clone(),
        seller: line.seller,
        name: line.name.clone(),
        category: line.category.clone(),
        delivery: line.delivery,
        unit_price: line.unit_price,
        quantity: line.quantity,
    }
}

fn lacks_an_address(order: &Order) -> bool {
    order.address.is_none() && order.ships()
}

/// Gives back the stock that was held for an order that is not placed. If that fails, its lease ends some time.
async fn let_go(app: &App, order: Order) -> StoreResult<()> {
    let release = Command::ReleaseReservation;
    app.store
        .write(move |tx| send(tx, &order, release, order.created_at))
        .await
}

/// Waits for a request with a key. The saga or the end of the wait, whichever comes first, fixes the answer for good.
async fn keyed(
    app: &App,
    order: &Order,
    waiting: Place<OrderId, Order>,
    wait: Wait,
) -> Result<Created, CreateRefusal> {
    if let Some(limit) = wait.limit(order) {
        waiting.told_within(limit).await;
    }
    let answered = answer(app, order.id).await?;
    let lost = || StoreError::Corrupt(format!("order {} is gone or has no key", order.id));
    Ok(Created::Placed(Box::new(answered.ok_or_else(lost)?)))
}

/// Waits for a request without a key.
async fn settled(
    app: &App,
    order: Order,
    waiting: Place<OrderId, Order>,
    wait: Wait,
) -> StoreResult<Order> {
    let Some(limit) = wait.limit(&order) else {
        return Ok(order);
    };
    match waiting.told_within(limit).await {
        Some(settled) => Ok(settled),
        None => Ok(app.order(order.id).await?.unwrap_or(order)),
    }
}
