//! The keys of one issuer over time. A key is published as the next one before it signs, so that all who verify tokens know it by then; it
//! signs while it is active; and it is published as a retired one until the last token that it signed has expired.
//!
//! In a file, each key is a PEM block below a line that says its state. The active key comes first, so that tools which read a single key
//! find it. Of a retired key only the public half is kept.

use std::fmt;
use std::time::Duration;

use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePublicKey, EncodePublicKey};
use kernel::Timestamp;
use secrecy::zeroize::Zeroizing;

use crate::key::thumbprint;
use crate::{KeyError, SigningKey, VerificationKeys};

/// Begins the line above a key.
const LINE: &str = "key: ";
const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It will sign; it is published already.
    Next,
    /// It signs.
    Active,
    /// It has signed; it is still published.
    Retired,
}

kernel::words!(KeyState { Next = "next", Active = "active", Retired = "retired" });

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedKey {
    /// Its id.
    pub kid: String,
    /// What it does.
    pub state: KeyState,
    /// Since when. None for a key that was made before this was recorded.
    pub since: Option<Timestamp>,
}

/// Why the keys were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// There is a next key.
    #[error("there is a next key already")]
    HasNext,
    /// There is no next key.
    #[error("there is no next key; generate one first")]
    NoNext,
    /// The next key is not yet known everywhere.
    #[error("the next key may be unknown to services that verify tokens for another {} s", .0.as_secs().max(1))]
    TooEarly(Duration),
}

/// One signing key, perhaps the next one, and the public keys of earlier ones.
#[derive(Debug)]
pub struct KeySet {
    active: Dated<SigningKey>,
    next: Option<Dated<SigningKey>>,
    retired: Vec<Dated<VerifyingKey>>,
}

#[derive(Debug)]
struct Dated<K> {
    key: K,
    since: Option<Timestamp>,
}

impl From<SigningKey> for KeySet {
    fn from(key: SigningKey) -> Self {
        Self {
            active: Dated { key, since: None },
            next: None,
            retired: Vec::new(),
        }
    }
}

impl KeySet {
    /// The key that signs.
    #[must_use]
    pub fn active(&self) -> &SigningKey {
        &self.active.key
    }

    /// The public keys of all.
    #[must_use]
    pub fn verification_keys(&self) -> VerificationKeys {
        let retired = self.retired.iter().map(|one| one.key);
        let next = self.next.iter().map(|one| one.key.verification_keys());
        next.fold(self.active.key.verification_keys(), VerificationKeys::and)
            .and(retired.collect())
    }

    /// All keys, the active one first.
    #[must_use]
    pub fn listed(&self) -> Vec<ListedKey> {
        let signing = |one: &Dated<SigningKey>, state| ListedKey {
            kid: one.key.kid().to_owned(),
            state,
            since: one.since,
        };
        let mut listed = vec![signing(&self.active, KeyState::Active)];
        listed.extend(self.next.iter().map(|one| signing(one, KeyState::Next)));
        listed.extend(self.retired.iter().map(|one| ListedKey {
            kid: thumbprint(&one.key),
            state: KeyState::Retired,
            since: one.since,
        }));
        listed
    }

    /// Publishes `key` as the next one.
    ///
    /// # Errors
    /// [`KeyRefusal::HasNext`].
    pub fn announce(&mut self, key: SigningKey, now: Timestamp) -> Result<(), KeyRefusal> {
        if self.next.is_some() {
            return Err(KeyRefusal::HasNext);
        }
        let since = Some(now);
        self.next = Some(Dated { key, since });
        Ok(())
    }

