//! Search words. A search and a product's text are split into words by the same rules: letters and digits form words, case and accents
//! are dropped, and any other character separates words. So nothing in a search is syntax.

use kernel::{Invalid, bounded};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// The words of a search. A search without words, such as `***`, finds nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(Vec<String>);

impl SearchText {
    /// Longest search, in characters.
    pub const MAX: usize = 200;

    /// Reads `raw`. None if it is blank: the list is then not a search.
    ///
    /// # Errors
    /// `too_long`, `invalid_character`.
    pub fn parse(raw: &str) -> Result<Option<Self>, Invalid> {
        let text = bounded(raw, 0, Self::MAX)?;
        if text.is_empty() {
            return Ok(None);
        }
        Ok(Some(Self(words_of(&text).collect())))
    }

    /// The words. A product has to contain all of them; the last one may be a prefix, as it is while the user types.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }
}

/// The words of a text in lower case and without accents, each time they occur.
pub(crate) fn words_of(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !is_part_of_a_word(c))
        .map(|word| {
            let lower = word.to_lowercase();
            lower.nfd().filter(|c| !is_combining_mark(*c)).collect()
        })
        .filter(|word: &String| !word.is_empty())
}

/// Letters, digits, and combining accents, which some keyboards put after a letter.
fn is_part_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(raw: &str) -> Option<Vec<String>> {
        SearchText::parse(raw)
            .unwrap()
            .map(|text| text.words().to_vec())
    }

    #[test]
    fn a_blank_search_is_none_and_one_of_signs_has_no_words() {
        assert_eq!(words(" \t "), None);
        assert_eq!(words("\"*():^-"), Some(vec![]));
    }

    #[test]
    fn signs_part_words_and_are_gone() {
        assert_eq!(
            words("Red \"lamp\" AND (name:x*)"),
            Some(
                ["red", "lamp", "and", "name", "x"]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
    }

    #[test]
    fn words_have_neither_case_nor_accents() {
        assert_eq!(
            words("Café CAFE\u{301}, Ångström \u{301}"),
            Some(["cafe", "cafe", "angstrom"].map(str::to_owned).to_vec())
        );
    }

    #[test]
    fn a_search_has_at_most_200_characters() {
        assert!(SearchText::parse(&"x".repeat(200)).is_ok());
        assert_eq!(
            SearchText::parse(&"x".repeat(201)).unwrap_err().code,
            "too_long"
        );
    }

    proptest! {
        #[test]
        fn no_word_ever_holds_a_sign(raw in "\\PC{0,60}") {
            for word in words(&raw).unwrap_or_default() {
                prop_assert!(!word.contains(['"', '*', '(', ')', ':', '^', '-', '+', ' ', '\'']));
            }
        }
    }
}
