//! The saga over random interleavings: messages delivered in any order, twice, or lost, deadlines and leases running out at any
//! moment. Whatever happens, money and stock end where the order's state says.

use std::time::Duration;

use kernel::{
    Currency, IdSource, Money, OrderId, ProductId, Quantity, SystemIds, Timestamp, UserId,
};
use proptest::prelude::*;

use super::*;

const TIMING: Timing = Timing {
    payment_deadline: Duration::from_secs(120),
    resend_after: Duration::from_secs(10),
    review_after: Duration::from_secs(900),
    release_after: Duration::from_secs(86_400),
};

/// What the wallet knows of the order: the rules of the ledger, without the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Payment {
    Unknown,
    Debited,
    Declined,
    Tombstone,
    Reversed,
    Refunded,
    Released,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    Held,
    Sold,
    Returned,
}

struct World {
    order: Order,
    payment: Payment,
    hold: Hold,
    funds: bool,
    /// Whether the wallet that money has to go to has no room for it.
    full: bool,
    now: Timestamp,
    commands: Vec<Command>,
    replies: Vec<Message>,
    debits: u32,
}

impl World {
    fn new(funds: bool) -> Self {
        let ids = SystemIds::default();
        let price = Money::new(500, Currency::USD);
        let line = OrderLine {
            product: ProductId::new(&ids),
            seller: UserId::new(&ids),
            name: "thing".to_owned(),
            unit_price: price,
            quantity: Quantity::new(1).unwrap(),
        };
        let now = Timestamp::from_millis(1_700_000_000_000);
        let order = Order::place(
            OrderId::from_uuid(ids.next()),
            UserId::new(&ids),
            vec![line],
            price,
            None,
            now,
            &TIMING,
        );
        Self {
            order,
            payment: Payment::Unknown,
            hold: Hold::Held,
            funds,
            full: false,
            now,
            commands: vec![Command::DebitForOrder],
            replies: Vec::new(),
            debits: 0,
        }
    }

    fn tell(&mut self, message: Message) {
        if let Change::To(order, command) = on(&self.order, message, self.now, &TIMING) {
            assert_ne!(*order, self.order);
            let seen = |order: &Order| (order.state, order.reason);
            assert_eq!(
                order.version > self.order.version,
                seen(&order) != seen(&self.order)
            );
            assert!(
                !self.order.state.is_settled() || self.order.state == OrderState::Paid,
                "a settled order changed"
            );
            self.order = *order;
            self.commands.extend(command);
        }
    }

