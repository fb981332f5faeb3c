//! For tests of the use cases and of what reads the rows: a fresh ledger on either engine, and helpers that use it.

#[cfg(feature = "mongo")]
pub(crate) mod mongo;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use contracts::{Contract, Envelope};
use kernel::{
    Currency, FulfilmentId, Limit, LineId, ManualClock, Money, OrderId, RefundId, SystemIds,
    Timestamp, TransactionId, UserId,
};
use store::idempotency::{Answered, Earlier, OnceKey, Repeatable, StoredAnswer};
use store::outbox::{Fate, Outbox};
use store::{Store, StoreResult};

use super::WalletStore;
use crate::app::{self, App, TransferOutcome};
use crate::audit::{AuditReport, PaymentRecord};
use crate::domain::{
    Action, Charge, ChargedLine, ChargedPart, Direction, Entry, Movement, OrderCommand, Reference,
    RefundLine, StatementFilter, Terms, Topups,
};

/// The commission in tests: 2.5 %.
pub(crate) const TERMS: Terms = Terms {
    commission_basis_points: 250,
    payout_hold: Duration::from_secs(60),
};

/// 2026-01-01.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

pub(crate) fn usd(amount: i64) -> Money {
    Money::new(amount, Currency::USD)
}

pub(crate) fn eur(amount: i64) -> Money {
    Money::new(amount, "EUR".parse().unwrap())
}

/// The wallet on a store, with a clock that says [`NOW`].
fn app_on(store: Store, ledger: Arc<dyn WalletStore>) -> App {
    App {
        store,
        ledger,
        clock: Arc::new(ManualClock::at(NOW)),
        ids: Arc::new(SystemIds::default()),
        currency: Currency::USD,
        topups: Topups::SelfService,
        terms: TERMS,
    }
}

/// The same wallet at another time.
pub(crate) fn at(app: &App, now: Timestamp) -> App {
    App {
        clock: Arc::new(ManualClock::at(now)),
        ..app.clone()
    }
}

/// Where the rows are, for tests that bypass the store.
enum Place {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::File),
    #[cfg(feature = "mongo")]
    Mongo(Box<mongo::Server>),
}

/// A wallet under test, on a store of its own.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) outbox: Arc<dyn Outbox>,
    pub(crate) ids: SystemIds,
    place: Place,
}

/// Reads and damages rows behind the store's back.
#[async_trait]
pub(crate) trait PastTheStore {
    /// Sets every available balance of `owner`, without a posting.
    async fn set_balance(&self, owner: UserId, balance: i64);
    /// Sets all balances.
    async fn set_all_balances(&self, balance: i64);
    /// Damages the earnings of `seller`.
    async fn spoil_earnings(&self, seller: UserId);
    /// Damages the payment of `order`.
    async fn spoil_payment(&self, order: OrderId);
    /// What users, escrow and fees hold of a currency.
    async fn held(&self, currency: &str) -> i64;
    /// How many handled messages and stored answers are remembered.
    async fn remembered(&self) -> usize;
    /// All payments as an audit of the whole marketplace reads them, and the one of `order`.
    async fn audited_payments(&self, order: OrderId)
    -> (Vec<PaymentRecord>, Option<PaymentRecord>);
}

impl World {
    pub(crate) fn past_the_store(&self) -> &dyn PastTheStore {
        match &self.place {
            #[cfg(feature = "sqlite")]
            Place::Sqlite(file) => file,
            #[cfg(feature = "mongo")]
            Place::Mongo(server) => &**server,
        }
    }

    /// The same ledger under other terms.
    pub(crate) fn with_commission(mut self, basis_points: u16) -> Self {
        self.app.terms.commission_basis_points = basis_points;
        self
    }

    /// Forgets what is past its time at `now`.
    pub(crate) async fn forget(&self, now: Timestamp) -> usize {
        let before = self.past_the_store().remembered().await;
        while self.app.store.forget(now).await.unwrap() {}
        before - self.past_the_store().remembered().await
    }

