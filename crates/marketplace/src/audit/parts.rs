//! What the wallet and the product service must have about the parts of an order.
//!
//! While a refund, a release or a return is under way, the other service may have made it or not: then it has something between what it had
//! before and what it will have. Anything else is wrong even then.

use contracts::reservations::Article;
use order_service::{AuditedLine, AuditedOrder, AuditedPart, Escrow, OrderState};
use product_service::{AuditedReservation, ReservationState};
use wallet_service::audit::{LineRecord, PartRecord, PaymentRecord};

use super::fits::Entry;

impl Entry {
    /// The order and its payment, if the buyer was debited for it.
    fn debited(&self) -> Option<(&AuditedOrder, &PaymentRecord)> {
        let both = self.order.as_ref().zip(self.payment.as_ref());
        both.filter(|(_, payment)| payment.status.is_debited())
    }

    /// The order and its payment, if the order says that it was paid: refunds and releases come after that.
    fn paid(&self) -> Option<(&AuditedOrder, &PaymentRecord)> {
        self.debited().filter(|(order, _)| was_paid(order))
    }

    /// The parts are the same. The commission is known to the order once it is paid.
    pub(super) fn parts_misfit(&self) -> Option<String> {
        let (order, payment) = self.debited()?;
        let id = order.id;
        let unknown = payment
            .parts
            .iter()
            .find(|record| part_of(order, record).is_none());
        if let Some(record) = unknown {
            let part = record.fulfilment;
            return Some(format!(
                "order {id}: its payment has part {part}, and it has not"
            ));
        }
        order.parts.iter().find_map(|part| {
            let about = || format!("order {id}, part {}", part.id);
            let Some(record) = record_of(payment, part) else {
                return Some(format!("{}: its payment has no such part", about()));
            };
            if record.seller != part.seller {
                let (seller, other) = (part.seller, record.seller);
                return Some(format!(
                    "{}: its seller is {seller}, but its payment is for {other}",
                    about()
                ));
            }
            if record.lines.len() != part.lines.len() {
                let (lines, others) = (part.lines.len(), record.lines.len());
                return Some(format!(
                    "{}: it has {lines} lines, but its payment has {others}",
                    about()
                ));
            }
            let mut lines = part.lines.iter().zip(&record.lines);
            lines.find_map(|(line, record)| line_misfit(order, line, record))
        })
    }

    /// What is refunded of each line, and what is reversed of its commission.
    pub(super) fn refunds_misfit(&self) -> Option<String> {
        let (order, payment) = self.paid()?;
        let id = order.id;
        pairs(order, payment).find_map(|(_, line, record)| {
            let least = line.refunded.saturating_sub(line.refund_under_way);
            let settled = line.refund_under_way == 0;
            let fits = (least..=line.refunded).contains(&record.refunded)
                && line.reversed <= record.reversed
                && (!settled || line.reversed == record.reversed);
            if !fits {
                return Some(format!(
                    "order {id}, line {}: it has refunded {} and {} of its commission, of which {} is under way, but its payment {} and {}",
                    line.id,
                    line.refunded,
                    line.reversed,
                    line.refund_under_way,
                    record.refunded,
                    record.reversed
                ));
            }
            let is_over = order.state == OrderState::Refunded && record.refunded != record.total;
            is_over.then(|| {
                format!(
                    "order {id}, line {}: it is Refunded, but of {} its payment has refunded {}",
                    line.id, record.total, record.refunded
                )
            })
        })
    }

    /// Whether each part is released.
    pub(super) fn releases_misfit(&self) -> Option<String> {
        let (order, payment) = self.debited()?;
        let id = order.id;
        order.parts.iter().find_map(|part| {
            let record = record_of(payment, part)?;
            let fits = match part.money {
                Escrow::Held => record.released.is_none(),
                Escrow::Releasing => true,
                Escrow::Released => record.released.is_some(),
            };
            (!fits).then(|| {
                let released = match record.released {
                    Some(amount) => format!("its payment has released {amount}"),
                    None => "its payment has not released it".to_owned(),
                };
                format!(
                    "order {id}, part {}: its money is {:?}, but {released}",
                    part.id, part.money
                )
            })
        })
    }