    /// The other services do what they are told, as their own rules have it.
    fn obey(&mut self, command: Command) {
        let reply = match (command, self.payment) {
            (Command::DebitForOrder, Payment::Unknown) if self.funds => {
                self.payment = Payment::Debited;
                self.debits += 1;
                Some(Message::Debited)
            }
            (Command::DebitForOrder, Payment::Unknown) => {
                self.payment = Payment::Declined;
                Some(Message::DebitDeclined(Reason::InsufficientFunds))
            }
            (Command::DebitForOrder, Payment::Declined) => {
                Some(Message::DebitDeclined(Reason::InsufficientFunds))
            }
            (Command::DebitForOrder, Payment::Tombstone | Payment::Reversed) => {
                Some(Message::DebitCancelled)
            }
            (Command::DebitForOrder, _) => Some(Message::Debited),
            (Command::CancelOrderDebit, Payment::Unknown) => {
                self.payment = Payment::Tombstone;
                Some(Message::DebitCancelled)
            }
            (
                Command::CancelOrderDebit | Command::RefundOrder | Command::ReleaseEscrow,
                Payment::Debited,
            ) if self.full => Some(Message::BalanceLimit),
            (Command::CancelOrderDebit, Payment::Debited) => {
                self.payment = Payment::Reversed;
                Some(Message::DebitCancelled)
            }
            (Command::CancelOrderDebit, _) => Some(Message::DebitCancelled),
            (Command::RefundOrder, Payment::Debited | Payment::Refunded) => {
                self.payment = Payment::Refunded;
                Some(Message::Refunded)
            }
            (Command::ReleaseEscrow, Payment::Debited | Payment::Released) => {
                self.payment = Payment::Released;
                Some(Message::EscrowReleased)
            }
            (Command::RefundOrder | Command::ReleaseEscrow, _) => Some(Message::PaymentRefused),
            (Command::ConfirmReservation, _) => match self.hold {
                Hold::Held | Hold::Sold => {
                    self.hold = Hold::Sold;
                    Some(Message::ReservationConfirmed)
                }
                Hold::Returned => Some(Message::ReservationExpired),
            },
            (Command::ReleaseReservation, _) => {
                if self.hold == Hold::Held {
                    self.hold = Hold::Returned;
                }
                None
            }
        };
        self.replies.extend(reply);
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Obey { at, keep } if !self.commands.is_empty() => {
                let at = at.index(self.commands.len());
                let command = self.commands[at];
                if !keep {
                    self.commands.swap_remove(at);
                }
                self.obey(command);
            }
            Step::Reply { at, keep } if !self.replies.is_empty() => {
                let at = at.index(self.replies.len());
                let reply = self.replies[at];
                if !keep {
                    self.replies.swap_remove(at);
                }
                self.tell(reply);
            }
            Step::LoseReply { at } if !self.replies.is_empty() => {
                let at = at.index(self.replies.len());
                // The bus loses nothing but what a resend brings back; an expiry is told until it is heard.
                if self.replies[at] != Message::ReservationExpired {
                    self.replies.swap_remove(at);
                }
            }
            Step::Obey { .. } | Step::Reply { .. } | Step::LoseReply { .. } => {}
            Step::Wait { seconds } => {
                self.now = self.now.plus(Duration::from_secs(u64::from(*seconds)));
                if self.now.since(self.order.created_at) > Duration::from_secs(900)
                    && self.hold == Hold::Held
                {
                    self.hold = Hold::Returned;
                }
                self.tell(Message::Tick);
            }
            Step::Operator(action) => self.tell(Message::Review(*action)),
            Step::Full(full) => self.full = *full,
        }
        self.check();
    }

    /// Holds at every moment.
    fn check(&self) {
        assert!(self.debits <= 1, "debited twice");
        if matches!(
            self.order.state,
            OrderState::Declined | OrderState::Cancelled | OrderState::Refunded
        ) {
            assert!(
                !matches!(self.payment, Payment::Debited | Payment::Released),
                "{:?} but {:?}",
                self.order.state,
                self.payment
            );
            assert_eq!(self.order.due_at, None);
        }
        if self.payment == Payment::Released {
            assert!(
                self.hold == Hold::Sold,
                "a seller was paid for what went back"
            );
        }
        if self.order.state == OrderState::Paid {
            assert!(matches!(self.payment, Payment::Debited | Payment::Released));
        }
        if !self.order.state.is_settled() {
            assert!(
                self.order.due_at.is_some() || self.order.needs_review,
                "nothing will ever move it"
            );
        }
    }

    /// Everything in flight arrives.
    fn deliver(&mut self) {
        while let Some(command) = self.commands.pop() {
            self.obey(command);
        }
        while let Some(reply) = self.replies.pop() {
            self.tell(reply);
        }
    }

    /// Everything in flight arrives, time goes on, nothing is lost any more, and each wallet has room.
    fn settle(&mut self) {
        self.full = false;
        for _ in 0..60 {
            self.deliver();
            self.run(&Step::Wait { seconds: 2000 });
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Obey {
        at: prop::sample::Index,
        keep: bool,
    },
    Reply {
        at: prop::sample::Index,
        keep: bool,
    },
    LoseReply {
        at: prop::sample::Index,
    },
    Wait {
        seconds: u16,
    },
    Operator(ReviewAction),
    /// The wallet that the money would go to becomes full, or has room again.
    Full(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<bool>()).prop_map(|(at, keep)| Step::Obey { at, keep }),
        4 => (at(), any::<bool>()).prop_map(|(at, keep)| Step::Reply { at, keep }),
        1 => at().prop_map(|at| Step::LoseReply { at }),
        3 => prop_oneof![1u16..30, 60u16..200, 800u16..2000].prop_map(|seconds| Step::Wait { seconds }),
        1 => any::<bool>().prop_map(Step::Full),
        1 => prop_oneof![Just(ReviewAction::Retry), Just(ReviewAction::Compensate)].prop_map(Step::Operator),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases * 8))]

    #[test]
    fn whatever_happens_money_and_stock_end_where_the_state_says(funds: bool, steps in prop::collection::vec(step(), 0..60)) {
        let mut world = World::new(funds);
        for step in &steps {
            world.run(step);
        }
        world.settle();
        prop_assert!(world.order.state.is_settled(), "{:?}", world.order);
        match world.order.state {
            OrderState::Paid => {
                prop_assert!(matches!(world.payment, Payment::Debited | Payment::Released));
                prop_assert!(world.hold == Hold::Sold && world.order.confirmed, "paid for what is not sold");
            }
            OrderState::Declined | OrderState::Cancelled | OrderState::Refunded => {
                prop_assert!(matches!(world.payment, Payment::Declined | Payment::Tombstone | Payment::Reversed | Payment::Refunded | Payment::Unknown));
                prop_assert!(world.hold != Hold::Held, "held for ever");
            }
            OrderState::Pending | OrderState::Cancelling | OrderState::Refunding => unreachable!(),
        }
    }

    #[test]
    fn a_settled_order_that_is_not_paid_never_changes_again(steps in prop::collection::vec(step(), 0..60), message in 0usize..8) {
        let mut world = World::new(false);
        for step in &steps {
            world.run(step);
        }
        world.settle();
        let late = [
            Message::Debited, Message::DebitDeclined(Reason::InsufficientFunds), Message::DebitCancelled, Message::Refunded,
            Message::EscrowReleased, Message::ReservationExpired, Message::PaymentRefused,
            Message::BalanceLimit,
        ];
        prop_assert_eq!(on(&world.order, late[message], world.now, &TIMING), Change::Ignored);
    }
}

