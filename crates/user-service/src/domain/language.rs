//! The languages that mails are written in.

use kernel::Invalid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A language with templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// English.
    En,
    /// German.
    De,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::En, Self::De];

    /// Its code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// The names of the months, from January on.
    pub(crate) const fn months(self) -> &'static [&'static str; 12] {
        match self {
            Self::En => &[
                "January",
                "February",
                "March",
                "April",
                "May",
                "June",
                "July",
                "August",
                "September",
                "October",
                "November",
                "December",
            ],
            Self::De => &[
                "Januar",
                "Februar",
                "März",
                "April",
                "Mai",
                "Juni",
                "Juli",
                "August",
                "September",
                "Oktober",
                "November",
                "Dezember",
            ],
        }
    }

    /// The language with this code, such as `de` or `de-AT`.
    pub(crate) fn of(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// Parses one of the codes.
    ///
    /// # Errors
    /// `unknown_value`.
    pub(crate) fn parse(code: &str) -> Result<Self, Invalid> {
        let mut known = Self::ALL.into_iter();
        known
            .find(|language| language.code() == code)
            .ok_or_else(|| {
                let codes = Self::ALL.map(Self::code).join(", ");
                Invalid::new("unknown_value", format!("must be one of {codes}"))
            })
    }

    /// The one that an `Accept-Language` likes best (RFC 9110 section 12.5.4). None if it names none of ours.
    pub(crate) fn preferred(accepted: &str) -> Option<Self> {
        let ranges = accepted.split(',').filter_map(|range| {
            let mut parts = range.split(';').map(str::trim);
            let language = Self::of(parts.next()?)?;
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight: f32 = weight.map_or(Some(1.0), |text| text.parse().ok())?;
            (weight > 0.0).then_some((language, weight))
        });
        // Of equals, the first.
        ranges
            .reduce(|best, next| if next.1 > best.1 { next } else { best })
            .map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("de", Some(Language::De))]
    #[case("de-AT, en;q=0.9", Some(Language::De))]
    #[case("en;q=0.5, de;q=0.7", Some(Language::De))]
    #[case("fr, en;q=0.1", Some(Language::En))]
    #[case("en, de", Some(Language::En))]
    #[case("de;q=0, en", Some(Language::En))]
    #[case("de;q=x", None)]
    #[case("fr", None)]
    #[case("*", None)]
    #[case("", None)]
    fn the_language_is_the_best_that_is_there(
        #[case] accepted: &str,
        #[case] best: Option<Language>,
    ) {
        assert_eq!(Language::preferred(accepted), best);
    }
}
