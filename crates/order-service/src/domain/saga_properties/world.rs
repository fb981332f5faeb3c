//! An order among the other services: what it sends and hears travels as messages, which the bus delivers in any order, twice or late.

use std::time::Duration;

use contracts::Envelope;
use kernel::Timestamp;

use super::Step;
use super::stock::{Hold, Stock};
use super::wallet::Wallet;
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
    pub(super) facts: Vec<Fact>,
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
    pub(super) fn save(&mut self, moved: Moved) {
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
                // No client waits for the answer to this one. The outbox keeps it until it is delivered.
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

    /// Everything in flight arrives, time goes on, nothing is lost any more, each wallet has room, and people answer.
    pub(super) fn settle(&mut self) {
        self.wallet.full = false;
        // A part takes at most so long: to arrive, to be returned and to be disputed.
        for _ in 0..100 {
            while !self.commands.is_empty() || !self.replies.is_empty() {
                self.deliver();
            }
            self.answer_cases();
            self.run(&Step::Wait { seconds: 86_400 });
            let is_quiet = self.commands.is_empty() && self.order.due_at.is_none();
            if is_quiet && !self.has_open_case() {
                break;
            }
        }
    }
}
