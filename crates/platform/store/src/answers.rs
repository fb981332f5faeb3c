//! First answers to requests with an Idempotency-Key, stored in the same transaction as the effects they report.

use std::time::Duration;

use kernel::{Timestamp, UserId};
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};
use uuid::Uuid;

use crate::idempotency::{Claim, Earlier, LIFETIME, OnceKey, StoredAnswer};
use crate::{Expires, Record, Row, Store, StoreResult, Tx, Value};

/// The field for looking up the answers to the requests of a user: the beginning of the key.
const USER: &str = "user_id";
/// The field for looking up the answers that tell of something.
const ABOUT: &str = "about";
/// Most answers that one transaction deletes or replaces.
const BATCH: usize = 500;

/// What is stored for an Idempotency-Key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotent {
    /// The key in its scope.
    pub key: IdempotencyKey,
    /// SHA-256 of what the request asks for.
    pub fingerprint: [u8; 32],
    /// The id of what the request creates.
    pub subject: Uuid,
    /// Whom or what the answer tells of: with their erasure the answer goes, whoever asked for it. None if it tells only of the owner of
    /// the key, or of nobody.
    pub about: Option<Uuid>,
    /// The first answer. None while the first request is still running.
    pub answer: Option<StoredAnswer>,
    /// When the key was first used.
    pub created_at: Timestamp,
    /// Until when the running request holds the key.
    pub lease_until: Timestamp,
}

/// A client's key in its scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey {
    /// Whose key it is.
    pub user: UserId,
    /// Route it was used on.
    pub route: String,
    /// What the client sent.
    pub key: String,
}

impl From<&OnceKey> for IdempotencyKey {
    fn from(key: &OnceKey) -> Self {
        Self {
            user: key.user,
            route: key.route.to_owned(),
            key: key.key.clone(),
        }
    }
}

impl Record for Idempotent {
    const NAME: &'static str = "idempotency key";
    type Key = IdempotencyKey;

    fn key(&self) -> IdempotencyKey {
        self.key.clone()
    }

    fn lookup(&self, field: &'static str) -> Option<Value> {
        match field {
            USER => Some(self.key.user.as_uuid().into()),
            ABOUT => self.about.map(Value::Id),
            _ => None,
        }
    }
}

/// See [`Idempotent`].
#[derive(Debug, Serialize, Deserialize)]
pub struct IdempotentId {
    user_id: UserId,
    route: String,
    key: String,
}

/// See [`Idempotent`]. The fields of the answer are absent until there is one.
#[derive(Debug, Serialize, Deserialize)]
pub struct IdempotentFields {
    #[serde(rename = "_id")]
    id: IdempotentId,
    fingerprint: ByteArray<32>,
    subject: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<ByteBuf>,
    created_at: Timestamp,
    lease_until: Timestamp,
}

impl Row for Idempotent {
    const TABLE: &'static str = "idempotency";
    const KEY: &'static [&'static str] = &[USER, "route", "key"];
    const LOOKUPS: &'static [&'static str] = &[USER, ABOUT];
    const EXPIRES: Option<Expires> = Some(Expires {
        field: "created_at",
        after: LIFETIME,
    });

    type Id = IdempotentId;
    type Fields = IdempotentFields;

    fn id(key: &IdempotencyKey) -> IdempotentId {
        IdempotentId {
            user_id: key.user,
            route: key.route.clone(),
            key: key.key.clone(),
        }
    }

    fn fields(&self) -> impl Serialize {
        let answer = self.answer.as_ref();
        IdempotentFields {
            id: Self::id(&self.key),
            fingerprint: ByteArray::new(self.fingerprint),
            subject: self.subject,
            about: self.about,
            status: answer.map(|answer| answer.status),
            location: answer.and_then(|answer| answer.location.clone()),
            etag: answer.and_then(|answer| answer.etag.clone()),
            body: answer.map(|answer| ByteBuf::from(answer.body.clone())),
            created_at: self.created_at,
            lease_until: self.lease_until,
        }
    }

    fn from_fields(fields: IdempotentFields) -> StoreResult<Self> {
        let answer = fields.status.map(|status| StoredAnswer {
            status,
            location: fields.location,
            etag: fields.etag,
            body: fields.body.unwrap_or_default().into_vec(),
        });
        Ok(Self {
            key: IdempotencyKey {
                user: fields.id.user_id,
                route: fields.id.route,
                key: fields.id.key,
            },
            fingerprint: fields.fingerprint.into_array(),
            subject: fields.subject,
            about: fields.about,
            answer,
            created_at: fields.created_at,
            lease_until: fields.lease_until,
        })
    }
}

