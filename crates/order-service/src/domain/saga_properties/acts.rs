//! What people do with the parts of an order.

use kernel::{FulfilmentId, LineId, Money, Quantity, RefundId, ShipmentId, SystemIds};

use super::world::World;
use super::{Act, Runs};
use crate::domain::examples::*;
use crate::domain::*;

impl World {
    /// Tries a move. A crash before the commit leaves no trace of it.
    pub(super) fn act(&mut self, act: &Act) {
        let part = &self.order.fulfilments[act.part.index(self.order.fulfilments.len())];
        let actor = match act.role {
            Role::Buyer => buyer_of(&self.order),
            Role::Seller => seller_of(part),
            Role::Admin => admin(),
            Role::Timer => Actor::TIMER,
            Role::System => Actor::SYSTEM,
        };
        let allowed = allowed(&self.order, part, act.role, self.now, &TIMING);
        let name = if act.fitting && !allowed.is_empty() {
            allowed[act.name.index(allowed.len())]
        } else {
            MoveName::ALL[act.name.index(MoveName::ALL.len())]
        };
        let (id, wanted) = (
            part.id,
            act.wanted(name, part, self.of_line(act, name, part)),
        );
        // A move that names an existing thing can be repeated. A move that creates one has a new id each time.
        let runs = match act.runs {
            Runs::Never => 0,
            Runs::Once => 1,
            Runs::Twice => 1 + usize::from(wanted.is_about_a_case()),
        };
        for _ in 0..runs {
            let made = make_move(&self.order, id, &wanted, &actor, self.now, &TIMING);
            if let Ok(moved) = made {
                self.save(moved);
            }
        }
    }

    /// The items that a move is about. Those that go back fit what is there, if the move does: else next to none would go back.
    fn of_line(&self, act: &Act, name: MoveName, part: &Fulfilment) -> (LineId, i64) {
        let left = |(line, touched): (&OrderLine, &PartLine)| {
            let left = if name == MoveName::RequestReturn {
                touched.returnable(line)
            } else if name == MoveName::ReceiveReturn {
                part.awaited(line.id)
            } else {
                0
            };
            (line.id, i64::from(left))
        };
        let fitting = self.order.lines_of(part).map(left);
        let fitting: Vec<_> = fitting
            .filter(|(_, left)| act.fitting && *left > 0)
            .collect();
        if fitting.is_empty() {
            let line = part.lines[act.line.index(part.lines.len())].id;
            return (line, act.count);
        }
        let (line, left) = fitting[act.line.index(fitting.len())];
        (line, 1 + (act.count - 1) % left)
    }

    /// Makes a move that is allowed.
    fn make(&mut self, part: FulfilmentId, wanted: &Move, by: &Actor) {
        let made = make_move(&self.order, part, wanted, by, self.now, &TIMING);
        self.save(made.unwrap());
    }

    fn part_ids(&self) -> Vec<FulfilmentId> {
        self.order.fulfilments.iter().map(|part| part.id).collect()
    }

    /// All that can be shipped is, and arrives.
    pub(super) fn ship_all(&mut self) {
        if !self.order.confirmed {
            return;
        }
        for id in self.part_ids() {
            let part = self.order.fulfilment(id).unwrap();
            let lines = self.order.lines_of(part);
            let unshipped = lines.map(|(line, touched)| (line.id, touched.unshipped(line).into()));
            let unshipped: Vec<_> = unshipped.filter(|(_, count)| *count > 0).collect();
            if unshipped.is_empty() {
                continue;
            }
            self.make(id, &ship(items(&unshipped)), &admin());
            let shipment = self.order.fulfilment(id).unwrap().shipments[0].id;
            let deliver = Move::Deliver {
                shipment,
                note: None,
            };
            self.make(id, &deliver, &admin());
        }
    }

    /// What happened to the parts.
    pub(super) fn happened(&self) -> Vec<Happened> {
        let own = self.order.own_facts();
        own.iter()
            .chain(&self.facts)
            .map(|fact| fact.what)
            .collect()
    }

    /// Sellers answer the returns that buyers have asked for, and operators decide disputes. What is approved is left to expire.
    pub(super) fn answer_cases(&mut self) {
        for id in self.part_ids() {
            let part = self.order.fulfilment(id).unwrap();
            let (by, wanted) = if part.open_dispute().is_some() {
                let resolution = match part.version % 2 {
                    0 => Resolution::Refund,
                    _ => Resolution::Release,
                };
                (admin(), resolve(part, resolution))
            } else if part.has_return(ReturnStatus::Requested) {
                let answer = match part.version % 2 {
                    0 => approve(part),
                    _ => deny(part),
                };
                (seller_of(part), answer)
            } else {
                continue;
            };
            self.make(id, &wanted, &by);
        }
    }

    pub(super) fn has_open_case(&self) -> bool {
        let mut parts = self.order.fulfilments.iter();
        parts.any(Fulfilment::has_open_case)
    }

    /// Refunds what is left of each part, in pieces.
    pub(super) fn refund_all(&mut self, pieces: &[i64]) {
        for id in self.part_ids() {
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
    fn wanted(&self, name: MoveName, part: &Fulfilment, (line, count): (LineId, i64)) -> Move {
        let ids = SystemIds::default();
        let some = vec![(line, Quantity::new(count).unwrap())];
        match name {
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
            MoveName::RequestReturn => request_return(some),
            MoveName::ApproveReturn => approve(part),
            MoveName::DenyReturn => deny(part),
            MoveName::ReceiveReturn => {
                let (restock, write_off) = match self.restock {
                    Some(true) => (count, 0),
                    Some(false) => (0, count),
                    None => (1, count - 1),
                };
                receive(part, line, restock, write_off)
            }
            MoveName::WithdrawReturn => withdraw_return(part),
            MoveName::ExpireReturn => expire_return(part),
            MoveName::OpenDispute => open_dispute(),
            MoveName::ResolveDispute => resolve(
                part,
                match self.restock {
                    None => Resolution::Refund,
                    Some(true) => Resolution::Release,
                    Some(false) => {
                        Resolution::Partial(Money::new(self.amount, kernel::Currency::USD))
                    }
                },
            ),
            MoveName::WithdrawDispute => withdraw_dispute(part),
            MoveName::Complete => Move::Complete,
        }
    }
}

impl Move {
    /// Whether it names a return or a dispute that is there already.
    const fn is_about_a_case(&self) -> bool {
        match self {
            Self::ApproveReturn { .. }
            | Self::DenyReturn { .. }
            | Self::ReceiveReturn { .. }
            | Self::WithdrawReturn { .. }
            | Self::ExpireReturn { .. }
            | Self::ResolveDispute { .. }
            | Self::WithdrawDispute { .. } => true,
            Self::Ship { .. }
            | Self::Deliver { .. }
            | Self::Cancel { .. }
            | Self::Refund { .. }
            | Self::RequestReturn { .. }
            | Self::OpenDispute { .. }
            | Self::Complete => false,
        }
    }
}
