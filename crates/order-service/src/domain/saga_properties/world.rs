//! An order among the other services: what it sends and hears travels as messages, which the bus delivers in any order, twice or late.

use std::time::Duration;

use contracts::Envelope;
use kernel::{LineId, Quantity, RefundId, ShipmentId, SystemIds, Timestamp};

use super::stock::{Hold, Stock};
use super::wallet::{Payment, Wallet};
use super::{Act, Step};
use crate::domain::examples::*;
use crate::domain::*;
use crate::events::{open, seal};

pub(super) struct World {
    pub(super) order: Order,
    pub(super) wallet: Wallet,
    pub(super) stock: Stock,
    pub(super) now: Timestamp,
    pub(super) commands: Vec<Envelope>,
    replies: Vec<Envelope>,
    facts: Vec<Fact>,
}

impl World {
    pub(super) fn new(lines: &[Ordered], funds: bool, rate: i64) -> Self {
        let order = placed(lines);
        let debit = seal(&order, Command::DebitForOrder, start()).unwrap();
        Self {
            wallet: Wallet::new(order.id, funds, rate),
            stock: Stock::of(&order),
            order,
            now: start(),
            commands: vec![debit],
            replies: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Saves what became of the order: as one transaction does.
    fn save(&mut self, moved: Moved) {
        let Moved {
            order,
            commands,
            facts,
        } = moved;
        self.compare(&order);
        self.order = *order;
        for command in commands {
            let sealed = seal(&self.order, command, self.now).unwrap();
            // The outbox has each message once.
            if self.commands.iter().all(|waiting| waiting.id != sealed.id) {
                self.commands.push(sealed);
            }
        }
        self.facts.extend(facts);
    }

    /// Versions rise with what readers see.
    fn compare(&self, after: &Order) {
        let before = &self.order;
        let seen = |order: &Order| (order.state, order.reason);
        let parts = |order: &Order| {
            let parts = order.fulfilments.iter();
            let seen =
                |part: &Fulfilment| (part.status, part.lines.clone(), part.shipments.clone());
            parts.map(seen).collect::<Vec<_>>()
        };
        let changed = seen(before) != seen(after) || parts(before) != parts(after);
        let rose = after.version - before.version;
        assert!(rose == 1 || (rose == 0 && !changed), "{rose}");
        if before.state.was_paid() {
            for (one, other) in before.fulfilments.iter().zip(&after.fulfilments) {
                let changed = one.status != other.status
                    || one.lines != other.lines
                    || one.shipments != other.shipments;
                let rose = other.version - one.version;
                assert!(rose == 1 || (rose == 0 && !changed), "{rose}");
            }
        }
    }

    /// The order hears a message of its own.
    pub(super) fn hear(&mut self, message: &Message) {
        if let Change::To(moved) = on(&self.order, message, self.now, &TIMING) {
            self.save(moved);
        }
    }

    /// The order hears what a service says.
    pub(super) fn tell(&mut self, reply: &Envelope) {
        let (order, message) = open(reply).unwrap();
        assert_eq!(order, self.order.id);
        if message.is_noted() {
            if self.order.handled.contains(&reply.id) {
                return;
            }
            self.order.handled.push(reply.id);
        }
        self.hear(&message);
    }

    /// The other services do what they are told, as their own rules have it.
    fn obey(&mut self, command: &Envelope) {
        let reply = self
            .wallet
            .obey(command)
            .or_else(|| self.stock.obey(command));
        self.replies.extend(reply);
    }

    pub(super) fn run(&mut self, step: &Step) {
        match step {
            Step::Obey { at, keep } if !self.commands.is_empty() => {
                let at = at.index(self.commands.len());
                let command = self.commands[at].clone();
                if !keep {
                    self.commands.swap_remove(at);
                }
                self.obey(&command);
            }
            Step::Reply { at, keep } if !self.replies.is_empty() => {
                let at = at.index(self.replies.len());
                let reply = self.replies[at].clone();
                if !keep {
                    self.replies.swap_remove(at);
                }
                self.tell(&reply);
            }
            Step::LoseCommand { at } if !self.commands.is_empty() => {
                let at = at.index(self.commands.len());
                // Nobody waits for the answer to this one. The outbox keeps it until it is delivered.
                if !self.commands[at].name.ends_with("ReleaseReservation") {
                    self.commands.swap_remove(at);
                }
            }
            Step::LoseReply { at } if !self.replies.is_empty() => {
                let at = at.index(self.replies.len());
                self.replies.swap_remove(at);
            }
            Step::Obey { .. }
            | Step::Reply { .. }
            | Step::LoseReply { .. }
            | Step::LoseCommand { .. } => {}
            Step::Wait { seconds } => {
                self.now = self.now.plus(Duration::from_secs(u64::from(*seconds)));
                if self.now.since(self.order.created_at) > Duration::from_secs(900)
                    && self.stock.hold == Hold::Held
                {
                    self.stock.hold = Hold::Over;
                }
                self.hear(&Message::Tick);
            }
            Step::Operator(action) => self.hear(&Message::Review(*action, admin())),
            Step::Full(full) => self.wallet.full = *full,
            Step::Act(act) => self.act(act),
        }
        self.check();
    }

    /// Somebody tries a move. A crash before the commit leaves nothing of it.
    fn act(&mut self, act: &Act) {
        let part = &self.order.fulfilments[act.part.index(self.order.fulfilments.len())];
        let line = part.lines[act.line.index(part.lines.len())].id;
        let actor = match act.role {
            Role::Buyer => buyer_of(&self.order),
            Role::Seller => seller_of(part),
            Role::Admin => admin(),
            Role::Timer => Actor::TIMER,
            Role::System => Actor::SYSTEM,
        };
        let wanted = act.wanted(part, line);
        let made = make_move(&self.order, part.id, &wanted, &actor, self.now, &TIMING);
        if let (Ok(moved), false) = (made, act.crash) {
            self.save(moved);
        }
    }

    /// Holds at every moment.
    fn check(&self) {
        self.wallet.check();
        let order = &self.order;
        for part in &order.fulfilments {
            for (line, touched) in order.lines_of(part) {
                let ordered = line.quantity.get();
                assert!(touched.shipped + touched.cancelled <= ordered);
                assert!(touched.refunded <= ordered);
                assert!(touched.cancelled + touched.returned <= touched.refunded);
                assert!((0..=line.total().unwrap().amount).contains(&touched.refunded_amount));
                self.check_money(part, touched);
            }
            let is_asking = part.outstanding().next().is_some();
            let resends = part
                .waiting
                .is_some_and(|waiting| waiting.resend_at.is_some());
            assert_eq!(is_asking, resends, "{part:?}");
        }
        let parts_need_it = order.fulfilments.iter().any(|part| part.needs_review);
        assert_eq!(order.needs_review, order.stuck || parts_need_it);
        let waits = !order.state.is_settled()
            || order.fulfilments.iter().any(|part| part.waiting.is_some());
        assert!(
            !waits || order.due_at.is_some(),
            "nothing will ever move it: {order:?}"
        );
        if matches!(order.state, OrderState::Declined | OrderState::Cancelled) {
            assert_ne!(self.wallet.payment, Payment::Debited);
            assert_eq!(order.due_at, None);
        }
        if order.state.was_paid() {
            assert_eq!(self.wallet.payment, Payment::Debited);
            let refunds = order
                .fulfilments
                .iter()
                .any(|part| !part.refunds.is_empty());
            let is_empty = order
                .fulfilments
                .iter()
                .all(|part| order.left_of(part).amount == 0);
            let state = match (is_empty, refunds) {
                (false, _) => OrderState::Paid,
                (true, true) => OrderState::Refunding,
                (true, false) => OrderState::Refunded,
            };
            assert_eq!(order.state, state);
        }
        self.check_timeline();
    }

    /// The order has reserved what the wallet refunds, no more and no less.
    fn check_money(&self, part: &Fulfilment, touched: &PartLine) {
        let pending: i64 = part
            .refunds
            .iter()
            .flat_map(|refund| &refund.lines)
            .filter(|line| line.line == touched.id)
            .map(|line| line.amount)
            .sum();
        let Some(paid) = self.wallet.parts.get(&part.id) else {
            return;
        };
        let of = paid
            .lines
            .iter()
            .find(|line| line.id == touched.id)
            .unwrap();
        assert!(of.refunded <= touched.refunded_amount);
        assert!(of.refunded >= touched.refunded_amount - pending);
        if pending == 0 && self.order.state.was_paid() {
            assert_eq!(
                (of.refunded, of.reversed),
                (touched.refunded_amount, touched.reversed)
            );
            assert_eq!(of.commission, touched.commission);
        }
    }

    /// Facts are numbered in sequence, whether they have a record or not.
    fn check_timeline(&self) {
        let own = self.order.own_facts();
        let mut numbers: Vec<u32> = own
            .iter()
            .chain(&self.facts)
            .map(|fact| fact.number)
            .collect();
        numbers.sort_unstable();
        let is_paid = self.order.state.was_paid();
        let expected: Vec<u32> = if is_paid {
            (0..self.order.facts).collect()
        } else {
            (0..).take(numbers.len()).collect()
        };
        assert_eq!(numbers, expected);
    }

    /// Everything in flight arrives.
    pub(super) fn deliver(&mut self) {
        while let Some(command) = self.commands.pop() {
            self.obey(&command);
            while let Some(reply) = self.replies.pop() {
                self.tell(&reply);
            }
        }
        while let Some(reply) = self.replies.pop() {
            self.tell(&reply);
        }
    }

    /// Everything in flight arrives, time goes on, nothing is lost any more, and each wallet has room.
    pub(super) fn settle(&mut self) {
        self.wallet.full = false;
        for _ in 0..60 {
            while !self.commands.is_empty() || !self.replies.is_empty() {
                self.deliver();
            }
            self.run(&Step::Wait { seconds: 86_400 });
        }
    }

    /// Refunds what is left of each part, in pieces.
    pub(super) fn refund_all(&mut self, pieces: &[i64]) {
        for id in self
            .order
            .fulfilments
            .iter()
            .map(|part| part.id)
            .collect::<Vec<_>>()
        {
            for piece in pieces.iter().copied().chain([i64::MAX]) {
                let part = self.order.fulfilment(id).unwrap();
                let left = self.order.left_of(part).amount;
                if left == 0 {
                    break;
                }
                let wanted = refund(amount(piece.min(left)), None);
                let made = make_move(
                    &self.order,
                    id,
                    &wanted,
                    &seller_of(part),
                    self.now,
                    &TIMING,
                );
                self.save(made.unwrap());
                self.deliver();
            }
        }
    }
}

impl Act {
    fn wanted(&self, part: &Fulfilment, line: LineId) -> Move {
        let ids = SystemIds::default();
        let some = vec![(line, Quantity::new(self.count).unwrap())];
        match self.name {
            MoveName::Ship => ship(some),
            MoveName::Deliver => Move::Deliver {
                shipment: match part.shipments.len() {
                    0 => ShipmentId::new(&ids),
                    packages => part.shipments[self.line.index(packages)].id,
                },
                note: None,
            },
            MoveName::Cancel => cancel((!self.whole).then_some(some)),
            MoveName::Refund => Move::Refund {
                id: RefundId::new(&ids),
                what: if self.whole {
                    amount(self.amount)
                } else {
                    RefundOf::Items(some)
                },
                reason: None,
                restock: self.restock,
            },
            MoveName::Complete => Move::Complete,
        }
    }
}
