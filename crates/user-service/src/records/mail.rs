//! How users are reached by mail, which mails they want, and the links in mails.

use kernel::UserId;
use serde::Serialize;
use serde_bytes::ByteArray;
use store::{Expires, Plain, Record, Row, StoreResult};

use super::EXPIRES;
use crate::domain::{Contact, Notifications, Proof, TokenDigest};

impl Record for Contact {
    const NAME: &'static str = "contact";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.user
    }
}

impl Plain for Contact {
    const TABLE: &'static str = "contacts";
}

impl Record for Notifications {
    const NAME: &'static str = "notifications";
    type Key = UserId;

    fn key(&self) -> UserId {
        self.user
    }
}

impl Plain for Notifications {
    const TABLE: &'static str = "notifications";
}

impl Record for Proof {
    const NAME: &'static str = "proof";
    type Key = TokenDigest;

    fn key(&self) -> TokenDigest {
        self.digest
    }
}

impl Row for Proof {
    const TABLE: &'static str = "proofs";
    const EXPIRES: Option<Expires> = EXPIRES;

    type Id = ByteArray<32>;
    type Fields = Self;

    fn id(digest: &TokenDigest) -> ByteArray<32> {
        ByteArray::new(*digest)
    }

    fn fields(&self) -> impl Serialize {
        self
    }

    fn from_fields(proof: Self) -> StoreResult<Self> {
        Ok(proof)
    }
}
