//! Bounded text: the rule shared by names, categories and references.

use crate::Invalid;

/// Returns `raw` without surrounding white space. Its length in characters must be within `min..=max`, and it must contain no control
/// characters other than line breaks and tabs.
///
/// # Errors
/// `too_short`, `too_long` or `invalid_character`, each with a sentence that states the limits.
pub fn bounded(raw: &str, min: usize, max: usize) -> Result<String, Invalid> {
    let text = raw.trim();
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
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Invalid::new(
            "invalid_character",
            "must not contain control characters",
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::bounded;

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert_eq!(bounded("äöü", 1, 3).unwrap(), "äöü");
        assert_eq!(bounded("äöüß", 1, 3).unwrap_err().code, "too_long");
    }

    #[test]
    fn blank_text_is_too_short_and_control_characters_are_refused() {
        assert_eq!(bounded("  \n ", 1, 3).unwrap_err().code, "too_short");
        assert_eq!(bounded("a\0b", 1, 9).unwrap_err().code, "invalid_character");
    }
}
