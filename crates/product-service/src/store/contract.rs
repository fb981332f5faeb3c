//! The suite that both engines pass: use cases and queries. `contract_tests!` runs each test on a fresh store of one engine.

pub(crate) mod lists;
pub(crate) mod names;
pub(crate) mod paging;
pub(crate) mod products;
pub(crate) mod reservations;
pub(crate) mod returns;
pub(crate) mod search;
pub(crate) mod settlements;
pub(crate) mod stock_book;

use std::any::Any;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use contracts::Envelope;
use contracts::reservations::{Delivery, Refusal, RequestedLine, ReserveRequest, ReservedLine};
use kernel::{
    Currency, ManualClock, MessageId, Money, OrderId, ProductId, Quantity, SystemIds, Timestamp,
    UserId,
};
use store::outbox::{Fate, Outbox};
use store::{Database, Store, StoreResult};
use uuid::Uuid;

use super::Queries;
use crate::app::{self, App, Ask, Command, Return, SellerNames};
use crate::audit::StockAudit;
use crate::domain::{
    Category, Change, Description, NewProduct, Product, ProductEdit, ProductName, ProductRefusal,
    Returned, Stock,
};

/// A store that can be audited.
#[async_trait]
pub(crate) trait Audited: Send + Sync {
    async fn audit(&self) -> StoreResult<StockAudit>;
}

/// The use cases on an empty store.
pub(crate) struct Subject {
    pub(crate) app: App,
    pub(crate) store: Box<dyn Audited>,
    pub(crate) outbox: Arc<dyn Outbox>,
    /// Lives as long as the store, such as its directory.
    #[expect(dead_code, reason = "kept for its Drop")]
    keep: Box<dyn Any + Send + Sync>,
}

/// One source for all tests, so that ids increase.
static IDS: LazyLock<Arc<SystemIds>> = LazyLock::new(Arc::default);

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(crate) const LATER: Timestamp = Timestamp::from_millis(1_700_000_000_500);
pub(crate) const LEASE_END: Timestamp = Timestamp::from_millis(1_700_000_001_000);

/// A product to vary.
pub(crate) fn draft(name: &str, amount: i64, stock: i64) -> NewProduct {
    NewProduct {
        seller: user(),
        name: ProductName::parse(name).unwrap(),
        description: Description::parse("").unwrap(),
        price: Money::new(amount, Currency::USD),
        stock: Stock::parse(stock).unwrap(),
        category: Category::parse("Things").unwrap(),
        delivery: Delivery::None,
    }
}

pub(crate) fn user() -> UserId {
    UserId::new(&**IDS)
}

pub(crate) fn order() -> OrderId {
    OrderId::new(&**IDS)
}

pub(crate) fn stock_of(count: i64) -> ProductEdit {
    ProductEdit {
        stock: Some(Stock::parse(count).unwrap()),
        ..ProductEdit::default()
    }
}

pub(crate) fn command(order: OrderId, step: &str, ask: Ask) -> Command {
    Command {
        message: MessageId::of_step(order, step),
        order,
        ask,
    }
}

pub(crate) fn confirmation(order: OrderId) -> Command {
    command(order, "confirm-reservation", Ask::Confirm)
}

pub(crate) fn release(order: OrderId) -> Command {
    command(order, "release-reservation", Ask::Release)
}

/// The return of `id` of lines of a product, restocked and written off.
pub(crate) fn return_of(order: OrderId, id: Uuid, lines: &[(ProductId, i64, i64)]) -> Command {
    let lines = lines
        .iter()
        .map(|&(product, restocked, written_off)| {
            Returned::new(product, restocked, written_off).unwrap()
        })
        .collect();
    let ask = Ask::Return(Return { id, lines });
    command(order, &format!("return-stock {id}"), ask)
}

impl Subject {
    pub(crate) fn new(
        database: impl Database + Queries + Audited + Clone + 'static,
        outbox: impl Outbox + 'static,
        keep: impl Any + Send + Sync,
    ) -> Self {
        let store = Box::new(database.clone());
        let app = App {
            queries: Arc::new(database.clone()),
            store: Store::new(Arc::new(database)),
            clock: Arc::new(ManualClock::at(NOW)),
            ids: IDS.clone(),
            currency: Currency::USD,
            delivery: Delivery::None,
            public: true,
            lease: Duration::ZERO,
            names: SellerNames::default(),
        };
        Self {
            app,
            store,
            outbox: Arc::new(outbox),
            keep: Box::new(keep),
        }
    }

