//! The suite that both engines pass: use cases and queries. `contract_tests!` runs each test on a fresh store of one engine.

pub(crate) mod categories;
pub(crate) mod erasures;
pub(crate) mod facets;
pub(crate) mod images;
pub(crate) mod lists;
pub(crate) mod own_lists;
pub(crate) mod paging;
pub(crate) mod products;
pub(crate) mod publishing;
pub(crate) mod reservations;
pub(crate) mod returns;
pub(crate) mod search;
pub(crate) mod sellers;
pub(crate) mod settlements;
pub(crate) mod stock_book;
pub(crate) mod variants;

use std::any::Any;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use async_trait::async_trait;
use blobs::{Directory, SharedBlobs};
use contracts::Envelope;
use contracts::reservations::{
    Article, Delivery, Refusal, RequestedLine, ReserveRequest, ReservedLine,
};
use contracts::sellers::SellersMode;
use kernel::{
    Currency, ManualClock, MessageId, Money, OrderId, ProductId, Quantity, SystemIds, Timestamp,
    UserId,
};
use store::idempotency::Answered;
use store::outbox::{Fate, Outbox};
use store::{Database, Store, StoreResult};
use uuid::Uuid;

use super::Queries;
use crate::app::{self, App, Ask, Command, FacetIndex, Pictures, Return, Sellers, Trees};
use crate::audit::StockAudit;
use crate::domain::{
    Adjustment, Attributes, Category, Change, Description, InCategory, NewProduct, NewStatus,
    NewVariant, Options, Product, ProductEdit, ProductName, ProductRefusal, Returned, Stock,
    Traits, Why,
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
    pub(crate) blobs: SharedBlobs,
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
        category: Category::parse("Things").unwrap().into(),
        attributes: Attributes::new(),
        delivery: Delivery::None,
        status: NewStatus::Active,
        traits: Traits::default(),
        variants: Vec::new(),
        metadata: None,
    }
}

/// The options of one name.
pub(crate) fn options(name: &str, value: &str) -> Options {
    Options::parse([(name.to_owned(), value.to_owned())].into()).unwrap()
}

/// A variant of a size, at the price of the default one.
pub(crate) fn variant(size: &str, stock: i64) -> NewVariant {
    NewVariant {
        traits: Traits {
            options: options("Size", size),
            ..Traits::default()
        },
        price: None,
        stock: Stock::parse(stock).unwrap(),
    }
}