impl Idempotent {
    /// The result for a repeated request with this key.
    fn earlier(&self, key: &OnceKey) -> Earlier {
        if self.fingerprint != key.fingerprint {
            return Earlier::OtherBody;
        }
        self.answer
            .clone()
            .map_or(Earlier::Running, Earlier::Answered)
    }
}

impl Tx<'_> {
    /// What is known of an earlier request with this key.
    ///
    /// # Errors
    /// A store error.
    pub fn earlier(&mut self, key: &OnceKey, now: Timestamp) -> StoreResult<Option<Earlier>> {
        Ok(self.live(key, now)?.map(|row| row.earlier(key)))
    }

    /// What an earlier request with this key and body created, if no answer is stored with the key: for a service that keeps the answer
    /// with what the request creates.
    ///
    /// # Errors
    /// A store error.
    pub fn unanswered(&mut self, key: &OnceKey, now: Timestamp) -> StoreResult<Option<Uuid>> {
        Ok(self
            .live(key, now)?
            .filter(|row| row.answer.is_none() && row.fingerprint == key.fingerprint)
            .map(|row| row.subject))
    }

    /// Claims the key for a request that takes more than one transaction. The claim holds for `lease`. After that, a repeat of the
    /// request takes it over, with the same subject.
    ///
    /// # Errors
    /// A store error.
    pub fn claim(
        &mut self,
        key: &OnceKey,
        subject: Uuid,
        now: Timestamp,
        lease: Duration,
    ) -> StoreResult<Claim> {
        let subject = match self.live(key, now)? {
            Some(row)
                if row.answer.is_none()
                    && row.lease_until <= now
                    && row.fingerprint == key.fingerprint =>
            {
                row.subject
            }
            Some(row) => return Ok(Claim::Earlier(row.earlier(key))),
            None => subject,
        };
        let until = now.plus(lease);
        self.put(Idempotent {
            key: key.into(),
            fingerprint: key.fingerprint,
            subject,
            about: None,
            answer: None,
            created_at: now,
            lease_until: until,
        })?;
        Ok(Claim::Mine { subject, until })
    }

    /// Releases the claim that holds `until`: the request had no outcome to remember. Changes nothing if another run of the request has
    /// taken the claim over.
    ///
    /// # Errors
    /// A store error.
    pub fn release_claim(&mut self, key: &OnceKey, until: Timestamp) -> StoreResult<()> {
        match self.held(key, until)? {
            Some(row) => self.delete::<Idempotent>(&row.key),
            None => Ok(()),
        }
    }

    /// Ends the lease of the claim that holds `until`. Use it when it is unknown what was done for the subject; a repeat of the request
    /// may then continue with the same subject at once.
    ///
    /// # Errors
    /// A store error.
    pub fn expire_claim(&mut self, key: &OnceKey, until: Timestamp) -> StoreResult<()> {
        match self.held(key, until)? {
            Some(row) => self.put(Idempotent {
                lease_until: Timestamp::from_millis(0),
                ..row
            }),
            None => Ok(()),
        }
    }

    /// Stores the answer to the request whose claim holds `until`, unless another run of the request has taken the claim over.
    ///
    /// # Errors
    /// A store error.
    pub fn answer_claimed(
        &mut self,
        key: &OnceKey,
        until: Timestamp,
        answer: StoredAnswer,
    ) -> StoreResult<()> {
        match self.held(key, until)? {
            Some(row) => self.put(Idempotent {
                answer: Some(answer),
                ..row
            }),
            None => Ok(()),
        }
    }

    /// Stores the first answer to the request with this key, which created `subject`. The answer tells of nobody but the owner of the key.
    ///
    /// # Errors
    /// A store error.
    pub fn answer(
        &mut self,
        key: &OnceKey,
        subject: Uuid,
        answer: StoredAnswer,
        now: Timestamp,
    ) -> StoreResult<()> {
        self.put(answered(key, subject, None, answer, now))
    }

    /// Does the same with an answer that tells of `about`, a person or what other persons have to do with.
    ///
    /// # Errors
    /// A store error.
    pub fn answer_about(
        &mut self,
        about: Uuid,
        key: &OnceKey,
        subject: Uuid,
        answer: StoredAnswer,
        now: Timestamp,
    ) -> StoreResult<()> {
        self.put(answered(key, subject, Some(about), answer, now))
    }

    /// Deletes the answers to requests of `user`, and those that tell of them, with their keys: for a user who is erased, and whose requests
    /// are refused from then on. Deletes a bounded number and returns it. [`Store::forget_answers`] deletes the rest.
    ///
    /// # Errors
    /// A store error.
    pub fn forget_answers(&mut self, user: UserId) -> StoreResult<usize> {
        let mut found = self.find_by::<Idempotent>(USER, user.as_uuid(), BATCH)?;
        found.extend(self.find_by::<Idempotent>(ABOUT, user.as_uuid(), BATCH)?);
        for row in &found {
            self.delete::<Idempotent>(&row.key)?;
        }
        Ok(found.len())
    }

    /// Puts `instead` in the place of the answers that tell of `about`. Their keys stay: a repeat is not carried out, and gets `instead`.
    ///
    /// # Errors
    /// A store error.
    pub fn replace_answers(&mut self, about: Uuid, instead: &StoredAnswer) -> StoreResult<()> {
        for row in self.find_by::<Idempotent>(ABOUT, about, usize::MAX)? {
            self.put(Idempotent {
                about: None,
                answer: Some(instead.clone()),
                ..(*row).clone()
            })?;
        }
        Ok(())
    }

    /// The row of a key, unless it has expired. Expired rows are deleted some time later.
    fn live(&mut self, key: &OnceKey, now: Timestamp) -> StoreResult<Option<Idempotent>> {
        let found = self.get::<Idempotent>(&key.into())?;
        Ok(found
            .filter(|row| row.created_at > now.minus(LIFETIME))
            .map(|row| (*row).clone()))
    }

    /// The claim of `key` that holds `until`, if it still does.
    fn held(&mut self, key: &OnceKey, until: Timestamp) -> StoreResult<Option<Idempotent>> {
        let found = self.get::<Idempotent>(&key.into())?;
        Ok(found
            .filter(|row| row.answer.is_none() && row.lease_until == until)
            .map(|row| (*row).clone()))
    }
}

impl Store {
    /// Deletes all answers to requests of `user`, and those that tell of them, in as many transactions as it takes. See
    /// [`Tx::forget_answers`].
    ///
    /// # Errors
    /// A store error.
    pub async fn forget_answers(&self, user: UserId) -> StoreResult<()> {
        let forget = || self.write(move |tx| tx.forget_answers(user));
        while forget().await? > 0 {}
        Ok(())
    }
}

fn answered(
    key: &OnceKey,
    subject: Uuid,
    about: Option<Uuid>,
    answer: StoredAnswer,
    now: Timestamp,
) -> Idempotent {
    Idempotent {
        key: key.into(),
        fingerprint: key.fingerprint,
        subject,
        about,
        answer: Some(answer),
        created_at: now,
        lease_until: now,
    }
}
