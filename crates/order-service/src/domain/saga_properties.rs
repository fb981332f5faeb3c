//! Random lives of an order: messages delivered in any order, twice, or lost; moves by anybody, of any quantity, at any time; crashes between
//! any two steps; deadlines, leases and timers running out at any moment. Whatever happens, each unit of money and stock ends where the
//! order says.

mod cases;
mod stock;
mod wallet;
mod world;

use contracts::reservations::Delivery;
use proptest::prelude::*;
use proptest::sample::Index;

use super::examples::*;
use super::*;
use stock::Hold;
use wallet::Payment;
use world::World;

#[derive(Debug, Clone)]
enum Step {
    Obey {
        at: Index,
        keep: bool,
    },
    Reply {
        at: Index,
        keep: bool,
    },
    LoseCommand {
        at: Index,
    },
    LoseReply {
        at: Index,
    },
    Wait {
        seconds: u32,
    },
    Operator(ReviewAction),
    /// The wallet that the money would go to becomes full, or has room again.
    Full(bool),
    Act(Act),
}

/// Somebody tries a move.
#[derive(Debug, Clone)]
struct Act {
    role: Role,
    name: MoveName,
    part: Index,
    line: Index,
    count: i64,
    amount: i64,
    /// All that is not shipped, or an amount; else some items.
    whole: bool,
    restock: Option<bool>,
    /// The process dies before the move is saved.
    crash: bool,
}