    /// What came back of what was sold.
    pub(super) fn returns_misfit(&self) -> Option<String> {
        let (order, reservation) = self.order.as_ref().zip(self.reservation.as_ref())?;
        let id = order.id;
        match reservation.state {
            ReservationState::Sold => {}
            // Nothing was sold that could come back: what is cancelled was never sold, or went back with the reservation.
            ReservationState::Held | ReservationState::Released | ReservationState::Expired => {
                let (article, count) = reservation.returned.first()?;
                return Some(format!(
                    "order {id}: {count} of {article} came back to a reservation that is {}",
                    reservation.state.as_str()
                ));
            }
        }
        let lines = || order.parts.iter().flat_map(|part| &part.lines);
        let articles = lines().map(|line| line.article);
        let mut articles = articles.chain(reservation.returned.iter().map(|(article, _)| *article));
        articles.find_map(|article| {
            let sum = |of: fn(&AuditedLine) -> i64| -> i128 {
                let lines = lines().filter(|line| line.article == article);
                lines.map(|line| i128::from(of(line))).sum()
            };
            let came_back = sum(|line| line.came_back);
            let under_way = sum(|line| line.return_under_way);
            let returned = returned_of(reservation, article);
            let fits = (came_back - under_way..=came_back).contains(&returned);
            (!fits).then(|| {
                format!(
                    "order {id}: {came_back} of {article} came back, of which {under_way} are under way, but {returned} are in the stock book"
                )
            })
        })
    }

    /// How many parts the order has, and how many of them wait for an answer.
    pub(super) fn count_parts(&self) -> (u64, u64) {
        let parts = self.order.iter().flat_map(|order| &order.parts);
        parts.fold((0, 0), |(parts, waiting), part| {
            (parts + 1, waiting + u64::from(waits(part)))
        })
    }
}

fn waits(part: &AuditedPart) -> bool {
    let mut lines = part.lines.iter();
    part.money == Escrow::Releasing
        || lines.any(|line| line.refund_under_way > 0 || line.return_under_way > 0)
}

fn was_paid(order: &AuditedOrder) -> bool {
    match order.state {
        OrderState::Paid | OrderState::Refunding | OrderState::Refunded => true,
        OrderState::Pending
        | OrderState::Declined
        | OrderState::Cancelling
        | OrderState::Cancelled => false,
    }
}

fn line_misfit(order: &AuditedOrder, line: &AuditedLine, record: &LineRecord) -> Option<String> {
    let id = order.id;
    if line.id != record.line {
        let (line, other) = (line.id, record.line);
        return Some(format!(
            "order {id}: in place of line {line} its payment has line {other}"
        ));
    }
    let total = line.total.map(|total| total.amount);
    if total != Some(record.total) {
        let total = total.map_or_else(|| "too much".to_owned(), |total| total.to_string());
        return Some(format!(
            "order {id}, line {}: it costs {total}, but its payment captured {}",
            line.id, record.total
        ));
    }
    let differs = was_paid(order) && line.commission != record.commission;
    differs.then(|| {
        format!(
            "order {id}, line {}: its commission is {}, but {} to its payment",
            line.id, line.commission, record.commission
        )
    })
}

fn part_of<'a>(order: &'a AuditedOrder, record: &PartRecord) -> Option<&'a AuditedPart> {
    let mut parts = order.parts.iter();
    parts.find(|part| part.id == record.fulfilment)
}

fn record_of<'a>(payment: &'a PaymentRecord, part: &AuditedPart) -> Option<&'a PartRecord> {
    let mut records = payment.parts.iter();
    records.find(|record| record.fulfilment == part.id)
}

/// Each line of both, with its part. What only one of them has is a finding about parts.
fn pairs<'a>(
    order: &'a AuditedOrder,
    payment: &'a PaymentRecord,
) -> impl Iterator<Item = (&'a AuditedPart, &'a AuditedLine, &'a LineRecord)> {
    let parts = order.parts.iter();
    let parts = parts.filter_map(|part| Some((part, record_of(payment, part)?)));
    parts.flat_map(|(part, record)| {
        part.lines.iter().filter_map(move |line| {
            let mut records = record.lines.iter();
            let record = records.find(|record| record.line == line.id)?;
            Some((part, line, record))
        })
    })
}

fn returned_of(reservation: &AuditedReservation, article: Article) -> i128 {
    let returned = reservation.returned.iter();
    let of_article = returned.filter(|(of, _)| *of == article);
    of_article.map(|(_, count)| i128::from(*count)).sum()
}
