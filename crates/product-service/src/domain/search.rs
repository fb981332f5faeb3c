//! Searches: which words a product must have, and how well it matches.

use std::collections::BTreeSet;

use kernel::{CursorKey, Invalid, paragraphs};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::words::{Piece, pieces, words_of};

/// A search. One without words, such as `***`, finds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    terms: Vec<Term>,
    size: usize,
}

/// What a product must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// A word, of letters, digits and pictographs.
    pub word: String,
    /// Whether it may also be the beginning of one.
    pub is_prefix: bool,
}

impl PartialSchema for SearchText {
    fn schema() -> RefOr<Schema> {
        kernel::text_schema::paragraphs(0, Self::MAX)
    }
}

impl ToSchema for SearchText {}

impl SearchText {
    /// Longest search, in characters.
    pub const MAX: usize = 200;
    /// Most different words, since each costs a walk of the index.
    pub const MAX_WORDS: usize = 8;

    /// Reads `raw`. None if it is blank: the list is then not a search.
    ///
    /// # Errors
    /// `too_long`, `invalid_character`, `too_many_words`.
    pub fn parse(raw: &str) -> Result<Option<Self>, Invalid> {
        let text = paragraphs(raw, 0, Self::MAX)?;
        if text.is_empty() {
            return Ok(None);
        }
        let pieces = pieces(&text);
        let (words, max) = (
            pieces.iter().collect::<BTreeSet<_>>().len(),
            Self::MAX_WORDS,
        );
        if words > max {
            let detail = format!("must have at most {max} different words, has {words}");
            return Err(Invalid::new("too_many_words", detail));
        }
        let mut terms = Vec::new();
        let last = pieces.len().saturating_sub(1);
        for (number, piece) in pieces.into_iter().enumerate() {
            piece_terms(piece, number == last, &mut terms);
        }
        // A whole word before the same as a prefix, which it makes needless.
        terms.sort();
        terms.dedup_by(|next, one| next.word == one.word);
        Ok(Some(Self {
            terms,
            size: words_of(&text).len(),
        }))
    }

    /// What a product must have, all of it.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// How many words a name has that is just this text.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }
}

/// Adds what `piece` of a search demands. The last word may be the beginning of one, as it is while the user types; a single letter is
/// not, since it begins too many. Of a long run, its beginning is enough to find it.
fn piece_terms(piece: Piece, is_last: bool, terms: &mut Vec<Term>) {
    let mut add = |word: String, is_prefix| terms.push(Term { word, is_prefix });
    match piece {
        Piece::Word(parts) => {
            let word = parts.concat();
            let is_long = word.chars().nth(1).is_some();
            add(word, is_last && is_long);
        }
        Piece::Run(characters) => match &*characters {
            [character] => add(character.clone(), true),
            characters => {
                let pairs = characters.len().saturating_sub(1);
                let bigrams = characters.windows(2).map(<[String]>::concat);
                for (bigram, number) in bigrams.zip(1..=SearchText::MAX_WORDS) {
                    add(bigram, is_last && number == pairs);
                }
            }
        },
    }
}

/// How well a product matches a search, the worst first. It follows from the two alone: whatever else is listed, edited or removed moves
/// no other product in the results of a search.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Its name has none of the words.
    #[default]
    Mention,
    /// Its name has some of them.
    Partial,
    /// Its name has all of them.
    Full,
    /// Its name is these words.
    Exact,
}

impl Rank {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Full, Self::Partial, Self::Mention];

    /// Its number, higher for a better match.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Mention => 0,
            Self::Partial => 1,
            Self::Full => 2,
            Self::Exact => 3,
        }
    }

    /// The rank with this number.
    #[must_use]
    pub fn of_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|rank| rank.number() == number)
    }
}

impl CursorKey for Rank {
    fn write(&self, out: &mut Vec<u8>) {
        self.number().write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        i64::read(from).and_then(Self::of_number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// The terms, prefixes with a star.
    fn terms(raw: &str) -> Option<Vec<String>> {
        let text = SearchText::parse(raw).unwrap()?;
        let shown = text.terms().iter().map(|term| {
            let star = if term.is_prefix { "*" } else { "" };
            format!("{}{star}", term.word)
        });
        Some(shown.collect())
    }

    #[test]
    fn a_blank_search_is_none_and_one_of_signs_has_no_words() {
        assert_eq!(terms(" \t "), None);
        assert_eq!(terms("\"*():^-"), Some(vec![]));
        assert_eq!(terms("\u{301} \u{64e} \u{200b}"), Some(vec![]));
    }

    #[rstest]
    #[case("Desk LAMP", &["desk", "lamp*"])]
    #[case("a desk a lamp a", &["a", "desk", "lamp"])]
    #[case("lamp lamp", &["lamp"])]
    #[case("lam lamp", &["lam", "lamp*"])]
    #[case("O'Reilly", &["oreilly*"])]
    #[case("耳", &["耳*"])]
    #[case("耳 red", &["red*", "耳*"])]
    #[case("藍牙耳機", &["牙耳", "耳機*", "藍牙"])]
    #[case("藍牙 🎧", &["藍牙", "🎧"])]
    fn the_last_word_is_a_prefix_and_each_word_counts_once(
        #[case] raw: &str,
        #[case] expected: &[&str],
    ) {
        assert_eq!(terms(raw).unwrap(), expected);
    }

    #[test]
    fn a_search_has_at_most_200_characters_and_8_different_words() {
        let code = |raw: &str| SearchText::parse(raw).unwrap_err().code;
        assert!(SearchText::parse(&"x".repeat(200)).is_ok());
        assert_eq!(code(&"x".repeat(201)), "too_long");
        assert!(SearchText::parse(&"a b c d e f g h ".repeat(12)).is_ok());
        assert_eq!(code("a b c d e f g h i"), "too_many_words");
    }

    #[test]
    fn a_long_run_without_spaces_costs_no_more_than_as_many_words() {
        let run: String = ('\u{4e00}'..).take(SearchText::MAX).collect();
        let text = SearchText::parse(&run).unwrap().unwrap();
        assert_eq!(text.terms().len(), SearchText::MAX_WORDS);
        assert!(text.terms().iter().all(|term| !term.is_prefix));
    }
}