fn act() -> impl Strategy<Value = Act> {
    let role = prop_oneof![
        3 => Just(Role::Seller),
        2 => Just(Role::Buyer),
        2 => Just(Role::Admin),
        1 => Just(Role::Timer),
        1 => Just(Role::System),
    ];
    let what = (role, prop::sample::select(&MoveName::ALL[..]));
    let of = (any::<Index>(), any::<Index>(), 1i64..5, 1i64..600);
    let how = (
        any::<bool>(),
        any::<Option<bool>>(),
        prop::bool::weighted(0.1),
    );
    (what, of, how).prop_map(
        |((role, name), (part, line, count, amount), (whole, restock, crash))| Act {
            role,
            name,
            part,
            line,
            count,
            amount,
            whole,
            restock,
            crash,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let at = any::<Index>;
    let seconds = prop_oneof![
        4 => 1u32..30,
        3 => 60u32..200,
        2 => 800u32..2000,
        2 => 80_000u32..100_000,
        1 => 1_000_000u32..2_000_000,
    ];
    let operator = prop_oneof![Just(ReviewAction::Retry), Just(ReviewAction::Compensate)];
    prop_oneof![
        6 => (at(), any::<bool>()).prop_map(|(at, keep)| Step::Obey { at, keep }),
        6 => (at(), any::<bool>()).prop_map(|(at, keep)| Step::Reply { at, keep }),
        1 => at().prop_map(|at| Step::LoseCommand { at }),
        1 => at().prop_map(|at| Step::LoseReply { at }),
        3 => seconds.prop_map(|seconds| Step::Wait { seconds }),
        1 => any::<bool>().prop_map(Step::Full),
        1 => operator.prop_map(Step::Operator),
        8 => act().prop_map(Step::Act),
    ]
}

fn lines() -> impl Strategy<Value = Vec<Ordered>> {
    let delivery = prop_oneof![2 => Just(Delivery::Shipped), 1 => Just(Delivery::None)];
    prop::collection::vec((0usize..3, 1i64..500, 1i64..4, delivery), 1..6)
}

/// Mostly one that begins as usual, paid and its stock sold, so that its parts have a life.
fn beginning() -> impl Strategy<Value = bool> {
    prop::bool::weighted(0.7)
}

/// What any order has come to once everything has arrived and enough time has passed.
fn check_end(world: &World) {
    let order = &world.order;
    assert!(order.state.is_settled(), "{order:?}");
    assert!(!order.needs_review, "{order:?}");
    assert_eq!(order.due_at, None, "{order:?}");
    assert_eq!(world.wallet.escrow, 0);
    if !order.state.was_paid() {
        assert_ne!(world.wallet.payment, Payment::Debited);
        assert_eq!(world.wallet.buyer, 0);
        assert_eq!(world.stock.hold, Hold::Over, "held for ever");
        return;
    }
    let captured: i64 = order
        .fulfilments
        .iter()
        .map(|part| order.subtotal(part).unwrap().amount)
        .sum();
    assert_eq!(captured, order.total.amount);
    for part in &order.fulfilments {
        let paid = &world.wallet.parts[&part.id];
        assert!(part.refunds.is_empty() && part.returns.is_empty() && part.waiting.is_none());
        match part.status {
            FulfilmentStatus::Completed => {
                assert_eq!(part.money, Escrow::Released);
                assert!(paid.released);
            }
            FulfilmentStatus::Cancelled => {
                assert_eq!(paid.left(), 0);
                assert!(!paid.released);
            }
            FulfilmentStatus::Open | FulfilmentStatus::Shipped | FulfilmentStatus::Delivered => {
                panic!("for ever: {part:?}")
            }
        }
        for (line, touched) in order.lines_of(part) {
            let back = i64::from(touched.cancelled + touched.returned);
            let book = world.stock.books.get(&line.product);
            let gone = book.map_or(0, |book| book.restocked + book.written_off);
            match world.stock.hold {
                Hold::Sold => {
                    assert_eq!(book.unwrap().sold, i64::from(line.quantity));
                    assert_eq!(gone, back, "each item once");
                }
                // The lease had run out: all of it went back by that.
                Hold::Over => assert_eq!((gone, back), (0, line.quantity.into())),
                Hold::Held => panic!("held for ever"),
            }
        }
    }
}

fn is_empty(world: &World) -> bool {
    let wallet = &world.wallet;
    let sellers = wallet.sellers.values().all(|has| *has == 0);
    wallet.buyer == 0 && wallet.escrow == 0 && wallet.fees == 0 && sellers
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 4))]

    #[test]
    fn whatever_happens_each_unit_of_money_and_stock_ends_where_the_order_says(
        lines in lines(),
        funds in prop::bool::weighted(0.9),
        usual in beginning(),
        rate in 0i64..=10_000,
        steps in prop::collection::vec(step(), 0..80),
        pieces in prop::collection::vec(1i64..200, 0..6),
    ) {
        let mut world = World::new(&lines, funds, rate);
        if usual {
            world.deliver();
        }
        for step in &steps {
            world.run(step);
        }
        world.settle();
        check_end(&world);
        // What is left is refunded in any pieces: nothing is left on any account of the order.
        if world.order.state == OrderState::Paid {
            world.refund_all(&pieces);
            world.settle();
            check_end(&world);
            assert_eq!(world.order.state, OrderState::Refunded);
        }
        assert!(is_empty(&world));
    }

    #[test]
    fn an_order_that_was_never_paid_never_changes_again(lines in lines(), steps in prop::collection::vec(step(), 0..60), message in 0usize..11) {
        let mut world = World::new(&lines, false, 1000);
        for step in &steps {
            world.run(step);
        }
        world.settle();
        let fulfilment = world.order.fulfilments[0].id;
        let id = uuid::Uuid::from_u128(7);
        let refund = kernel::RefundId::from_uuid(id);
        let late = [
            Message::Debited { commissions: Vec::new() },
            Message::DebitDeclined(Reason::InsufficientFunds),
            Message::DebitCancelled,
            Message::PartRefunded { refund, reversed: Vec::new() },
            Message::PartReleased { fulfilment },
            Message::PartRefused { fulfilment, refund: None, reason: PartRefusal::DoesNotFit },
            Message::ReservationExpired,
            Message::PaymentRefused,
            Message::BalanceLimit,
            Message::StockReturned { id },
            Message::Review(ReviewAction::Compensate, admin()),
        ];
        prop_assert_eq!(on(&world.order, &late[message], world.now, &TIMING), Change::Ignored);
    }
}
