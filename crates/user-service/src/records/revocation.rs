//! How revocations of access tokens are kept.

use auth::{ListedRevocation, Revocation, RevocationPlace};
use kernel::{SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::{Expires, Plain, Record};
use uuid::Uuid;

use super::EXPIRES;

/// A revocation as it is kept, under the id of what it revokes: the newest of a user takes the place of earlier ones, which it includes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeptRevocation {
    #[serde(rename = "_id")]
    id: Uuid,
    user: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    except_session: Option<SessionId>,
    at: Timestamp,
    expires_at: Timestamp,
}

impl KeptRevocation {
    pub(crate) fn new(revocation: &Revocation, at: Timestamp) -> Self {
        let session = revocation.session.map(|session| session.as_uuid());
        Self {
            id: session.unwrap_or(revocation.user.as_uuid()),
            user: revocation.user,
            session: revocation.session,
            below: revocation.below,
            except_session: revocation.except,
            at,
            expires_at: revocation.until,
        }
    }

    pub(crate) fn listed(&self) -> ListedRevocation {
        ListedRevocation {
            place: RevocationPlace {
                at: self.at,
                id: self.id,
            },
            revocation: Revocation {
                user: self.user,
                session: self.session,
                below: self.below,
                except: self.except_session,
                until: self.expires_at,
            },
        }
    }
}

impl Record for KeptRevocation {
    const NAME: &'static str = "revocation";
    type Key = Uuid;

    fn key(&self) -> Uuid {
        self.id
    }
}

impl Plain for KeptRevocation {
    const TABLE: &'static str = "revocations";
    const EXPIRES: Option<Expires> = EXPIRES;
}
