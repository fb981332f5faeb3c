//! How verifiers learn what is revoked: they read the list of revocations since their last look, in pages.

use std::future::Future;
use std::time::Duration;

use kernel::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Revocation, Verifier};

/// The path of the list, on the user service's internal port. It answers with a [`RevocationPage`].
pub const REVOCATIONS_PATH: &str = "/internal/revocations";

/// How far back each look begins before the newest revocation seen: a transaction that began earlier may commit later, and clocks differ.
/// Seeing a revocation again changes nothing.
const OVERLAP: Duration = Duration::from_secs(30);

/// A place in the list of revocations: when, and the id of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct RevocationPlace {
    /// When it was made.
    pub at: Timestamp,
    /// The user or the session that it is about.
    pub id: Uuid,
}

/// A revocation with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedRevocation {
    /// Where it is listed.
    pub place: RevocationPlace,
    /// What it revokes.
    pub revocation: Revocation,
}

/// Part of the list, in the order of places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevocationPage {
    /// The revocations.
    pub items: Vec<ListedRevocation>,
}

impl RevocationPage {
    /// How many a full page has. A shorter one is the last.
    pub const FULL: usize = 1000;
}

/// Reads everything that was revoked since the place `seen`, gives it to `verifier`, and moves `seen` on. `read` returns the page after a
/// place.
///
/// # Errors
/// What `read` returns. What was read before stays revoked.
pub async fn learn_revocations<E, F: Future<Output = Result<RevocationPage, E>>>(
    verifier: &Verifier,
    seen: &mut Timestamp,
    mut read: impl FnMut(RevocationPlace) -> F,
) -> Result<(), E> {
    let mut after = RevocationPlace {
        at: seen.minus(OVERLAP),
        id: Uuid::nil(),
    };
    let mut known = Vec::new();
    loop {
        let page = read(after).await?.items;
        let is_last = page.len() < RevocationPage::FULL;
        if let Some(last) = page.last() {
            after = last.place;
        }
        known.extend(page.into_iter().map(|one| one.revocation));
        if is_last {
            break;
        }
    }
    // All at once: a verifier that waits for the list must not judge by half of it.
    verifier.revoke(&known);
    *seen = after.at.max(*seen);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use kernel::{SessionId, SystemIds, UserId};

    use super::*;
    use crate::testing::{fixture, policy};
    use crate::{Issuer, SigningKey, Subject};

    #[tokio::test]
    async fn a_long_list_is_read_to_its_end_and_then_from_a_little_before_it() {
        let (_, verifier) = fixture();
        let ids = SystemIds::default();
        let until = Timestamp::from_millis(i64::MAX);
        let listed: Vec<ListedRevocation> = (0..2_500)
            .map(|number| {
                let (user, session) = (UserId::new(&ids), SessionId::new(&ids));
                ListedRevocation {
                    place: RevocationPlace {
                        at: Timestamp::from_millis(1_000_000 + number / 3),
                        id: session.as_uuid(),
                    },
                    revocation: Revocation::of_session(user, session, until),
                }
            })
            .collect();
        verifier.await_revocations();
        let mut asked = Vec::new();
        let mut seen = Timestamp::default();
        for _ in 0..2 {
            let outcome: Result<(), ()> = learn_revocations(&verifier, &mut seen, |after| {
                asked.push(after.at);
                let rest = listed.iter().filter(|one| one.place > after).cloned();
                let items = rest.take(RevocationPage::FULL).collect();
                ready(Ok(RevocationPage { items }))
            })
            .await;
            assert_eq!(outcome, Ok(()));
        }
        assert!(verifier.has_revocations());
        assert_eq!(asked.len(), 6);
        assert_eq!(seen, listed.last().unwrap().place.at);
        assert_eq!(asked[3], seen.minus(OVERLAP));
    }

    #[tokio::test]
    async fn what_cannot_be_read_changes_nothing() {
        let issuer = Issuer::new(SigningKey::generate().unwrap(), policy());
        let (_, verifier) = fixture();
        verifier.replace_keys(issuer.verification_keys());
        let ids = SystemIds::default();
        let subject = Subject {
            user: UserId::new(&ids),
            roles: &[],
            session: SessionId::new(&ids),
            version: 0,
        };
        let token = issuer.issue(&subject, verifier.clock().now()).unwrap();
        let mut seen = Timestamp::default();
        let failed = learn_revocations(&verifier, &mut seen, |_| ready(Err("down"))).await;
        assert_eq!(failed, Err("down"));
        assert!(verifier.verify(&token).is_ok());
    }
}
