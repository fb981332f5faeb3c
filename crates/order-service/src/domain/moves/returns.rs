//! What the moves of returns do.

use kernel::{FulfilmentId, LineId, MessageId, ReturnId};

use super::effects::{not_allowed, too_much};
use super::take::summed;
use super::{Items, MoveRefusal, Received};
use crate::domain::case::{Return, ReturnItem};
use crate::domain::case_words::{ReturnReason, ReturnStatus};
use crate::domain::draft::{Draft, Taken, Why};
use crate::domain::fact::{Details, FactItem};
use crate::domain::fulfilment::Fulfilment;
use crate::domain::part::quantity_of;

impl Draft<'_> {
    pub(super) fn request_return(
        &mut self,
        at: FulfilmentId,
        id: ReturnId,
        (items, reason): (&Items, ReturnReason),
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let now = self.now;
        let (lines, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        if part.returns.len() >= Return::MAX {
            return Err(MoveRefusal::TooMany {
                what: "returns",
                most: Return::MAX,
            });
        }
        let items = summed(items);
        if items.is_empty() {
            return Err(not_allowed());
        }
        let mut back = Vec::with_capacity(items.len());
        for FactItem { line_id, quantity } in &items {
            let (line, touched) = part.line_to_change(lines, *line_id)?;
            let left = touched.returnable(line);
            let quantity = quantity_of(*quantity)
                .filter(|quantity| quantity.get() <= left)
                .ok_or_else(|| too_much(line, left))?;
            back.push(ReturnItem {
                line: line.id,
                quantity,
                received: 0,
            });
        }
        part.returns.push(Return {
            id,
            status: ReturnStatus::Requested,
            lines: back,
            reason,
            comment: why.note.map(str::to_owned),
            requested_at: now,
            expires_at: None,
            answer: None,
            comments: Vec::new(),
            ended_at: None,
        });
        let details = Details {
            items,
            ..of_return(id)
        };
        self.note(at, why, details);
        self.touch_part(at);
        Ok(())
    }

    /// The seller approves or denies a return.
    pub(super) fn answer_return(
        &mut self,
        at: FulfilmentId,
        id: ReturnId,
        answer: ReturnStatus,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let (now, expires_at) = (self.now, self.now.plus(self.timing.return_expires));
        let back = self.return_to_change(at, id)?;
        if back.status != ReturnStatus::Requested {
            return Err(not_allowed());
        }
        back.answer = why.note.map(str::to_owned);
        if answer == ReturnStatus::Approved {
            back.status = answer;
            back.expires_at = Some(expires_at);
        } else {
            back.end(answer, now);
        }
        self.note(at, why, of_return(id));
        self.touch_part(at);
        Ok(())
    }

    /// The seller has items of a return: they are refunded, and go back into stock or are written off.
    pub(super) fn receive_return(
        &mut self,
        at: FulfilmentId,
        id: ReturnId,
        items: &[Received],
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let (now, expires_at) = (self.now, self.now.plus(self.timing.return_expires));
        let (lines, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        part.room_for_refund()?;
        let mut back = part.find_return(id)?.clone();
        if back.status != ReturnStatus::Approved {
            return Err(not_allowed());
        }
        // Each reception has more behind it than the one before.
        let step = format!("received {}", back.received());
        let refund = MessageId::of_subject(id.as_uuid(), &step).as_uuid().into();
        let items = sorted(items);
        if items.is_empty() {
            return Err(not_allowed());
        }
        let mut taken = Taken {
            details: of_return(id),
            ..Taken::default()
        };
        for Sorted {
            line: line_id,
            restocked,
            written_off,
        } in items
        {
            let (line, touched) = part.line_to_change(lines, line_id)?;
            let left = back.awaited(line_id);
            let quantity = restocked.saturating_add(written_off);
            if quantity > left {
                return Err(too_much(line, left));
            }
            taken.came_back(line, touched, restocked, written_off);
            taken.details.items.push(FactItem { line_id, quantity });
            back.note_received(line_id, quantity);
        }
        if back.lines.iter().all(|item| back.awaited(item.line) == 0) {
            back.end(ReturnStatus::Received, now);
        } else {
            back.expires_at = Some(expires_at);
        }
        *self.return_to_change(at, id)? = back;
        self.give_back(at, refund, taken, why);
        Ok(())
    }

    /// A return ends, whatever of it has come.
    pub(super) fn end_return(
        &mut self,
        at: FulfilmentId,
        id: ReturnId,
        status: ReturnStatus,
        why: &Why<'_>,
    ) -> Result<(), MoveRefusal> {
        let now = self.now;
        let back = self.return_to_change(at, id)?;
        if !back.status.is_open() {
            return Err(not_allowed());
        }
        back.end_short(status, now);
        self.note(at, why, of_return(id));
        self.touch_part(at);
        Ok(())
    }

    fn return_to_change(
        &mut self,
        at: FulfilmentId,
        id: ReturnId,
    ) -> Result<&mut Return, MoveRefusal> {
        let (_, part) = self.part(at).ok_or(MoveRefusal::UnknownFulfilment)?;
        let mut returns = part.returns.iter_mut();
        returns
            .find(|back| back.id == id)
            .ok_or(MoveRefusal::UnknownReturn)
    }
}

fn of_return(id: ReturnId) -> Details {
    Details {
        return_id: Some(id),
        ..Details::default()
    }
}

/// Items of a line that came back.
struct Sorted {
    line: LineId,
    restocked: u32,
    written_off: u32,
}

/// The items, each line once.
fn sorted(items: &[Received]) -> Vec<Sorted> {
    let mut lines: Vec<Sorted> = Vec::with_capacity(items.len());
    for item in items {
        let count = item.quantity.get();
        let (restocked, written_off) = if item.restock { (count, 0) } else { (0, count) };
        match lines.iter_mut().find(|line| line.line == item.line) {
            Some(line) => {
                line.restocked = line.restocked.saturating_add(restocked);
                line.written_off = line.written_off.saturating_add(written_off);
            }
            None => lines.push(Sorted {
                line: item.line,
                restocked,
                written_off,
            }),
        }
    }
    lines
}

impl Return {
    fn note_received(&mut self, line: LineId, count: u32) {
        if let Some(item) = self.lines.iter_mut().find(|item| item.line == line) {
            item.received = item.received.saturating_add(count);
        }
    }
}

impl Fulfilment {
    fn find_return(&self, id: ReturnId) -> Result<&Return, MoveRefusal> {
        let mut returns = self.returns.iter();
        returns
            .find(|back| back.id == id)
            .ok_or(MoveRefusal::UnknownReturn)
    }
}