    pub(crate) fn user(&self) -> UserId {
        UserId::new(&self.ids)
    }

    pub(crate) fn order(&self) -> OrderId {
        OrderId::new(&self.ids)
    }

    pub(crate) async fn transfer(
        &self,
        direction: Direction,
        movement: Movement,
        repeatable: Option<Repeatable<TransferOutcome>>,
        now: Timestamp,
    ) -> StoreResult<Answered<TransferOutcome>> {
        let movement = Movement {
            direction,
            ..movement
        };
        app::transfer(&at(&self.app, now), movement, repeatable).await
    }

    pub(crate) async fn move_money(
        &self,
        direction: Direction,
        owner: UserId,
        money: Money,
        now: Timestamp,
    ) -> TransferOutcome {
        let moved = self.transfer(direction, movement(owner, money), None, now);
        match moved.await.unwrap() {
            Answered::First(outcome) => outcome,
            Answered::Before(earlier) => panic!("nothing came before, not {earlier:?}"),
        }
    }

    pub(crate) async fn credit(&self, owner: UserId, money: Money) -> Entry {
        self.move_money(Direction::Credit, owner, money, NOW)
            .await
            .unwrap()
    }

    /// A transfer with an Idempotency-Key. Its stored answer is its status and its id or refusal.
    pub(crate) async fn keyed(
        &self,
        key: &str,
        direction: Direction,
        movement: Movement,
        now: Timestamp,
    ) -> Answered<TransferOutcome> {
        let repeatable = repeatable(key, &movement, |outcome| Ok(rendered(outcome)));
        self.transfer(direction, movement, Some(repeatable), now)
            .await
            .unwrap()
    }

    pub(crate) async fn balance(&self, owner: UserId) -> (i64, i64) {
        let usd = app::balance(&self.app, owner).await.unwrap().own;
        (usd.available, usd.pending)
    }

    pub(crate) async fn debt(&self, owner: UserId) -> i64 {
        app::balance(&self.app, owner).await.unwrap().own.debt
    }

    pub(crate) async fn statement(&self, owner: UserId) -> Vec<Entry> {
        self.app
            .ledger
            .statement(owner, StatementFilter::default(), Limit::new(100).unwrap())
            .await
            .unwrap()
    }

    pub(crate) fn command(&self, order: OrderId, action: Action) -> OrderCommand {
        OrderCommand {
            order,
            transactions: [(); 3].map(|()| TransactionId::new(&self.ids)),
            action,
        }
    }

    /// Settles commands, all of which succeed, and takes the replies out of the outbox.
    pub(crate) async fn settle(
        &self,
        commands: Vec<OrderCommand>,
        now: Timestamp,
    ) -> Vec<Envelope> {
        let results = app::settle(&at(&self.app, now), commands).await.unwrap();
        results.into_iter().for_each(Result::unwrap);
        self.sent().await
    }

    pub(crate) async fn settle_one(&self, order: OrderId, action: Action) -> Vec<Envelope> {
        self.settle(vec![self.command(order, action)], NOW).await
    }

    /// Takes what waits in the outbox.
    pub(crate) async fn sent(&self) -> Vec<Envelope> {
        let pending = self.outbox.fresh(0, 100_000).await.unwrap();
        let fates = pending
            .iter()
            .map(|pending| (pending.seq, Fate::Sent))
            .collect();
        self.outbox.settle(fates, NOW).await.unwrap();
        pending
            .into_iter()
            .map(|pending| (*pending.envelope).clone())
            .collect()
    }

    /// A refund of some of the lines of a part: (line, amount).
    pub(crate) fn refund(&self, place: u128, lines: &[(u128, i64)]) -> Action {
        refund(RefundId::new(&self.ids), place, lines)
    }

    pub(crate) async fn earnings(&self, now: Timestamp) -> usize {
        let swept = app::release_earnings(&at(&self.app, now)).await;
        swept.unwrap().released
    }

    pub(crate) async fn audit(&self) -> AuditReport {
        self.app.ledger.audit().await.unwrap()
    }

