//! Words: how a text is divided into what can be found. A product's text and a search are divided alike.
//!
//! Letters and digits form words, and so does each emoji; any other character separates words. So nothing in a search is syntax.
//!
//! Chinese, Japanese, Korean, Thai and others are written without spaces, or nearly. There, every two neighbouring characters are a word
//! (bigrams). That finds a word wherever it stands, also one that no dictionary has. A dictionary (ICU4X has some) would divide the text
//! otherwise than the search, whenever a name or a new word is in it.

use std::collections::BTreeSet;

use icu_properties::props::{ExtendedPictographic, RegionalIndicator, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::fold::{is_mark, plain};

/// A piece of text between separators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Piece {
    /// A word, as the parts between its apostrophes: one, mostly.
    Word(Vec<String>),
    /// Characters, with their marks, of a script that has no spaces between words.
    Run(Vec<String>),
}

/// The words of a text in basic letters, to be found by.
///
/// A word with an apostrophe is found by its parts and without the apostrophe: `l'arbre` by `arbre`, `O'Reilly's` by `oreilly`. The last
/// character of a run is a word, too, so that there is one beginning with each character.
pub(crate) fn words_of(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(parts) => {
                if let [_, middle @ .., _] = &*parts {
                    words.insert(parts.concat());
                    if !middle.is_empty() {
                        // Without a possessive s.
                        words.insert(
                            parts
                                .iter()
                                .rev()
                                .skip(1)
                                .rev()
                                .map(String::as_str)
                                .collect(),
                        );
                    }
                }
                words.extend(parts);
            }
            Piece::Run(characters) => {
                words.extend(characters.windows(2).map(<[String]>::concat));
                words.extend(characters.last().cloned());
            }
        }
    }
    words
}

/// Divides a text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut before = Kind::Separator;
    for c in plain(text).chars() {
        let kind = kind(c);
        let open = pieces.last_mut().filter(|_| before != Kind::Separator);
        match (kind, open) {
            (Kind::Letter, Some(Piece::Word(parts))) => match parts.last_mut() {
                Some(part) if before == Kind::Letter => part.push(c),
                _ => parts.push(c.into()),
            },
            (Kind::Mark, Some(Piece::Word(parts) | Piece::Run(parts)))
                if before != Kind::Apostrophe =>
            {
                parts.last_mut().into_iter().for_each(|part| part.push(c));
                continue; // The letter goes on.
            }
            (Kind::Unspaced, Some(Piece::Run(characters))) => characters.push(c.into()),
            (Kind::Apostrophe, Some(Piece::Word(_))) if before == Kind::Letter => {}
            (Kind::Letter | Kind::Pictograph, _) => pieces.push(Piece::Word(vec![c.into()])),
            (Kind::Unspaced, _) => pieces.push(Piece::Run(vec![c.into()])),
            (Kind::Mark | Kind::Apostrophe | Kind::Separator, _) => {
                before = Kind::Separator;
                continue;
            }
        }
        // Each pictograph is a word of its own.
        before = if kind == Kind::Pictograph {
            Kind::Separator
        } else {
            kind
        };
    }
    pieces
}

/// What a character is in a text in basic letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A letter or digit.
    Letter,
    /// A letter of a script that has no spaces between words, or half a flag.
    Unspaced,
    /// Part of the letter before it.
    Mark,
    Pictograph,
    Apostrophe,
    Separator,
}

fn kind(c: char) -> Kind {
    match c {
        '\'' | '`' | '‘' | '’' | '‛' | '′' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | '׳' => {
            return Kind::Apostrophe;
        }
        'ー' => return Kind::Unspaced, // Lengthens a vowel in both kinds of kana.
        other if other.is_ascii_alphanumeric() => return Kind::Letter,
        other if other.is_ascii() => return Kind::Separator,
        _ => {}
    }
    if is_mark(c) {
        Kind::Mark
    } else if c.is_alphanumeric() {
        if is_unspaced(c) {
            Kind::Unspaced
        } else {
            Kind::Letter
        }
    } else if CodePointSetData::new::<RegionalIndicator>().contains(c) {
        Kind::Unspaced
    } else if c >= '\u{2300}' && CodePointSetData::new::<ExtendedPictographic>().contains(c) {
        // Before that are signs such as ©, and arrows.
        Kind::Pictograph
    } else {
        Kind::Separator
    }
}

fn is_unspaced(c: char) -> bool {
    matches!(
        CodePointMapData::<Script>::new().get(c),
        Script::Han
            | Script::Hiragana
            | Script::Katakana
            | Script::Bopomofo
            | Script::Hangul
            | Script::Yi
            | Script::Thai
            | Script::Lao
            | Script::Khmer
            | Script::Myanmar
            | Script::Balinese
            | Script::Javanese
            | Script::TaiLe
            | Script::NewTaiLue
            | Script::TaiTham
            | Script::TaiViet
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("Red \"lamp\" AND (name:x*)", &["and", "lamp", "name", "red", "x"])]
    #[case("Café CAFE\u{301}, Ångström \u{301}", &["angstrom", "cafe"])]
    #[case("O’Reilly's rock'n'roll'", &["n", "o", "oreilly", "oreillys", "reilly", "rock", "rockn", "rocknroll", "roll", "s"])]
    #[case("' '' 'tis", &["tis"])]
    #[case("iPhone手机壳2台", &["2", "iphone", "台", "壳", "手机", "机壳"])]
    #[case("ガラス ｶﾞﾗｽ", &["ガラ", "ス", "ラス"])]
    #[case("コーヒー", &["コー", "ヒー", "ー", "ーヒ"])]
    #[case("หูฟัง", &["ง", "ฟัง", "หูฟั"])]
    #[case("हिन्दी किताब", &["किताब", "हिन्दी"])]
    #[case("🎧🎧set🇩🇪", &["set", "🇩🇪", "🇪", "🎧"])]
    #[case("👩\u{200d}🍳❤\u{fe0f}", &["❤", "🍳", "👩"])]
    #[case("LEGO™ 5 m² © ½", &["1", "2", "5", "lego", "m2"])]
    #[case("מְנוֹרָה كـِتَاب", &["מנורה", "كتاب"])]
    fn a_text_has_these_words(#[case] text: &str, #[case] words: &[&str]) {
        assert_eq!(words_of(text).iter().collect::<Vec<_>>(), words);
    }

    proptest! {
        #[test]
        fn no_word_ever_has_a_sign(raw in "\\PC{0,60}") {
            for word in words_of(&raw) {
                prop_assert!(!word.is_empty());
                prop_assert!(!word.contains(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()));
                prop_assert!(!word.contains(|c: char| c.is_whitespace() || !c.to_lowercase().eq([c])));
            }
        }
    }
}