#[test]
fn an_unpaid_order_is_cancelled_only_after_the_wallet_has_said_that_no_debit_stands() {
    let mut world = World::new(true);
    world.run(&Step::Wait { seconds: 130 });
    assert_eq!(world.order.state, OrderState::Cancelling);
    world.tell(Message::Debited);
    assert_eq!(world.order.state, OrderState::Cancelling);
    world.tell(Message::DebitCancelled);
    assert_eq!(
        (world.order.state, world.order.reason),
        (OrderState::Cancelled, Some(Reason::PaymentTimeout))
    );
}

#[test]
fn an_order_that_no_answer_comes_for_is_flagged_for_review_after_fifteen_minutes_and_still_resent()
{
    let mut world = World::new(true);
    world.run(&Step::Wait { seconds: 130 });
    for _ in 0..40 {
        world.run(&Step::Wait { seconds: 60 });
    }
    assert!(world.order.needs_review);
    assert!(
        world
            .commands
            .iter()
            .filter(|command| **command == Command::CancelOrderDebit)
            .count()
            > 3
    );
    world.settle();
    assert_eq!(world.order.state, OrderState::Cancelled);
    assert!(!world.order.needs_review);
}

#[test]
fn a_sale_whose_lease_ran_out_is_refunded() {
    let mut world = World::new(true);
    world.hold = Hold::Returned;
    world.settle();
    assert_eq!(
        (world.order.state, world.payment),
        (OrderState::Refunded, Payment::Refunded)
    );
}

#[test]
fn money_that_a_full_wallet_refuses_is_sent_again_until_there_is_room_while_an_operator_sees_it() {
    let mut world = World::new(true);
    world.full = true;
    // Debited, then confirmed: only the release is left.
    world.deliver();
    world.deliver();
    for _ in 0..10 {
        world.deliver();
        world.run(&Step::Wait { seconds: 20_000 });
    }
    assert_eq!(world.payment, Payment::Debited);
    assert!(world.order.needs_review && world.order.due_at.is_some());
    world.settle();
    assert!(!world.order.needs_review);
    assert_eq!(world.payment, Payment::Released);
}