    pub(crate) async fn assert_clean(&self) {
        let report = self.audit().await;
        assert!(report.is_clean(), "{:#?}", report.details());
    }
}

/// A credit.
pub(crate) fn movement(owner: UserId, money: Money) -> Movement {
    Movement {
        direction: Direction::Credit,
        owner,
        money,
        reference: None,
    }
}

/// The Idempotency-Key `key` on a request for `movement`.
pub(crate) fn repeatable(
    key: &str,
    movement: &Movement,
    render: fn(&TransferOutcome) -> StoreResult<StoredAnswer>,
) -> Repeatable<TransferOutcome> {
    Repeatable {
        key: OnceKey {
            user: movement.owner,
            route: "test",
            key: key.to_owned(),
            fingerprint: [u8::try_from(movement.money.amount % 256).unwrap(); 32],
        },
        render: Arc::new(render),
    }
}

pub(crate) fn rendered(outcome: &TransferOutcome) -> StoredAnswer {
    let (status, body) = match outcome {
        Ok(entry) => (201, entry.id.to_string()),
        Err(refusal) => (402, format!("{refusal:?}")),
    };
    StoredAnswer {
        status,
        location: None,
        etag: None,
        body: body.into_bytes(),
    }
}

pub(crate) fn replayed(outcome: &TransferOutcome) -> Answered<TransferOutcome> {
    Answered::Before(Earlier::Answered(rendered(outcome)))
}

/// The fulfilment of the part at `place` in any order.
pub(crate) fn part_id(place: u128) -> FulfilmentId {
    FulfilmentId::from_uuid(uuid::Uuid::from_u128(0x1000 + place))
}

/// The line at `place` in any order.
pub(crate) fn line_id(place: u128) -> LineId {
    LineId::from_uuid(uuid::Uuid::from_u128(0x2000 + place))
}

/// The seller of [`debit`], which no test checks.
pub(crate) fn somebody() -> UserId {
    UserId::from_uuid(uuid::Uuid::from_u128(0x3000))
}

/// A charge for parts: each seller's lines. Parts and lines are numbered from 0 on, the lines over all parts.
pub(crate) fn charge(parts: &[(UserId, &[Money])]) -> Charge {
    let mut lines = 0..;
    let mut total = Money::new(0, parts[0].1[0].currency);
    let parts = parts.iter().zip(0..).map(|((seller, amounts), place)| {
        let lines = amounts.iter().map(|amount| {
            total = total.checked_add(*amount).unwrap();
            ChargedLine {
                line: line_id(lines.next().unwrap()),
                total: *amount,
            }
        });
        ChargedPart {
            fulfilment: part_id(place),
            seller: *seller,
            lines: lines.collect(),
        }
    });
    let parts = parts.collect();
    Charge::new(total, parts).unwrap()
}

/// A debit for parts; see [`charge`].
pub(crate) fn sale(buyer: UserId, parts: &[(UserId, &[Money])]) -> Action {
    let charge = charge(parts);
    Action::Debit { buyer, charge }
}

/// A debit for one line of [`somebody`].
pub(crate) fn debit(buyer: UserId, total: Money) -> Action {
    sale(buyer, &[(somebody(), &[total])])
}

/// The release of the part at `place`.
pub(crate) fn release(place: u128) -> Action {
    Action::Release {
        fulfilment: part_id(place),
    }
}

/// A refund of the part at `place`: (line, amount).
pub(crate) fn refund(refund: RefundId, place: u128, lines: &[(u128, i64)]) -> Action {
    let lines = lines.iter().map(|(line, amount)| RefundLine {
        line: line_id(*line),
        amount: *amount,
    });
    Action::Refund {
        fulfilment: part_id(place),
        refund,
        lines: lines.collect(),
    }
}

/// The one message of type `M` in `sent`, which holds nothing else.
pub(crate) fn only<M: Contract>(sent: &[Envelope]) -> M {
    match sent {
        [one] => one.open().unwrap(),
        other => panic!("expected one message, got {other:?}"),
    }
}

pub(crate) fn words(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}
