//! The messages that were committed last, so that the relay need not read them back. The table stays the truth: what is not here, the relay
//! reads there.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use store::outbox::Pending;
use tokio::sync::Notify;

/// Most messages that are kept.
const MOST: usize = 4096;

/// How long the table may go unread. Another process may have written to it, or a commit that failed may have happened.
const UNREAD: Duration = Duration::from_millis(400);

#[derive(Default)]
pub(super) struct Recent {
    known: Mutex<Known>,
    news: Notify,
}

#[derive(Default)]
struct Known {
    /// In the order of the commits.
    messages: VecDeque<Pending>,
    /// When the relay last read the table.
    read: Option<Instant>,
    /// Up to this number messages were dropped although they may be in the table.
    dropped: i64,
}

impl Known {
    fn drop_first(&mut self, count: usize) {
        if let Some(last) = self.messages.drain(..count).next_back() {
            self.dropped = self.dropped.max(last.seq);
        }
    }
}

impl Recent {
    /// Takes in what a commit added.
    pub(super) fn add(&self, committed: &[Pending]) {
        if committed.is_empty() {
            return;
        }
        {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.messages.extend(committed.iter().cloned());
            let surplus = known.messages.len().saturating_sub(MOST);
            known.drop_first(surplus);
        }
        self.news.notify_one();
    }

    /// Returns when something may have been added since the last call.
    pub(super) async fn added(&self) {
        self.news.notified().await;
    }

    /// Forgets what has been sent, or failed and waits for another try.
    pub(super) fn forget(&self, settled: &[i64]) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.messages.retain(|one| !settled.contains(&one.seq));
    }

    /// At most `limit` messages that follow `after`. None if the table has to be read. Rows get their numbers without gaps, in the order of
    /// the commits; so no other message comes before one whose number is the next.
    pub(super) fn after(&self, after: i64, limit: usize) -> Option<Vec<Pending>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = known.messages.partition_point(|one| one.seq <= after);
        known.drop_first(sent);
        let numbers = after.saturating_add(1)..;
        let following = known.messages.iter().zip(numbers);
        let following = following.take_while(|(message, number)| message.seq == *number);
        let following: Vec<Pending> = following
            .take(limit)
            .map(|(message, _)| message.clone())
            .collect();
        if !following.is_empty() {
            return Some(following);
        }
        let was_read = known.read.is_some_and(|read| read.elapsed() < UNREAD);
        if was_read && known.messages.is_empty() && after >= known.dropped {
            return Some(following);
        }
        known.read = Some(Instant::now());
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use contracts::{Envelope, Kind};
    use kernel::{MessageId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn message(seq: i64) -> Pending {
        Pending {
            seq,
            attempts: 0,
            envelope: Arc::new(Envelope {
                id: MessageId::from_uuid(Uuid::from_u128(1)),
                name: "tests.Message".to_owned(),
                kind: Kind::Event,
                subject: Uuid::nil(),
                time: Timestamp::from_millis(0),
                traceparent: None,
                body: Vec::new().into(),
            }),
        }
    }

    fn numbers(found: Option<Vec<Pending>>) -> Option<Vec<i64>> {
        found.map(|found| found.iter().map(|one| one.seq).collect())
    }

    #[test]
    fn what_follows_without_a_gap_is_known_and_all_else_is_read() {
        let recent = Recent::default();
        assert_eq!(
            numbers(recent.after(0, 9)),
            None,
            "the table was never read"
        );
        assert_eq!(
            numbers(recent.after(0, 9)),
            Some(vec![]),
            "it was just read"
        );
        recent.add(&[message(7), message(8)]);
        assert_eq!(
            numbers(recent.after(0, 9)),
            None,
            "others may come before 7"
        );
        assert_eq!(numbers(recent.after(6, 1)), Some(vec![7]));
        assert_eq!(numbers(recent.after(6, 9)), Some(vec![7, 8]));
        recent.add(&[message(10)]);
        assert_eq!(numbers(recent.after(7, 9)), Some(vec![8]));
        assert_eq!(numbers(recent.after(8, 9)), None, "9 is another process's");
        assert_eq!(numbers(recent.after(9, 9)), Some(vec![10]));
        assert_eq!(numbers(recent.after(10, 9)), Some(vec![]));
        assert_eq!(
            numbers(recent.after(0, 9)),
            None,
            "7 may not have been sent"
        );
    }

    #[test]
    fn what_is_settled_is_not_sent_again() {
        let recent = Recent::default();
        recent.add(&[message(1), message(2), message(3)]);
        recent.forget(&[1]);
        assert_eq!(
            numbers(recent.after(0, 9)),
            None,
            "1 may wait for another try"
        );
        assert_eq!(numbers(recent.after(1, 9)), Some(vec![2, 3]));
        recent.forget(&[2, 3]);
        assert_eq!(numbers(recent.after(1, 9)), Some(vec![]));
    }

    #[test]
    fn the_oldest_are_forgotten_when_there_are_too_many() {
        let recent = Recent::default();
        let all: Vec<Pending> = (1..).take(MOST + 1).map(message).collect();
        recent.add(&all);
        assert_eq!(numbers(recent.after(0, 1)), None);
        assert_eq!(numbers(recent.after(1, 1)), Some(vec![2]));
    }
}
