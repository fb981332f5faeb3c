//! What time does to the parts of an order: the moves of the table that a timer makes, and resends.

use kernel::{MessageId, RefundId, Timestamp};

use super::draft::Draft;
use super::fact::{Actor, Role};
use super::fulfilment::Fulfilment;
use super::moves::{Move, Row, TABLE, Timer};
use super::order::Order;
use super::timing::Timing;

/// Most moves that timers make in a part at once. Each takes away what made it due: a package arrives once, a part is late once, its open
/// return expires once, and it is over once.
const MAX_MOVES: usize = Fulfilment::MAX_SHIPMENTS + 3;

impl Timer {
    /// When it makes its move in a part, if its row applies.
    #[must_use]
    pub fn due(self, order: &Order, part: &Fulfilment, timing: &Timing) -> Option<Timestamp> {
        match self {
            Self::ShipWithin => part.ship_by,
            Self::DeliverAfter => part
                .next_arrival()
                .map(|package| package.shipped_at.plus(timing.deliver_after)),
            Self::ReturnExpires => part.open_return()?.expires_at,
            Self::WindowOver => order.release_at(part, timing),
        }
    }

    /// The move that it makes.
    fn wanted(self, part: &Fulfilment) -> Option<Move> {
        match self {
            // A part is late once, so that its id and the word make the id of that refund.
            Self::ShipWithin => Some(Move::Cancel {
                items: None,
                reason: None,
                refund: own_refund(part, "late"),
            }),
            Self::DeliverAfter => part.next_arrival().map(|package| Move::Deliver {
                shipment: package.id,
                note: None,
            }),
            Self::ReturnExpires => part
                .open_return()
                .map(|back| Move::ExpireReturn { id: back.id }),
            Self::WindowOver => Some(Move::Complete),
        }
    }
}

/// The id of a refund that no request gave an id to. `step` happens once in the life of a part.
pub(super) fn own_refund(part: &Fulfilment, step: &str) -> RefundId {
    MessageId::of_subject(part.id.as_uuid(), step)
        .as_uuid()
        .into()
}

impl Fulfilment {
    /// The package that was shipped first of those that have not arrived.
    fn next_arrival(&self) -> Option<&super::Shipment> {
        let underway = self.shipments.iter();
        underway
            .filter(|package| package.delivered_at.is_none())
            .min_by_key(|package| package.shipped_at)
    }
}

/// The rows that a timer may act on in a part, and when it does.
fn timed<'a>(
    order: &'a Order,
    part: &'a Fulfilment,
    now: Timestamp,
    timing: &'a Timing,
) -> impl Iterator<Item = (Timestamp, Timer)> {
    TABLE
        .iter()
        .filter(move |row| row.who.contains(&Role::Timer) && row.applies(order, part, now, timing))
        .filter_map(move |Row { timer, .. }| {
            let timer = (*timer)?;
            Some((timer.due(order, part, timing)?, timer))
        })
}

impl Order {
    /// When one of its parts has to act without a message, if at all.
    pub(super) fn next_timer(&self, now: Timestamp, timing: &Timing) -> Option<Timestamp> {
        let of_part = |part: &Fulfilment| {
            let moves = timed(self, part, now, timing).map(|(due, _)| due).min();
            let resend = part.waiting.and_then(|waiting| waiting.resend_at);
            moves.into_iter().chain(resend).min()
        };
        self.fulfilments.iter().filter_map(of_part).min()
    }
}

impl Draft<'_> {
    /// Lets the parts do what is due: resends first, then moves, one after the other.
    pub(super) fn tick_parts(&mut self) {
        let (now, timing) = (self.now, self.timing);
        for part in &mut self.order.fulfilments {
            let resend_at = part.waiting.and_then(|waiting| waiting.resend_at);
            if resend_at.is_some_and(|at| at <= now) {
                let again = part.resend(now, timing);
                self.commands.extend(again);
            }
        }
        let parts: Vec<_> = self.order.fulfilments.iter().map(|part| part.id).collect();
        for id in parts {
            for _ in 0..MAX_MOVES {
                let Some(wanted) = self.due_move(id) else {
                    break;
                };
                if self.make(id, &wanted, Actor::TIMER).is_err() {
                    break;
                }
            }
        }
    }

    fn due_move(&self, id: kernel::FulfilmentId) -> Option<Move> {
        let part = self.order.fulfilment(id)?;
        let (_, timer) = timed(&self.order, part, self.now, self.timing)
            .filter(|(due, _)| *due <= self.now)
            .min_by_key(|(due, _)| *due)?;
        timer.wanted(part)
    }
}