/// The product with one more variant.
pub(crate) fn with_variant(mut new: NewProduct, size: &str, stock: i64) -> NewProduct {
    new.variants.push(variant(size, stock));
    new
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

/// The return of `id` of lines of an article, restocked and written off.
pub(crate) fn return_of(
    order: OrderId,
    id: Uuid,
    lines: &[(impl Into<Article> + Copy, i64, i64)],
) -> Command {
    let lines = lines
        .iter()
        .map(|&(article, restocked, written_off)| {
            Returned::new(article.into(), restocked, written_off).unwrap()
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
        let pictures = tempfile::tempdir().unwrap();
        let blobs: SharedBlobs = Arc::new(Directory::at(pictures.path().to_owned()));
        let facets = FacetIndex::default();
        let observer = Arc::new(facets.clone());
        let app = App {
            queries: Arc::new(database.clone()),
            store: Store::new(Arc::new(database)).observed_by(observer),
            clock: Arc::new(ManualClock::at(NOW)),
            ids: IDS.clone(),
            currency: Currency::USD,
            delivery: Delivery::None,
            public: true,
            lease: Duration::ZERO,
            sellers: Sellers::new(SellersMode::Open, 14),
            pictures: Pictures::new(Some(blobs.clone()), "/images"),
            trees: Trees::default(),
            facets,
        };
        Self {
            app,
            store,
            outbox: Arc::new(outbox),
            blobs,
            keep: Box::new((keep, pictures)),
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
        let listed = app::create_product(&self.at(NOW), new).await.unwrap();
        listed.unwrap()
    }

    pub(crate) async fn get(&self, id: ProductId) -> Product {
        let found = self.app.store.get::<Product>(&id).await.unwrap();
        Arc::unwrap_or_clone(found.unwrap())
    }

    pub(crate) async fn available(&self, id: ProductId) -> i64 {
        self.get(id).await.stock.get()
    }

    pub(crate) async fn available_of(&self, article: Article) -> i64 {
        let product = self.get(article.product).await;
        let mut stocks = product.stocks();
        let (_, stock) = stocks.find(|(id, _)| *id == article.variant_id()).unwrap();
        stock.get()
    }

    /// Adds to the stock of an article of `product` at `LATER`, or takes away.
    pub(crate) async fn adjust(
        &self,
        product: &Product,
        article: Article,
        delta: i64,
    ) -> Result<Product, ProductRefusal> {
        let adjustment = Adjustment {
            variant: Some(article.variant_id()),
            delta,
            reason: Why::parse("counted").unwrap(),
        };
        let change = change(product, adjustment);
        let adjusted = app::adjust_stock(&self.at(LATER), change, None).await;
        match adjusted.unwrap()? {
            Answered::First(product) => Ok(product),
            Answered::Before(_) => panic!("it came without a key"),
        }
    }

    /// Edits a product and puts it into the category of this name.
    pub(crate) async fn edit_in(
        &self,
        product: &Product,
        category: &str,
        to: ProductEdit,
    ) -> Product {
        let category = InCategory::Named(Category::parse(category).unwrap());
        let app = self.at(LATER);
        let edited = app::update_product(&app, change(product, to), Some(category));
        edited.await.unwrap().unwrap()
    }

    pub(crate) async fn edit(&self, product: &Product, to: ProductEdit) -> Product {
        self.update(change(product, to), LATER).await.unwrap()
    }

    pub(crate) async fn update(
        &self,
        change: Change<ProductEdit>,
        now: Timestamp,
    ) -> Result<Product, ProductRefusal> {
        let updated = app::update_product(&self.at(now), change, None).await;
        updated.unwrap()
    }

    pub(crate) async fn remove(
        &self,
        change: Change<()>,
        now: Timestamp,
    ) -> Result<Product, ProductRefusal> {
        app::remove_product(&self.at(now), change).await.unwrap()
    }

    pub(crate) async fn reserve(
        &self,
        order: OrderId,
        lines: &[(impl Into<Article> + Copy, i64)],
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

    /// Takes all messages to the order service out of the outbox, as if they were sent.
    pub(crate) async fn sent(&self) -> Vec<Arc<Envelope>> {
        let (_, to_orders) = self.taken().await;
        to_orders
    }

    /// Takes what is told of new sellers out of the outbox, and all else.
    pub(crate) async fn started(&self) -> Vec<Arc<Envelope>> {
        let (started, _) = self.taken().await;
        started
    }

    async fn taken(&self) -> (Vec<Arc<Envelope>>, Vec<Arc<Envelope>>) {
        let pending = self.outbox.fresh(0, 10_000).await.unwrap();
        let fates = pending.iter().map(|one| (one.seq, Fate::Sent)).collect();
        self.outbox.settle(fates, LATER).await.unwrap();
        let all = pending.into_iter().map(|one| one.envelope);
        all.partition(|one| one.open::<contracts::product::SellerStarted>().is_ok())
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

pub(crate) fn request(
    order: OrderId,
    buyer: UserId,
    lines: &[(impl Into<Article> + Copy, i64)],
) -> ReserveRequest {
    let lines = lines.iter();
    let lines = lines
        .map(|&(article, quantity)| (article.into(), quantity))
        .map(|(article, quantity): (Article, i64)| RequestedLine {
            agreed: contracts::reservations::Agreed::default(),
            product: article.product,
            variant: article.variant,
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
            images: an_image_is_shown_as_it_was_added_and_is_a_change_of_its_product,
            images: who_may_not_change_a_product_adds_no_image,
            images: images_are_put_in_order_and_removed,
            images: of_many_images_at_once_no_more_than_twelve_are_added,
            images: pictures_that_no_image_has_are_swept_after_an_hour,
            images: a_picture_of_two_products_goes_with_the_last_of_them,
            categories: a_text_leads_to_the_category_of_that_name_or_makes_one,
            categories: a_retired_category_takes_no_products_and_keeps_those_that_it_has,
            categories: attributes_are_those_of_the_category_or_nothing_is_written,
            categories: of_many_products_of_one_new_category_at_once_all_are_in_it,
            facets: what_was_sold_counts_until_it_comes_back,
            facets: of_a_suspended_seller_nothing_is_counted_or_listed,
            facets: a_list_in_memory_is_that_of_the_store,
            facets: a_list_with_what_is_below_a_category_follows_the_tree,
            categories: a_category_is_found_as_it_was_created_and_changed,
            categories: of_moves_that_together_make_a_circle_one_is_refused,
            categories: of_many_of_one_name_at_once_one_is_created,
            categories: a_refused_change_of_a_category_writes_nothing,
            variants: a_product_with_variants_is_found_as_it_was_listed,
            variants: variants_are_added_edited_and_removed,
            variants: a_sku_is_one_variants_of_a_seller,
            variants: of_many_listings_at_once_one_gets_the_sku,
            variants: each_variant_is_sold_and_comes_back_by_itself,
            variants: stock_that_is_held_of_a_removed_variant_still_comes_back,
            variants: a_product_is_in_stock_while_any_of_its_variants_is,
            variants: no_adjustment_is_lost_and_none_leaves_less_than_nothing,
            variants: an_edit_leaves_variants_and_metadata_as_they_are,
            own_lists: a_seller_lists_all_of_their_products_the_newest_first,
            own_lists: the_history_of_a_stock_says_who_and_why,
            own_lists: operators_list_what_they_took_down_until_it_is_put_back,
            own_lists: what_somebody_has_bought_is_known_once_it_is_sold,
            publishing: a_draft_is_neither_listed_nor_found_nor_sold_until_it_is_published,
            publishing: what_an_operator_removed_is_gone_for_good,
            publishing: what_an_operator_puts_back_is_a_draft_that_can_be_published,
            publishing: what_is_not_listed_is_seen_by_its_seller_its_buyers_and_operators,
            sellers: a_seller_is_called_as_the_latest_version_says,
            sellers: a_reservation_names_its_sellers_as_they_are_called_now,
            sellers: a_first_product_makes_a_seller_and_is_told_once,
            sellers: of_many_first_products_at_once_one_is_told,
            sellers: a_reservation_says_what_its_sellers_take_back,
            sellers: a_suspended_seller_sells_nothing_and_no_product_changes,
            sellers: no_list_and_no_search_has_products_of_those_who_sell_nothing,
            sellers: who_waits_for_approval_sells_nothing_where_it_is_needed,
            sellers: a_seller_has_as_many_products_as_they_sell_now,
            erasures: no_answer_to_an_erased_user_is_kept_and_those_to_others_are,
            stock_book: stock_set_while_some_is_held_leaves_the_book_right,
        }

        #[test]
        fn facets_count_what_one_by_one_would_count() {
            $crate::store::contract::facets::facets_count_what_one_by_one_would_count($make);
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