    /// The use cases at `now`.
    pub(crate) fn at(&self, now: Timestamp) -> App {
        App {
            clock: Arc::new(ManualClock::at(now)),
            ..self.app.clone()
        }
    }

    pub(crate) async fn list(&self, new: NewProduct) -> Product {
        app::create_product(&self.at(NOW), new).await.unwrap()
    }

    pub(crate) async fn get(&self, id: ProductId) -> Product {
        let found = self.app.store.get::<Product>(&id).await.unwrap();
        Arc::unwrap_or_clone(found.unwrap())
    }

    pub(crate) async fn available(&self, id: ProductId) -> i64 {
        self.get(id).await.stock.get()
    }

    pub(crate) async fn edit(&self, product: &Product, to: ProductEdit) -> Product {
        self.update(change(product, to), LATER).await.unwrap()
    }

    pub(crate) async fn update(
        &self,
        change: Change<ProductEdit>,
        now: Timestamp,
    ) -> Result<Product, ProductRefusal> {
        let updated = app::update_product(&self.at(now), change).await;
        updated.unwrap()
    }

    pub(crate) async fn remove(
        &self,
        change: Change<()>,
        now: Timestamp,
    ) -> Result<(), ProductRefusal> {
        app::remove_product(&self.at(now), change).await.unwrap()
    }

    pub(crate) async fn reserve(
        &self,
        order: OrderId,
        lines: &[(ProductId, i64)],
    ) -> Result<Vec<ReservedLine>, Refusal> {
        let request = request(order, user(), lines);
        self.reserve_until(request, LEASE_END, LATER).await
    }

