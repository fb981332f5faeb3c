//! Compares every order with its payment and its reservation: three streams, sorted by order id, are read side by side, so that only
//! the next row of each is in memory.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::stream::LocalBoxStream;
use kernel::{Findings, OrderId};
use order_service::AuditedOrder;
use product_service::AuditedReservation;
use store::{StoreError, StoreResult};
use wallet_service::audit::PaymentRecord;

use super::books::Books;
use super::fits::{Check, Entry};

/// How often an apparent violation is rechecked, and the interval.
const LOOKS: usize = 30;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// How many apparent violations wait to be rechecked together.
const SUSPECTS: usize = 1_000;

/// The result of comparing orders with the records of other services.
#[derive(Default)]
pub(super) struct Compared {
    /// Orders read.
    pub(super) orders: u64,
    /// Their parts.
    pub(super) parts: u64,
    /// Parts that waited for an answer to a refund, a release or a return.
    pub(super) waiting: u64,
    found: BTreeMap<Check, Findings>,
}

impl Compared {
    /// What a check has found.
    pub(super) fn found(&self, check: Check) -> Findings {
        self.found.get(&check).cloned().unwrap_or_default()
    }

    fn count(&mut self, entry: &Entry) {
        self.orders += u64::from(entry.order.is_some());
        let (parts, waiting) = entry.count_parts();
        self.parts += parts;
        self.waiting += waiting;
    }

    fn add(&mut self, entry: &Entry) {
        for check in Check::ALL {
            if let Some(finding) = entry.misfit(check) {
                self.found.entry(check).or_default().add(finding);
            }
        }
    }

    /// Rechecks `suspects` until they fit. What never does is a violation.
    async fn recheck(&mut self, books: &dyn Books, suspects: Vec<OrderId>) -> StoreResult<()> {
        let mut suspects: Vec<Entry> = of(books, suspects).await?;
        for _ in 1..LOOKS {
            if suspects.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
            suspects = of(books, suspects.iter().map(|entry| entry.id)).await?;
        }
        for entry in &suspects {
            self.add(entry);
        }
        Ok(())
    }
}

/// Compares all orders.
///
/// # Errors
/// If a book cannot be read.
pub(super) async fn compare(books: &dyn Books) -> StoreResult<Compared> {
    let mut compared = Compared::default();
    let mut suspects = Vec::new();
    let mut all = SideBySide::open(books, None).await?;
    while let Some(entry) = all.next().await? {
        compared.count(&entry);
        if entry.is_sound() {
            continue;
        }
        if compared.found.values().any(Findings::is_full) {
            // So much is wrong that time makes no difference.
            compared.add(&entry);
            continue;
        }
        suspects.push(entry.id);
        if suspects.len() == SUSPECTS {
            let suspects = std::mem::take(&mut suspects);
            compared.recheck(books, suspects).await?;
        }
    }
    compared.recheck(books, suspects).await?;
    Ok(compared)
}

/// Those of `orders` that do not fit now.
async fn of(
    books: &dyn Books,
    orders: impl IntoIterator<Item = OrderId>,
) -> StoreResult<Vec<Entry>> {
    let mut found = Vec::new();
    for order in orders {
        let mut one = SideBySide::open(books, Some(order)).await?;
        let entry = one.next().await?;
        found.extend(entry.filter(|entry| !entry.is_sound()));
    }
    Ok(found)
}

/// What the services have about orders, one order after the other.
struct SideBySide<'a> {
    orders: Ahead<'a, AuditedOrder>,
    payments: Ahead<'a, PaymentRecord>,
    reservations: Ahead<'a, AuditedReservation>,
}

impl<'a> SideBySide<'a> {
    /// Of all orders, or of `only` one.
    async fn open(books: &'a dyn Books, only: Option<OrderId>) -> StoreResult<Self> {
        Ok(Self {
            orders: Ahead::of(books.orders(only).await?).await?,
            payments: Ahead::of(books.payments(only).await?).await?,
            reservations: Ahead::of(books.reservations(only).await?).await?,
        })
    }

    async fn next(&mut self) -> StoreResult<Option<Entry>> {
        let ids = [self.orders.id(), self.payments.id(), self.reservations.id()];
        let Some(id) = ids.into_iter().flatten().min() else {
            return Ok(None);
        };
        Ok(Some(Entry {
            id,
            order: self.orders.take(id).await?,
            payment: self.payments.take(id).await?,
            reservation: self.reservations.take(id).await?,
        }))
    }
}

/// Something about an order.
trait OfOrder {
    fn order(&self) -> OrderId;
}

impl OfOrder for AuditedOrder {
    fn order(&self) -> OrderId {
        self.id
    }
}

impl OfOrder for PaymentRecord {
    fn order(&self) -> OrderId {
        self.order
    }
}

impl OfOrder for AuditedReservation {
    fn order(&self) -> OrderId {
        self.order
    }
}

/// A stream and its next row.
struct Ahead<'a, T> {
    rows: LocalBoxStream<'a, StoreResult<T>>,
    next: Option<T>,
}

impl<'a, T: OfOrder> Ahead<'a, T> {
    async fn of(mut rows: LocalBoxStream<'a, StoreResult<T>>) -> StoreResult<Self> {
        let next = rows.try_next().await?;
        Ok(Self { rows, next })
    }

    fn id(&self) -> Option<OrderId> {
        self.next.as_ref().map(T::order)
    }

    /// The next row, if it is about `order`.
    async fn take(&mut self, order: OrderId) -> StoreResult<Option<T>> {
        if self.id() != Some(order) {
            return Ok(None);
        }
        let following = self.rows.try_next().await?;
        if let Some(id) = following.as_ref().map(T::order)
            && id <= order
        {
            return Err(StoreError::Corrupt(format!(
                "order {id} is read after order {order}: an index is damaged"
            )));
        }
        Ok(std::mem::replace(&mut self.next, following))
    }
}
