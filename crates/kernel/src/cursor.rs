//! Cursors: the position after a page, as an opaque string that only the same list with the same filters accepts.
//!
//! Layout before base64url: version (1 byte), fingerprint of list and filters (8), key (its size follows from its type or its first bytes),
//! checksum of everything before it (8). A cursor carries no secret and grants nothing, so a checksum is enough and no signature is needed. The checksum
//! prevents a corrupted or misplaced cursor from returning the wrong page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

const VERSION: u8 = 1;

/// The position after the last item of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cursor(String);

impl Cursor {
    /// The text that a client sends back.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is not a cursor of this list with these filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a nextCursor of the same list with the same filters")]
pub struct CursorError;

/// Which list, sort and filters a cursor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CursorScope(u64);

impl CursorScope {
    /// The scope of `list` under `filters`: any text that differs whenever the result set or its order does.
    #[must_use]
    pub fn new(list: &str, filters: &str) -> Self {
        Self(fnv1a(list.bytes().chain([0]).chain(filters.bytes())))
    }

    /// The cursor that continues after `key`.
    #[must_use]
    pub fn cursor<K: CursorKey>(self, key: &K) -> Cursor {
        let mut bytes = vec![VERSION];
        bytes.extend(self.0.to_be_bytes());
        key.write(&mut bytes);
        let checksum = fnv1a(bytes.iter().copied());
        bytes.extend(checksum.to_be_bytes());
        Cursor(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads the key from `text`.
    ///
    /// # Errors
    /// [`CursorError`] if the text was changed, or made for another list or other filters.
    pub fn read<K: CursorKey>(self, text: &str) -> Result<K, CursorError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let (body, checksum) = bytes.split_last_chunk::<8>().ok_or(CursorError)?;
        if fnv1a(body.iter().copied()).to_be_bytes() != *checksum {
            return Err(CursorError);
        }
        let (version, rest) = body.split_first().ok_or(CursorError)?;
        let (scope, mut key) = rest.split_first_chunk::<8>().ok_or(CursorError)?;
        if *version != VERSION || *scope != self.0.to_be_bytes() {
            return Err(CursorError);
        }
        let value = K::read(&mut key);
        value.filter(|_| key.is_empty()).ok_or(CursorError)
    }
}

/// A list's sort key, encoded in a fixed number of bytes, or with its length before it. It must depend on its row alone. A score that weighs
/// words by their rarity, for example, depends on the other rows: one added between two pages would move all others.
pub trait CursorKey: Sized {
    /// Appends the encoded value.
    fn write(&self, out: &mut Vec<u8>);
    /// Reads the value from the front of `from` and advances it.
    fn read(from: &mut &[u8]) -> Option<Self>;
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*head)
}

impl CursorKey for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        take(from).map(Self::from_be_bytes)
    }
}

impl CursorKey for Uuid {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.as_bytes());
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        take(from).map(Self::from_bytes)
    }
}

/// A text of at most 65 535 bytes; what is beyond is cut off.
impl CursorKey for String {
    fn write(&self, out: &mut Vec<u8>) {
        let most = usize::from(u16::MAX);
        let text = self.get(..self.floor_char_boundary(most));
        let text = text.unwrap_or_default().as_bytes();
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        out.extend(length.to_be_bytes());
        out.extend(text);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        let length = u16::from_be_bytes(take(from)?);
        let (text, rest) = from.split_at_checked(usize::from(length))?;
        *from = rest;
        Self::from_utf8(text.to_vec()).ok()
    }
}

impl<A: CursorKey, B: CursorKey> CursorKey for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }
    fn read(from: &mut &[u8]) -> Option<Self> {
        Some((A::read(from)?, B::read(from)?))
    }
}

/// FNV-1a, 64 bits: a checksum that is the same on every machine and in every release.
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_gives_back_a_text(text in ".{0,60}", number: i64) {
            let scope = CursorScope::new("list", "");
            let key = (text, number);
            prop_assert_eq!(scope.read::<(String, i64)>(scope.cursor(&key).as_str()), Ok(key));
        }

        #[test]
        fn a_cursor_gives_back_its_key(a: i64, b: u128, list in ".{0,20}", filters in ".{0,40}") {
            let scope = CursorScope::new(&list, &filters);
            let key = (a, Uuid::from_u128(b));
            prop_assert_eq!(scope.read::<(i64, Uuid)>(scope.cursor(&key).as_str()), Ok(key));
        }

        #[test]
        fn a_cursor_with_any_one_byte_changed_is_refused(key: i64, at: prop::sample::Index, flip in 1u8..=255) {
            let scope = CursorScope::new("list", "");
            let mut bytes = URL_SAFE_NO_PAD.decode(scope.cursor(&key).as_str()).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            prop_assert_eq!(scope.read::<i64>(&URL_SAFE_NO_PAD.encode(bytes)), Err(CursorError));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,80}") {
            let _: Result<i64, CursorError> = CursorScope::new("list", "").read(&text);
        }
    }

    #[test]
    fn a_cursor_of_other_filters_or_another_list_is_refused() {
        let cursor = CursorScope::new("products", "category=books").cursor(&1i64);
        for scope in [
            CursorScope::new("products", "category=toys"),
            CursorScope::new("orders", "category=books"),
        ] {
            assert_eq!(scope.read::<i64>(cursor.as_str()), Err(CursorError));
        }
    }
}
