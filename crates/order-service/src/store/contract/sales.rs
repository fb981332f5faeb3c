//! A seller's sales: lists, searches, sums.

use std::time::Duration;

use kernel::{
    Currency, CursorScope, Limit, Money, OrderId, Quantity, RefundId, ShipmentId, Timestamp, UserId,
};
use store::idempotency::Answered;

use super::Subject;
use crate::app::{SalesFilter, Wait, What, list_sales, make_moves, sum_sales, sum_up};
use crate::domain::{FulfilmentStatus, Message, Move, Order, Parcel, RefundOf};
use crate::store::{SalePlace, SalesDay, SalesQuery, Span};

const ALWAYS: Span = Span {
    from: None,
    to: None,
};

async fn make(s: &Subject, order: &Order, wanted: Move) {
    let part = &order.fulfilments[0];
    let asked = Subject::asked(order, part, What::OfPart(part.id.into(), wanted));
    let outcome = make_moves(&s.app, asked, None, Wait::No).await.unwrap();
    assert!(matches!(outcome, Answered::First(Ok(_))), "{outcome:?}");
}

async fn ship(s: &Subject, order: &Order, tracking_number: &str) {
    let ship = Move::Ship {
        id: ShipmentId::new(&*s.ids),
        items: vec![(order.lines[0].id, Quantity::new(2).unwrap())],
        parcel: Parcel {
            carrier: "UPS".to_owned(),
            tracking_number: tracking_number.to_owned(),
            tracking_url: None,
        },
        note: None,
    };
    make(s, order, ship).await;
}

async fn refund(s: &Subject, order: &Order, amount: i64) {
    let refund = Move::Refund {
        id: RefundId::new(&*s.ids),
        what: RefundOf::Amount(Money::new(amount, Currency::USD)),
        reason: None,
        restock: None,
    };
    make(s, order, refund).await;
}

/// All orders of a list, read in pages of `most`.
async fn listed(s: &Subject, query: SalesQuery, most: i64) -> Vec<OrderId> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = s.app.queries.sales(&query, after, most).await.unwrap();
        let is_last = page.len() < usize::try_from(most).unwrap();
        after = page.last().map(|order| SalePlace::of(order).unwrap());
        all.extend(page.into_iter().map(|order| order.id));
        if is_last {
            return all;
        }
    }
}

const fn of(seller: UserId, status: Option<FulfilmentStatus>) -> SalesQuery {
    SalesQuery {
        seller,
        status,
        span: ALWAYS,
    }
}

pub(super) async fn a_part_is_a_sale_once_its_stock_is_sold_and_moves_with_its_status(s: Subject) {
    use FulfilmentStatus::{Cancelled, Open, Shipped};
    let (grace, alan) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let buyer = UserId::new(&*s.ids);
    s.placed(buyer).await;
    let order = s.paid(buyer, &[grace, alan]).await;
    assert_eq!(listed(&s, of(grace, None), 9).await, []);
    s.tell(order.id, Message::ReservationConfirmed).await;
    for seller in [grace, alan] {
        assert_eq!(listed(&s, of(seller, None), 9).await, [order.id]);
        assert_eq!(listed(&s, of(seller, Some(Open)), 9).await, [order.id]);
    }
    ship(&s, &order, "1Z").await;
    assert_eq!(listed(&s, of(grace, Some(Open)), 9).await, []);
    assert_eq!(listed(&s, of(grace, Some(Shipped)), 9).await, [order.id]);
    assert_eq!(listed(&s, of(alan, Some(Open)), 9).await, [order.id]);
    assert_eq!(listed(&s, of(alan, Some(Shipped)), 9).await, []);
    assert_eq!(listed(&s, of(alan, Some(Cancelled)), 9).await, []);
    assert_eq!(listed(&s, of(buyer, None), 9).await, []);
}

pub(super) async fn sales_come_newest_payment_first_page_by_page_over_all_statuses(s: Subject) {
    let (grace, alan) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let mut sold = Vec::new();
    for n in 0..9 {
        s.wait(Duration::from_secs(n));
        let order = s.sold(UserId::new(&*s.ids), &[grace]).await;
        s.sold(UserId::new(&*s.ids), &[alan]).await;
        match n % 3 {
            0 => ship(&s, &order, "1Z").await,
            1 => refund(&s, &order, 1400).await,
            _ => {}
        }
        sold.insert(0, order.id);
    }
    for most in [1, 2, 4, 9, 50] {
        assert_eq!(listed(&s, of(grace, None), most).await, sold, "{most}");
    }
    let shipped = of(grace, Some(FulfilmentStatus::Shipped));
    assert_eq!(listed(&s, shipped, 2).await, [sold[2], sold[5], sold[8]]);
}

pub(super) async fn sales_of_the_same_moment_are_neither_skipped_nor_repeated(s: Subject) {
    let seller = UserId::new(&*s.ids);
    let mut sold = Vec::new();
    for n in 0..7 {
        let order = s.sold(UserId::new(&*s.ids), &[seller]).await;
        if n % 2 == 0 {
            ship(&s, &order, "1Z").await;
        }
        sold.insert(0, order.id);
    }
    for most in [1, 2, 3, 7] {
        assert_eq!(listed(&s, of(seller, None), most).await, sold, "{most}");
    }
}

