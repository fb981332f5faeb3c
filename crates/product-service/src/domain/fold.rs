//! Folding: spellings that differ only in how they were typed become one. Case, width and invisible characters go in both ways of it;
//! accents only in that for words, which `words.rs` cuts from it.
//!
//! It uses the Unicode data that the URL parser has brought (ICU4X). The four Turkish letters i are one letter, as a shop cannot know in
//! which language a text was typed.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

/// `text` without regard to case and width (NFKC, full case folding), with one space where there is white space.
pub(super) fn caseless(text: &str) -> String {
    if text.is_ascii() {
        return spaced(text).to_ascii_lowercase();
    }
    let folded: String = decompose(text.chars()).flat_map(fold_case).collect();
    // What is left of a capital i with a dot. Spaces last: a sign such as ¨ decomposes into one and an accent.
    spaced(&compose(&folded.replace("i\u{307}", "i")))
}

/// `text` with one space where there is white space, and none at its ends.
fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// `text` in basic letters: as [`caseless`], and without accents, harakat and niqqud. What is part of a letter in its script stays: the
/// vowels of Thai and Hindi, the voicing marks of Japanese.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut plain = String::with_capacity(text.len());
    for c in decompose(text.chars().map(as_typed)) {
        if !is_accent(c) {
            fold_case(c).for_each(|c| push_basic(c, &mut plain));
        }
    }
    compose(&plain)
}

/// Whether `c` is a mark on a letter, or the part of one.
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(c),
        GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark
    )
}

/// Canonical and compatibility decomposition, without invisible characters.
fn decompose(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    const NFKD: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizerBorrowed::new_nfkd();
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    NFKD.normalize_iter(chars.filter(move |c| c.is_ascii() || !invisible.contains(*c)))
}

fn compose(text: &str) -> String {
    const NFC: ComposingNormalizerBorrowed<'_> = ComposingNormalizerBorrowed::new_nfc();
    NFC.normalize(text).into_owned()
}

/// Full case folding: down for the capitals without a pair (ẞ), up for the forms that share one (ß and ss, ς and σ), down again.
fn fold_case(c: char) -> impl Iterator<Item = char> {
    let capitals = c.to_lowercase().flat_map(char::to_uppercase);
    capitals.flat_map(char::to_lowercase)
}

/// Signs that decompose into letters, or into a space and an accent, but are typed as signs.
fn as_typed(c: char) -> char {
    match c {
        '™' | '℠' => ' ',
        '´' => '\'',
        other => other,
    }
}

/// A mark that readers of its script leave out, or that only adorns: those of European scripts, Hebrew, Arabic and Syriac.
fn is_accent(c: char) -> bool {
    const VOICING: [char; 2] = ['\u{3099}', '\u{309A}'];
    !c.is_ascii()
        && is_mark(c)
        && !VOICING.contains(&c)
        && matches!(
            CodePointMapData::<Script>::new().get(c),
            Script::Inherited
                | Script::Common
                | Script::Latin
                | Script::Greek
                | Script::Cyrillic
                | Script::Hebrew
                | Script::Arabic
                | Script::Syriac
        )
}

/// Adds `c`, without the strokes that Unicode does not take for accents, and as other keyboards write the same Arabic letter.
fn push_basic(c: char, out: &mut String) {
    match c {
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'þ' => out.push_str("th"),
        'ƀ' | 'ɓ' => out.push('b'),
        'đ' | 'ð' | 'ɗ' => out.push('d'),
        'ħ' => out.push('h'),
        'ɨ' => out.push('i'),
        'ƙ' => out.push('k'),
        'ł' => out.push('l'),
        'ø' => out.push('o'),
        'ŧ' => out.push('t'),
        'ƴ' => out.push('y'),
        'ى' | 'ی' => out.push('ي'),
        'ک' => out.push('ك'),
        'ة' => out.push('ه'),
        'ـ' => {} // Only stretches a word.
        other => out.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[test]
    fn every_letter_of_unicode_equals_its_capital_and_its_small_letter() {
        // An accent of ancient Greek in small letters, a letter of its own in capitals.
        let has_subscript = |c| decompose(std::iter::once(c)).any(|part| part == '\u{345}');
        for c in ('\0'..=char::MAX).filter(|c| c.is_alphabetic()) {
            let (small, capital) = (c.to_lowercase(), c.to_uppercase());
            let folds: [fn(&str) -> String; 2] = [caseless, plain];
            for (fold, differs) in folds.into_iter().zip([false, has_subscript(c)]) {
                let folded = fold(&c.to_string());
                assert_eq!(fold(&small.to_string()), folded, "{c} in small letters");
                if !differs {
                    assert_eq!(fold(&capital.to_string()), folded, "{c} in capitals");
                }
            }
        }
    }

    #[rstest]
    #[case("STRAẞE", "straße")]
    #[case("ΟΔΟΣ", "οδος")]
    #[case("İSTANBUL", "istanbul")]
    #[case("ISPARTA", "ısparta")]
    #[case("Ｂｏｏｋｓ", "books")]
    #[case("Home \u{a0}\t &\u{3000}Garden", "home & garden")]
    #[case("Cafe\u{301}", "CAFÉ")]
    #[case("Kid\u{ad}s", "kids")]
    fn a_text_equals_another_without_regard_to_case(#[case] one: &str, #[case] other: &str) {
        assert_eq!(caseless(one), caseless(other));
    }

    #[rstest]
    #[case("Café", "Cafe")]
    #[case("Łódź", "Lodz")]
    #[case("Home", "Home s")]
    #[case("βιβλίο", "βιβλιο")]
    fn accents_and_letters_still_tell_categories_apart(#[case] one: &str, #[case] other: &str) {
        assert_ne!(caseless(one), caseless(other));
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(raw in "\\PC{0,40}") {
            for fold in [caseless, plain] {
                let folded = fold(&raw);
                prop_assert_eq!(fold(&folded), folded);
            }
        }
    }
}
