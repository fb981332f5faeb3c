//! Random changes of what is right: bytes flipped, taken away, repeated and put in, and values at the edges of what programs can hold.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// What has broken a parser somewhere.
const NASTY: [&str; 24] = [
    "0",
    "-1",
    "1e400",
    "-0.0",
    "9007199254740992",
    "9223372036854775808",
    "18446744073709551616",
    "null",
    "true",
    "{}",
    "[]",
    "[[[[[[[[[[[[[[[[",
    "\"\"",
    "\"",
    "\\u0000",
    "\\ud800",
    "\u{202e}",
    "\u{feff}",
    "e\u{301}",
    "%00",
    "../",
    "$ne",
    "'",
    ",",
];

#[derive(Debug, Clone)]
enum Change {
    Flip(Index, u8),
    Cut(Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, Vec<u8>),
    Replace(Index, usize, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), 1_u8..).prop_map(|(at, bits)| Change::Flip(at, bits)),
        any::<Index>().prop_map(Change::Cut),
        (any::<Index>(), 1_usize..16).prop_map(|(at, count)| Change::Remove(at, count)),
        (any::<Index>(), 1_usize..64).prop_map(|(at, count)| Change::Repeat(at, count)),
        (any::<Index>(), prop::collection::vec(any::<u8>(), 1..16))
            .prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        (any::<Index>(), 0_usize..12, select(&NASTY[..]))
            .prop_map(|(at, count, nasty)| Change::Replace(at, count, nasty)),
    ]
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |at: &Index| at.index(bytes.len() + 1);
        let from = |at: usize, count: usize| at..bytes.len().min(at + count);
        match self {
            Self::Flip(at, bits) => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Self::Cut(at) => bytes.truncate(place(at)),
            Self::Remove(at, count) => drop(bytes.drain(from(place(at), *count))),
            Self::Repeat(at, count) => {
                let range = from(place(at), *count);
                let again = bytes.get(range.clone()).unwrap_or_default().to_vec();
                bytes.splice(range.start..range.start, again);
            }
            Self::Insert(at, new) => {
                let at = place(at);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Replace(at, count, nasty) => {
                let range = from(place(at), *count);
                bytes.splice(range, nasty.bytes());
            }
        }
    }
}

/// Up to five changes, to be made one after the other: what a fuzz test does to an input that is right.
#[derive(Debug, Clone)]
pub struct Changes(Vec<Change>);

/// Any changes.
pub fn changes() -> impl Strategy<Value = Changes> {
    prop::collection::vec(change(), 1..=5).prop_map(Changes)
}

impl Changes {
    /// `bytes` with the changes.
    #[must_use]
    pub fn of(&self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        for change in &self.0 {
            change.apply(&mut changed);
        }
        changed
    }

    /// `text` with the changes, in which each byte that no header or query may hold is a letter.
    #[must_use]
    pub fn of_visible(&self, text: &str) -> String {
        let visible = |byte: u8| char::from(if byte.is_ascii_graphic() { byte } else { b'A' });
        self.of(text.as_bytes()).into_iter().map(visible).collect()
    }
}