pub(super) async fn sales_are_cut_to_a_span(s: Subject) {
    let seller = UserId::new(&*s.ids);
    let at = |seconds| s.now.plus(Duration::from_secs(seconds));
    let mut sold = Vec::new();
    for n in 0..5 {
        s.wait(Duration::from_secs(n));
        sold.push(s.sold(UserId::new(&*s.ids), &[seller]).await.id);
    }
    let within = async |from: Option<Timestamp>, to: Option<Timestamp>| {
        let query = SalesQuery {
            span: Span { from, to },
            ..of(seller, None)
        };
        listed(&s, query, 2).await
    };
    assert_eq!(within(Some(at(1)), Some(at(3))).await, [sold[2], sold[1]]);
    assert_eq!(within(Some(at(3)), None).await, [sold[4], sold[3]]);
    assert_eq!(within(None, Some(at(1))).await, [sold[0]]);
    assert_eq!(within(Some(at(9)), None).await, []);
}

pub(super) async fn a_search_of_sales_finds_words_and_goes_on_where_it_stopped(s: Subject) {
    let seller = UserId::new(&*s.ids);
    let mut sold = Vec::new();
    for n in 0..6 {
        s.wait(Duration::from_secs(n));
        let order = s.sold(UserId::new(&*s.ids), &[seller]).await;
        ship(&s, &order, &format!("Track-{}", n % 2)).await;
        sold.insert(0, order.id);
    }
    let search = async |words: &str, limit| {
        let scope = CursorScope::new("sales", words);
        let filter = SalesFilter {
            status: None,
            span: ALWAYS,
            text: Some(words.to_owned()),
        };
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let limit = Limit::new(limit).unwrap();
            let page = list_sales(&s.app, seller, filter.clone(), after, limit, scope);
            let page = page.await.unwrap();
            found.extend(page.items.iter().map(|order| order.id));
            let Some(next) = page.next_cursor else {
                return found;
            };
            let (paid_at, order) = scope.read::<(i64, uuid::Uuid)>(next.as_str()).unwrap();
            after = Some(SalePlace {
                paid_at: Timestamp::from_millis(paid_at),
                order: order.into(),
            });
        }
    };
    for limit in [1, 2, 9] {
        assert_eq!(search("track-1", limit).await, [sold[0], sold[2], sold[4]]);
        assert_eq!(search("ADA", limit).await, sold);
        assert_eq!(search("nothing", limit).await, []);
        assert_eq!(search(&sold[3].to_string(), limit).await, [sold[3]]);
    }
    let other = OrderId::new(&*s.ids).to_string();
    assert_eq!(search(&other, 9).await, []);
}

pub(super) async fn sales_are_summed_by_day_with_what_was_refunded_of_them(s: Subject) {
    let (grace, alan) = (UserId::new(&*s.ids), UserId::new(&*s.ids));
    let day = Duration::from_hours(24);
    let midnight = s.now.as_millis().div_euclid(86_400_000) * 86_400_000;
    let today = Timestamp::from_millis(midnight);
    let first = s.sold(UserId::new(&*s.ids), &[grace, alan]).await;
    s.sold(UserId::new(&*s.ids), &[grace]).await;
    s.wait(day);
    s.sold(UserId::new(&*s.ids), &[grace]).await;
    s.paid(UserId::new(&*s.ids), &[grace]).await;
    refund(&s, &first, 400).await;
    let usd = |amount| Money::new(amount, Currency::USD);
    let row = |day, sales: u32, refunded| {
        let (sold, fees) = (1400 * i64::from(sales), 140 * i64::from(sales));
        SalesDay {
            day,
            orders: sales,
            sales,
            sold: usd(sold),
            refunded: usd(refunded),
            fees: usd(fees),
            pending: usd(sold - fees - refunded),
            held: usd(sold - refunded),
        }
    };
    let sums = async |seller, from, to| {
        let span = Span {
            from: Some(from),
            to: Some(to),
        };
        sum_sales(&s.app, seller, span).await.unwrap().unwrap()
    };
    let (tomorrow, later) = (today.plus(day), today.plus(2 * day));
    assert_eq!(
        sums(grace, today, later).await,
        [row(today, 2, 400), row(tomorrow, 1, 0)]
    );
    assert_eq!(sums(grace, tomorrow, later).await, [row(tomorrow, 1, 0)]);
    assert_eq!(sums(alan, today, later).await, [row(today, 1, 0)]);
    assert_eq!(sums(alan, tomorrow, later).await, []);
    // What is over is not pending, and a refund that is done gives back its share of the commission.
    let part = &s.stored(first.id).await.fulfilments[0];
    let done = Message::PartRefunded {
        refund: part.refunds[0].id,
        reversed: vec![(part.lines[0].id, 40)],
    };
    s.tell(first.id, done).await;
    refund(&s, &first, 1000).await;
    let expected = SalesDay {
        refunded: usd(1400),
        fees: usd(240),
        pending: usd(1400 - 140),
        held: usd(1400),
        ..row(today, 2, 0)
    };
    assert_eq!(sums(grace, today, tomorrow).await, [expected]);
    // Those of all sellers, of whom two have a part of the first order.
    let span = Span {
        from: Some(today),
        to: Some(later),
    };
    let (open, all) = sum_up(&s.app, span).await.unwrap();
    assert_eq!((open.to_review, open.undecided[1].count), (0, 0));
    let first = SalesDay {
        orders: 2,
        sales: 3,
        sold: usd(3 * 1400),
        refunded: usd(1400),
        fees: usd(240 + 140),
        pending: usd(2 * (1400 - 140)),
        held: usd(2 * 1400),
        day: today,
    };
    assert_eq!(all.unwrap(), [first, row(tomorrow, 1, 0)]);
}