    pub(crate) async fn reserve_until(
        &self,
        request: ReserveRequest,
        end: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<ReservedLine>, Refusal> {
        let lease = u64::try_from(end.as_millis() - now.as_millis()).unwrap();
        let app = App {
            lease: Duration::from_millis(lease),
            ..self.at(now)
        };
        app::reserve(&app, request).await.unwrap()
    }

    /// Handles `commands` at `now`.
    pub(crate) async fn settle(&self, commands: Vec<Command>, now: Timestamp) {
        let settled = app::settle_reservations(&self.at(now), commands).await;
        for result in settled.unwrap() {
            result.unwrap();
        }
    }

    pub(crate) async fn confirm(&self, order: OrderId) {
        self.settle(vec![confirmation(order)], LATER).await;
    }

    pub(crate) async fn release(&self, order: OrderId) {
        self.settle(vec![release(order)], LATER).await;
    }

    pub(crate) async fn expire(&self) -> usize {
        self.expire_at(LEASE_END, 1000).await
    }

    /// Ends up to `limit` leases that are over at `now`.
    pub(crate) async fn expire_at(&self, now: Timestamp, limit: usize) -> usize {
        let due = self.app.queries.leases_due(now, None, limit).await.unwrap();
        let orders = due.into_iter().map(|lease| lease.order).collect();
        self.expire_orders(orders, now).await.unwrap()
    }

    pub(crate) async fn expire_orders(
        &self,
        orders: Vec<OrderId>,
        now: Timestamp,
    ) -> StoreResult<usize> {
        app::expire(&self.at(now), orders).await
    }

    /// Takes all messages out of the outbox, as if they were sent.
    pub(crate) async fn sent(&self) -> Vec<Arc<Envelope>> {
        let pending = self.outbox.fresh(0, 100).await.unwrap();
        let fates = pending.iter().map(|one| (one.seq, Fate::Sent)).collect();
        self.outbox.settle(fates, LATER).await.unwrap();
        pending.into_iter().map(|one| one.envelope).collect()
    }

    /// Asserts that the one message sent says that the stock of `order` is sold.
    pub(crate) async fn assert_confirmed(&self, order: OrderId) {
        let sent = self.sent().await;
        assert_eq!(sent.len(), 1, "{sent:?}");
        let reply: contracts::product::ReservationConfirmed = sent[0].open().unwrap();
        assert_eq!(contracts::order_id(&reply.order_id), Ok(order));
        let id = MessageId::of_step(order, "reservation-confirmed");
        assert_eq!((sent[0].subject, sent[0].id), (order.as_uuid(), id));
    }

    /// Asserts that the stock book is right, for at least `products` products.
    pub(crate) async fn assert_book_is_right(&self, products: u64) {
        let audit = self.store.audit().await.unwrap();
        assert_eq!(audit.violations.details(), Vec::<String>::new());
        assert!(audit.products >= products, "{audit:?}");
    }
}

pub(crate) fn change<T>(product: &Product, to: T) -> Change<T> {
    Change {
        product: product.id,
        editor: product.seller,
        guard: Box::new(|_| true),
        to,
    }
}

pub(crate) fn request(order: OrderId, buyer: UserId, lines: &[(ProductId, i64)]) -> ReserveRequest {
    let lines = lines
        .iter()
        .map(|&(product, quantity)| RequestedLine {
            agreed: contracts::reservations::Agreed::default(),
            product,
            quantity: Quantity::new(quantity).unwrap(),
        })
        .collect();
    ReserveRequest {
        expected_total: None,
        order,
        buyer,
        lines,
    }
}

/// Runs the whole suite on stores that `$make` makes.
macro_rules! contract_tests {
    ($make:path) => {
        $crate::store::contract::contract_tests! { $make;
            products: a_product_is_found_as_it_was_listed,
            products: an_edit_is_written_and_read_back,
            products: a_refused_change_writes_nothing,
            products: a_removed_product_leaves_lists_and_search_and_can_still_be_found,
            products: a_product_that_is_not_there_is_none_and_cannot_be_changed,
            lists: every_order_pages_without_gap_or_repeat,
            lists: every_filter_narrows_and_pages,
            lists: a_cursor_outside_of_the_prices_asked_for_leads_to_none_of_them,
            search: a_search_finds_all_words_in_name_or_description_the_last_as_a_prefix,
            search: a_search_follows_edits,
            search: a_search_finds_what_it_should_in_the_scripts_of_the_world,
            search: no_sign_in_a_search_is_an_operator,
            search: relevance_follows_from_the_name_then_from_age_and_from_nothing_else,
            paging: each_match_is_met_once_whatever_is_added_meanwhile,
            paging: a_product_that_stays_in_its_place_is_met_once_whatever_moves,
            paging: a_page_continues_after_a_product_that_moved_or_was_removed,
            lists: a_category_is_compared_without_regard_to_case_and_space,
            reservations: all_lines_are_held_or_none,
            reservations: a_refusal_names_the_products_and_holds_nothing,
            reservations: another_price_than_was_agreed_holds_nothing,
            reservations: the_agreed_price_or_a_lower_one_is_held_and_the_same_order_again_too,
            reservations: the_same_order_again_gets_the_first_answer,
            reservations: a_reservation_that_is_over_is_not_made_again,
            settlements: commands_of_both_kinds_are_settled_together_in_their_order,
            settlements: only_a_command_that_came_before_its_reservation_is_noted,
            reservations: the_same_order_again_renews_the_lease_of_what_is_held,
            settlements: leases_are_paged_and_none_is_ended_that_is_not_over,
            products: the_time_of_change_never_goes_back,
            settlements: a_confirmation_sells_what_is_held_for_good,
            settlements: a_release_puts_back_what_is_held_once,
            settlements: a_confirmation_of_stock_that_went_back_is_answered_each_time,
            settlements: a_confirmation_once_refused_stays_refused,
            settlements: only_leases_that_have_run_out_expire_the_oldest_first,
            settlements: a_late_confirmation_still_sells_what_was_not_swept,
            settlements: stock_of_a_removed_product_still_comes_back,
            reservations: every_change_of_stock_raises_the_version,
            reservations: a_line_says_how_it_is_delivered_and_in_which_category_it_was,
            reservations: one_unit_goes_to_one_of_200_buyers,
            returns: what_comes_back_can_be_ordered_again_unless_it_is_written_off,
            returns: a_return_is_made_once_under_its_id,
            returns: no_more_comes_back_than_was_sold,
            returns: what_is_held_is_sold_before_it_comes_back,
            returns: of_what_went_back_already_nothing_comes_back,
            returns: a_return_that_came_before_its_reservation_is_noted,
            returns: what_comes_back_of_a_removed_product_is_in_its_book,
            returns: of_many_returns_at_once_no_more_come_back_than_were_sold,
            names: a_seller_is_called_as_the_latest_version_says,
            names: a_reservation_names_its_sellers_as_they_are_called_now,
            stock_book: stock_set_while_some_is_held_leaves_the_book_right,
        }

        #[test]
        fn no_order_of_events_breaks_the_stock_book() {
            $crate::store::contract::stock_book::no_order_of_events_breaks_the_stock_book($make);
        }
    };
    ($make:path; $($room:ident: $name:ident,)+) => {
        $(
            #[tokio::test]
            async fn $name() {
                $crate::store::contract::$room::$name($make()).await;
            }
        )+
    };
}
pub(crate) use contract_tests;
