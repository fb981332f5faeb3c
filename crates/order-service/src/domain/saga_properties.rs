//! Random lives of an order: messages delivered in any order, twice, or lost; moves by any party, of any quantity, at any time, twice;
//! returns and disputes; crashes between any two steps; deadlines, leases and timers running out at any moment. Whatever happens, each unit
//! of money and stock ends where the order says.

mod acts;
mod cases;
mod checks;
mod stock;
mod wallet;
mod world;

use std::collections::HashSet;

use contracts::reservations::{Delivery, ReturnPolicy};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

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

/// An attempted move.
#[derive(Debug, Clone)]
struct Act {
    role: Role,
    /// Which of the moves.
    name: Index,
    /// Only of those that the table allows them now, if there are any.
    fitting: bool,
    part: Index,
    line: Index,
    count: i64,
    amount: i64,
    /// All that is not shipped, or an amount; else some items.
    whole: bool,
    restock: Option<bool>,
    runs: Runs,
}

/// How often a move comes to be made.
#[derive(Debug, Clone, Copy)]
enum Runs {
    /// The process dies before it is saved.
    Never,
    Once,
    Twice,
}

fn act() -> impl Strategy<Value = Act> {
    let role = prop_oneof![
        3 => Just(Role::Seller),
        2 => Just(Role::Buyer),
        2 => Just(Role::Admin),
        1 => Just(Role::Timer),
        1 => Just(Role::System),
    ];
    let what = (role, any::<Index>(), prop::bool::weighted(0.8));
    let of = (any::<Index>(), any::<Index>(), 1i64..5, 1i64..600);
    let how = (
        any::<bool>(),
        any::<Option<bool>>(),
        prop_oneof![1 => Just(Runs::Never), 8 => Just(Runs::Once), 1 => Just(Runs::Twice)],
    );
    (what, of, how).prop_map(
        |((role, name, fitting), (part, line, count, amount), (whole, restock, runs))| Act {
            role,
            name,
            fitting,
            part,
            line,
            count,
            amount,
            whole,
            restock,
            runs,
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
        12 => act().prop_map(Step::Act),
    ]
}

fn lines() -> impl Strategy<Value = Vec<Ordered>> {
    let delivery = prop_oneof![2 => Just(Delivery::Shipped), 1 => Just(Delivery::None)];
    prop::collection::vec((0usize..3, 1i64..500, 1i64..4, delivery), 1..6)
}

/// How a life begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Placed,
    /// Paid and its stock sold, so that its parts have a life.
    Sold,
    /// All of it shipped and delivered, so that it can be returned.
    Delivered,
}

fn beginning() -> impl Strategy<Value = Beginning> {
    prop_oneof![
        3 => Just(Beginning::Placed),
        3 => Just(Beginning::Sold),
        4 => Just(Beginning::Delivered),
    ]
}

/// What a seller takes back.
fn policy() -> impl Strategy<Value = ReturnPolicy> {
    let accepted = prop::bool::weighted(0.8);
    (accepted, prop::option::of(0u16..40)).prop_map(|(accepted, window_days)| ReturnPolicy {
        accepted,
        window_days,
    })
}

/// An order, and what becomes of it.
#[derive(Debug, Clone)]
struct Life {
    lines: Vec<Ordered>,
    funds: bool,
    beginning: Beginning,
    /// Hundredths of a percent.
    rate: i64,
    policies: Vec<ReturnPolicy>,
    steps: Vec<Step>,
}

fn life() -> impl Strategy<Value = Life> {
    let order = (lines(), prop::bool::weighted(0.9), 0i64..=10_000);
    let policies = prop::collection::vec(policy(), 3);
    let steps = prop::collection::vec(step(), 0..80);
    (order, beginning(), policies, steps).prop_map(
        |((lines, funds, rate), beginning, policies, steps)| Life {
            lines,
            funds,
            beginning,
            rate,
            policies,
            steps,
        },
    )
}

/// Lives it until nothing more happens by itself.
fn lived(life: &Life) -> World {
    let mut world = World::new(&life.lines, life.funds, life.rate);
    for (part, policy) in world.order.fulfilments.iter_mut().zip(&life.policies) {
        part.return_policy = *policy;
    }
    match life.beginning {
        Beginning::Placed => {}
        Beginning::Sold => world.deliver(),
        Beginning::Delivered => {
            world.deliver();
            world.ship_all();
        }
    }
    for step in &life.steps {
        world.run(step);
    }
    world.settle();
    world
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
        assert!(part.refunds.is_empty() && part.stock_returns.is_empty() && part.waiting.is_none());
        assert!(
            part.open_return().is_none() && part.open_dispute().is_none(),
            "open for ever: {part:?}"
        );
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
            let book = world.stock.books.get(&line.article());
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

#[test]
fn the_random_lives_have_every_move_and_every_end_of_a_case_in_them() {
    use Happened::{
        ApproveReturn, Cancel, Compensate, Complete, Deliver, DenyReturn, ExpireReturn,
        OpenDispute, ReceiveReturn, Refund, RequestReturn, ReservationExpired, ResolveDispute,
        Ship, WithdrawDispute, WithdrawReturn,
    };
    let mut runner = TestRunner::deterministic();
    let mut missing = vec![
        Ship,
        Deliver,
        Cancel,
        Refund,
        RequestReturn,
        ApproveReturn,
        DenyReturn,
        ReceiveReturn,
        WithdrawReturn,
        ExpireReturn,
        OpenDispute,
        ResolveDispute,
        WithdrawDispute,
        Complete,
        ReservationExpired,
        Compensate,
    ];
    let (mut ends, mut outcomes) = (HashSet::new(), HashSet::new());
    let (mut restocked, mut written_off) = (0, 0);
    for _ in 0..400 {
        let life = life().new_tree(&mut runner).unwrap().current();
        let world = lived(&life);
        let happened = world.happened();
        missing.retain(|what| !happened.contains(what));
        for part in &world.order.fulfilments {
            ends.extend(part.returns.iter().map(|back| back.status));
            outcomes.extend(part.disputes.iter().map(|one| (one.status, one.outcome)));
        }
        restocked += world
            .stock
            .books
            .values()
            .map(|book| book.restocked)
            .sum::<i64>();
        written_off += world
            .stock
            .books
            .values()
            .map(|book| book.written_off)
            .sum::<i64>();
    }
    assert_eq!(missing, []);
    assert_eq!(ends.len(), 5, "{ends:?}");
    assert_eq!(outcomes.len(), 4, "{outcomes:?}");
    assert!(restocked > 0 && written_off > 0);
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
        life in life(),
        pieces in prop::collection::vec(1i64..200, 0..6),
    ) {
        let mut world = lived(&life);
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
