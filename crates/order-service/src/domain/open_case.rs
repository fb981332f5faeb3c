//! What its returns and disputes mean for a part: which one is open, what an open return holds, and how long the buyer has for either.

use std::time::Duration;

use kernel::{DisputeId, LineId, ReturnId, Timestamp};

use super::case::{Dispute, Return};
use super::case_words::{DisputeStatus, Outcome, ReturnStatus};
use super::fulfilment::Fulfilment;
use super::timing::Timing;

impl Fulfilment {
    /// Its open return.
    #[must_use]
    pub fn open_return(&self) -> Option<&Return> {
        self.returns.iter().find(|back| back.status.is_open())
    }

    /// Its open dispute.
    #[must_use]
    pub fn open_dispute(&self) -> Option<&Dispute> {
        let mut disputes = self.disputes.iter();
        disputes.find(|dispute| dispute.is_open())
    }

    /// Whether a return or a dispute of it is open.
    pub(super) fn has_open_case(&self) -> bool {
        self.open_return().is_some() || self.open_dispute().is_some()
    }

    /// Whether a return of it is in this status.
    pub(super) fn has_return(&self, status: ReturnStatus) -> bool {
        self.returns.iter().any(|back| back.status == status)
    }

    /// The dispute of it that was decided.
    pub(super) fn decided(&self) -> Option<&Dispute> {
        let mut disputes = self.disputes.iter();
        disputes.find(|dispute| dispute.status == DisputeStatus::Resolved)
    }

    /// How many items of a line an open return is still to bring back.
    pub(super) fn awaited(&self, line: LineId) -> u32 {
        self.open_return().map_or(0, |back| back.awaited(line))
    }

    /// When the time for returns of it is over: the operator's time, or if the seller takes returns and gives longer, theirs. None if it is
    /// not delivered, or nothing of it was shipped.
    pub(super) fn window_over(&self, timing: &Timing) -> Option<Timestamp> {
        let policy = self.return_policy;
        let days = policy.window_days.filter(|_| policy.accepted);
        let window = Duration::from_hours(24 * days.map_or(0, u64::from));
        Some(self.delivered_at?.plus(window.max(timing.return_window)))
    }

    /// Until when the buyer can open a dispute about a denied return.
    pub(super) fn disputable_until(&self, timing: &Timing) -> Option<Timestamp> {
        let denied = self.returns.iter().rev();
        let mut denied = denied.filter(|back| back.status == ReturnStatus::Denied);
        let denied_at = denied.next()?.ended_at?;
        let is_decided = self.decided().is_some();
        (!is_decided).then(|| denied_at.plus(timing.dispute_window))
    }

    /// Something takes the place of its open return. Returns which that was.
    pub(super) fn supersede_return(&mut self, now: Timestamp) -> Option<ReturnId> {
        let mut returns = self.returns.iter_mut();
        let back = returns.find(|back| back.status.is_open())?;
        back.end(ReturnStatus::Superseded, now);
        Some(back.id)
    }

    /// Its open dispute ends because the buyer gets all that was left, which is `amount`. Returns which that was.
    pub(super) fn give_in(&mut self, amount: i64, now: Timestamp) -> Option<DisputeId> {
        let mut disputes = self.disputes.iter_mut();
        let dispute = disputes.find(|dispute| dispute.is_open())?;
        dispute.resolve(Outcome::Refund, amount, now);
        Some(dispute.id)
    }
}
