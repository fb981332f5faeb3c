//! Signing access tokens.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, Header, encode};
use kernel::{SessionId, Timestamp, UserId};

use super::{Claims, TYPE, TokenError, TokenPolicy};
use crate::secret::random;
use crate::{KeyError, KeySet, Role, VerificationKeys, backend};

/// Signs access tokens.
#[derive(Debug)]
pub struct Issuer {
    /// Locked only to copy the pointer.
    keys: RwLock<Arc<KeySet>>,
    file: Option<PathBuf>,
    policy: TokenPolicy,
}

/// Who a token is for.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The user.
    pub user: UserId,
    /// Their roles.
    pub roles: &'a [Role],
    /// Their login.
    pub session: SessionId,
    /// Their version, as stored together with the roles. See [`crate::Revocation`].
    pub version: i64,
}

impl Issuer {
    /// Signs with the active one of `keys`, following `policy`.
    #[must_use]
    pub fn new(keys: impl Into<KeySet>, policy: TokenPolicy) -> Self {
        backend::install();
        Self {
            keys: RwLock::new(Arc::new(keys.into())),
            file: None,
            policy,
        }
    }

    /// As [`Issuer::new`], with the keys in the file at `path`, which is created with a new key if it is missing. [`Issuer::reload`] reads
    /// it again.
    ///
    /// # Errors
    /// As [`KeySet::load_or_create`].
    pub fn of_file(path: impl Into<PathBuf>, policy: TokenPolicy) -> Result<Self, KeyError> {
        let path = path.into();
        let keys = KeySet::load_or_create(&path)?;
        Ok(Self {
            file: Some(path),
            ..Self::new(keys, policy)
        })
    }

    /// Takes the keys that are in the file now. Returns whether they changed.
    ///
    /// # Errors
    /// If the file cannot be read, or holds no keys. Then the keys stay as they are.
    pub fn reload(&self) -> Result<bool, KeyError> {
        let Some(path) = &self.file else {
            return Ok(false);
        };
        let read = KeySet::load(path)?;
        if self.keys().listed() == read.listed() {
            return Ok(false);
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        Ok(true)
    }

    /// A token for `subject`, valid from `now` for the policy's lifetime.
    ///
    /// # Errors
    /// [`TokenError::Signing`] if the system has no randomness or the key is unusable.
    pub fn issue(&self, subject: &Subject<'_>, now: Timestamp) -> Result<String, TokenError> {
        let id = random::<16>().map_err(|error| TokenError::Signing(error.to_string()))?;
        let claims = Claims {
            iss: self.policy.issuer.clone(),
            aud: self.policy.audience.clone(),
            sub: subject.user,
            iat: now.as_seconds(),
            nbf: now.as_seconds(),
            exp: now.plus(self.policy.lifetime).as_seconds(),
            jti: URL_SAFE_NO_PAD.encode(id),
            sid: subject.session,
            ver: subject.version,
            roles: subject.roles.iter().map(ToString::to_string).collect(),
        };
        let keys = self.keys();
        let key = keys.active();
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid().to_owned());
        encode(&header, &claims, key.encoding())
            .map_err(|error| TokenError::Signing(error.to_string()))
    }

    /// The policy it signs by.
    #[must_use]
    pub fn policy(&self) -> &TokenPolicy {
        &self.policy
    }

    /// The id of the key that signs.
    #[must_use]
    pub fn active_key(&self) -> String {
        self.keys().active().kid().to_owned()
    }

    /// The keys that verify its signatures: of the active key, of the next one, and of retired ones, whose tokens may still be valid.
    #[must_use]
    pub fn verification_keys(&self) -> VerificationKeys {
        self.keys().verification_keys()
    }

    fn keys(&self) -> Arc<KeySet> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.clone()
    }
}