    /// Signs with the next key from now on. It must have been published for at least `spread`.
    ///
    /// # Errors
    /// [`KeyRefusal`] if there is no next key, or it is too young. Then nothing changes.
    pub fn rotate(&mut self, spread: Duration, now: Timestamp) -> Result<(), KeyRefusal> {
        let next = self.next.take().ok_or(KeyRefusal::NoNext)?;
        let age = now.since(next.since.unwrap_or_default());
        if let Some(wait) = spread.checked_sub(age).filter(|wait| !wait.is_zero()) {
            self.next = Some(next);
            return Err(KeyRefusal::TooEarly(wait));
        }
        let since = Some(now);
        let key = next.key;
        let earlier = std::mem::replace(&mut self.active, Dated { key, since });
        let key = earlier.key.verifying_key();
        self.retired.push(Dated { key, since });
        Ok(())
    }

    /// Drops the keys that retired at least `after` ago.
    pub fn forget(&mut self, after: Duration, now: Timestamp) {
        self.retired.retain(|one| {
            let retired = one.since.unwrap_or_default();
            now.since(retired) < after
        });
    }

    /// The text of the file.
    ///
    /// # Errors
    /// If a key cannot be encoded.
    pub(crate) fn to_text(&self) -> Result<Zeroizing<String>, KeyError> {
        let signing = |state, one: &Dated<SigningKey>| -> Result<_, KeyError> {
            Ok(Zeroizing::new(headed(state, one.since, &one.key.to_pem()?)))
        };
        let mut text = signing(KeyState::Active, &self.active)?;
        if let Some(next) = &self.next {
            text.push_str(&signing(KeyState::Next, next)?);
        }
        for one in &self.retired {
            let pem = one.key.to_public_key_pem(LineEnding::LF);
            let pem = pem.map_err(|error| KeyError::Format(error.to_string()))?;
            text.push_str(&headed(KeyState::Retired, one.since, &pem));
        }
        Ok(text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// If it has anything but keys, or not exactly one that signs.
    pub(crate) fn from_text(text: &str) -> Result<Self, KeyError> {
        let wrong = |what: &str| KeyError::Format(what.to_owned());
        let (mut active, mut next, mut retired) = (None, None, Vec::new());
        for (line, pem) in blocks(text)? {
            let (state, since) = match line {
                Some(line) => parse(line).ok_or_else(|| wrong("a key of an unknown state"))?,
                None => (KeyState::Active, None),
            };
            let slot = match state {
                KeyState::Active => &mut active,
                KeyState::Next => &mut next,
                KeyState::Retired => {
                    let key = VerifyingKey::from_public_key_pem(&pem)
                        .map_err(|error| KeyError::Format(error.to_string()))?;
                    retired.push(Dated { key, since });
                    continue;
                }
            };
            let key = SigningKey::from_pem(&pem)?;
            if slot.replace(Dated { key, since }).is_some() {
                return Err(wrong("two keys of one state"));
            }
        }
        Ok(Self {
            active: active.ok_or_else(|| wrong("no active key"))?,
            next,
            retired,
        })
    }
}

/// A key below its line. The active key that nothing is known of needs none.
fn headed(state: KeyState, since: Option<Timestamp>, pem: &str) -> String {
    match (state, since) {
        (KeyState::Active, None) => pem.to_owned(),
        (_, None) => format!("{LINE}{state}\n{pem}"),
        (_, Some(since)) => format!("{LINE}{state} since {since}\n{pem}"),
    }
}

/// The state in the line above a key.
fn parse(line: &str) -> Option<(KeyState, Option<Timestamp>)> {
    let said = line.strip_prefix(LINE)?;
    let (word, since) = match said.split_once(" since ") {
        Some((word, since)) => (word, Some(since.trim().parse().ok()?)),
        None => (said.trim(), None),
    };
    let state = KeyState::of(word)?;
    Some((state, since))
}

/// A PEM block, with the line above it.
type Block<'a> = (Option<&'a str>, Zeroizing<String>);

/// The PEM blocks in `text`.
fn blocks(text: &str) -> Result<Vec<Block<'_>>, KeyError> {
    let (mut blocks, mut above) = (Vec::new(), None);
    let mut block: Option<Zeroizing<String>> = None;
    for line in text.lines() {
        match &mut block {
            None if line.starts_with(BEGIN) => block = Some(Zeroizing::new(format!("{line}\n"))),
            None if line.trim().is_empty() => {}
            None => above = Some(line),
            Some(lines) => {
                lines.push_str(line);
                lines.push('\n');
                if line.starts_with(END) {
                    blocks.extend(block.take().map(|pem| (above.take(), pem)));
                }
            }
        }
    }
    if block.is_some() || above.is_some() {
        return Err(KeyError::Format("it does not end with a key".to_owned()));
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
    const SPREAD: Duration = Duration::from_secs(90);

    fn key() -> SigningKey {
        SigningKey::generate().unwrap()
    }

    fn states(keys: &KeySet) -> Vec<(String, KeyState)> {
        let listed = keys.listed().into_iter();
        listed.map(|one| (one.kid, one.state)).collect()
    }

    #[test]
    fn a_key_is_next_then_active_then_retired_and_published_all_the_time() {
        let mut keys = KeySet::from(key());
        let first = keys.active().kid().to_owned();
        assert_eq!(keys.rotate(SPREAD, NOW), Err(KeyRefusal::NoNext));
        keys.announce(key(), NOW).unwrap();
        assert_eq!(keys.announce(key(), NOW), Err(KeyRefusal::HasNext));
        let second = keys.listed().pop().unwrap().kid;
        let early = NOW.plus(Duration::from_secs(30));
        let wait = Duration::from_mins(1);
        let refused = keys.rotate(SPREAD, early);
        assert_eq!(refused, Err(KeyRefusal::TooEarly(wait)));
        assert_eq!(keys.active().kid(), first);
        let rotated = NOW.plus(SPREAD);
        keys.rotate(SPREAD, rotated).unwrap();
        let expected = [
            (second, KeyState::Active),
            (first.clone(), KeyState::Retired),
        ];
        assert_eq!(states(&keys), expected);
        assert_eq!(keys.verification_keys().0.len(), 2);
        let kept = Duration::from_mins(16);
        keys.forget(kept, rotated.plus(kept).minus(Duration::from_millis(1)));
        assert!(keys.verification_keys().0.contains_key(&first));
        keys.forget(kept, rotated.plus(kept));
        assert!(!keys.verification_keys().0.contains_key(&first));
    }

    #[test]
    fn a_set_survives_its_file_and_a_retired_key_signs_no_more() {
        let mut keys = KeySet::from(key());
        let secret = keys.active().to_pem().unwrap();
        keys.announce(key(), NOW).unwrap();
        keys.rotate(Duration::ZERO, NOW).unwrap();
        keys.announce(key(), NOW).unwrap();
        let text = keys.to_text().unwrap();
        let again = KeySet::from_text(&text).unwrap();
        assert_eq!(again.listed(), keys.listed());
        assert_eq!(again.verification_keys(), keys.verification_keys());
        let body = secret.lines().nth(1).unwrap();
        assert!(!text.contains(body), "the private half is gone");
    }

    #[test]
    fn a_file_with_one_key_is_that_key_in_pem() {
        let keys = KeySet::from(key());
        let text = keys.to_text().unwrap();
        assert_eq!(*text, *keys.active().to_pem().unwrap());
        assert_eq!(KeySet::from_text(&text).unwrap().listed(), keys.listed());
    }

    #[test]
    fn what_is_no_set_of_keys_is_refused() {
        let pem = key().to_pem().unwrap();
        for bad in [
            "",
            "nonsense",
            &format!("{}{}", *pem, *pem),
            &format!("{LINE}emperor\n{}", *pem),
            &format!("{LINE}next since yesterday\n{}", *pem),
            &format!("{LINE}next\n{}", *pem),
            &format!("{LINE}retired\n{}", *pem),
            &format!("{}trailing", *pem),
            pem.get(..60).unwrap(),
        ] {
            let refused = KeySet::from_text(bad);
            assert!(matches!(refused, Err(KeyError::Format(_))), "{bad}");
        }
    }
}
