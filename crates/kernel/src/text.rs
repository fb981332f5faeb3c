//! Text from people: the rules shared by names, categories, references and descriptions.
//!
//! Length is counted in characters. The classes of characters are those of Unicode 16 (`PropList` and `DerivedCoreProperties`).

use std::ops::RangeInclusive;

use crate::Invalid;

/// Returns the text of one line: `raw` without the space around it. Its length must be within `min..=max`. It must show something, and
/// contain neither control characters and line breaks nor characters that override the direction of the text around it.
///
/// # Errors
/// `too_short`, `too_long`, `invisible` or `invalid_character`, each with a sentence that says what is allowed.
pub fn one_line(raw: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let text = bounded(raw.trim_matches(is_space), min, max, is_control)?;
    if !text.is_empty() && text.chars().all(is_invisible) {
        let detail = "must contain a character that can be seen";
        return Err(Invalid::new("invisible", detail));
    }
    Ok(text.to_owned())
}

/// As [`one_line`], for text that may contain line breaks and tabs, and may show nothing.
///
/// # Errors
/// `too_short`, `too_long` or `invalid_character`.
pub fn paragraphs(raw: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let breaks = ['\n', '\r', '\t', '\u{2028}', '\u{2029}'];
    let is_refused = |c| is_control(c) && !breaks.contains(&c);
    bounded(raw.trim(), min, max, is_refused).map(str::to_owned)
}

fn bounded(
    text: &str,
    min: usize,
    max: usize,
    is_refused: impl Fn(char) -> bool,
) -> Result<&str, Invalid> {
    let length = text.chars().count();
    if length < min {
        let detail = if min == 1 {
            "must not be empty".to_owned()
        } else {
            format!("must have at least {min} characters")
        };
        return Err(Invalid::new("too_short", detail));
    }
    if length > max {
        return Err(Invalid::new(
            "too_long",
            format!("must have at most {max} characters, has {length}"),
        ));
    }
    let refused = |what: &str, c: char| {
        let detail = format!("must not contain {what}, as U+{:04X} is", u32::from(c));
        Invalid::new("invalid_character", detail)
    };
    if let Some(control) = text.chars().find(|c| is_refused(*c)) {
        return Err(refused("control characters", control));
    }
    match text.chars().find(|c| overrides_direction(*c)) {
        Some(turn) => {
            let what = "characters that override the direction of text";
            Err(refused(what, turn))
        }
        None => Ok(text),
    }
}

/// White space, and the zero-width spaces that copied text carries at its ends.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// Control characters, and the line and paragraph separators.
fn is_control(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Embeddings, overrides and isolates (UAX #9). They can make text read as another text, beyond their own field. The marks for one
/// character (LRM, RLM, ALM) cannot, and right-to-left scripts need them.
fn overrides_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// `Default_Ignorable_Code_Point`, and the blank pattern of Braille.
pub(crate) const INVISIBLE: [RangeInclusive<char>; 18] = [
    '\u{00AD}'..='\u{00AD}',
    '\u{034F}'..='\u{034F}',
    '\u{061C}'..='\u{061C}',
    '\u{115F}'..='\u{1160}',
    '\u{17B4}'..='\u{17B5}',
    '\u{180B}'..='\u{180F}',
    '\u{200B}'..='\u{200F}',
    '\u{202A}'..='\u{202E}',
    '\u{2060}'..='\u{206F}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{FE00}'..='\u{FE0F}',
    '\u{FEFF}'..='\u{FEFF}',
    '\u{FFA0}'..='\u{FFA0}',
    '\u{FFF0}'..='\u{FFF8}',
    '\u{1BCA0}'..='\u{1BCA3}',
    '\u{1D173}'..='\u{1D17A}',
    '\u{E0000}'..='\u{E0FFF}',
];

/// Whether nothing is seen of a character that stands alone.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || INVISIBLE.iter().any(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: Result<String, Invalid>) -> &'static str {
        text.unwrap_err().code
    }

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert_eq!(one_line("äöü", 1, 3).unwrap(), "äöü");
        assert_eq!(code(one_line("äöüß", 1, 3)), "too_long");
    }

    #[test]
    fn the_space_around_a_text_is_taken_away_whatever_its_width() {
        for raw in [
            " Lamp\n",
            "\u{FEFF}Lamp",
            "\u{200B} Lamp\u{2060}\u{3000}",
            "\r\nLamp\t",
        ] {
            assert_eq!(one_line(raw, 1, 9).unwrap(), "Lamp", "{raw:?}");
        }
        for raw in ["", "  \n ", "\u{200B}", "\u{FEFF} \u{2028}"] {
            assert_eq!(code(one_line(raw, 1, 3)), "too_short", "{raw:?}");
        }
    }

    #[test]
    fn a_line_that_shows_nothing_is_refused() {
        for raw in [
            "\u{200D}",
            "\u{AD}",
            "\u{3164}",
            "\u{2800}\u{2800}",
            "\u{200E}\u{200F}",
            "\u{FE0F}",
            "\u{E0020}",
            "\u{115F} \u{1160}",
        ] {
            assert_eq!(code(one_line(raw, 1, 9)), "invisible", "{raw:?}");
        }
    }

    #[test]
    fn a_line_has_no_control_characters_and_no_line_breaks() {
        for raw in [
            "a\0b",
            "a\r\nb",
            "a\tb",
            "a\u{7F}b",
            "a\u{85}b",
            "a\u{2028}b",
            "a\u{1B}[31mb",
        ] {
            assert_eq!(code(one_line(raw, 1, 9)), "invalid_character", "{raw:?}");
        }
        let refused = one_line("a\r\nb", 1, 9).unwrap_err();
        assert_eq!(
            refused.detail,
            "must not contain control characters, as U+000D is"
        );
    }

    #[test]
    fn no_text_overrides_the_direction_of_what_is_around_it() {
        for turn in [
            '\u{202A}', '\u{202B}', '\u{202C}', '\u{202D}', '\u{202E}', '\u{2066}', '\u{2069}',
        ] {
            let raw = format!("a{turn}b");
            assert_eq!(code(one_line(&raw, 1, 9)), "invalid_character", "{raw:?}");
            assert_eq!(code(paragraphs(&raw, 0, 9)), "invalid_character", "{raw:?}");
        }
    }

    #[test]
    fn words_of_any_script_and_emoji_are_text() {
        for text in [
            "Настольная лампа",
            "می‌خواهم",
            "क्‍ष",
            "שלום\u{200F}!",
            "👩‍👩‍👧",
            "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
            "☕\u{FE0F}",
            "0",
        ] {
            assert_eq!(one_line(text, 1, 99).unwrap(), text);
        }
    }

    #[test]
    fn paragraphs_keep_their_line_breaks_and_tabs() {
        assert_eq!(paragraphs(" a\r\n\tb\n", 1, 9).unwrap(), "a\r\n\tb");
        let separated = "a\u{2028}b\u{2029}c";
        assert_eq!(paragraphs(separated, 1, 9).unwrap(), separated);
        assert_eq!(code(paragraphs("a\u{1B}b", 0, 9)), "invalid_character");
        assert_eq!(paragraphs("  ", 0, 9).unwrap(), "");
    }

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_unchanged(raw in any::<String>()) {
            if let Ok(text) = one_line(&raw, 0, 200) {
                prop_assert_eq!(one_line(&text, 0, 200).unwrap(), text.clone());
                prop_assert_eq!(paragraphs(&text, 0, 200).unwrap(), text);
            }
        }
    }
}
