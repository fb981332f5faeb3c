//! Money and times as people read and write them, by language.

use kernel::Currency;
pub(crate) use kernel::written::{day, money};
use kernel::written::{decimals, digits, signs};

/// An amount as it is put into a field: without signs between thousands.
pub(crate) fn plain(amount: i64, currency: &str, lang: &str) -> String {
    let (thousands, _) = signs(lang);
    let sign = if amount < 0 { "-" } else { "" };
    format!(
        "{sign}{}",
        digits(amount, currency, lang).replace(thousands, "")
    )
}

/// A number that the API writes, as people do: `7.5` or `7,5`.
pub(crate) fn decimal(number: &str, lang: &str) -> String {
    let (_, point) = signs(lang);
    let number = number.strip_suffix(".0").unwrap_or(number);
    number.replace('.', &point.to_string())
}

/// Reads a typed number, with a point or a comma before its decimals.
pub(crate) fn parse_decimal(typed: &str) -> Option<f64> {
    let number: f64 = typed.trim().replace(',', ".").parse().ok()?;
    number.is_finite().then_some(number)
}

/// Reads a typed amount, in minor units. The last point or comma begins the decimals, if there are no more of them than the
/// currency has; spaces and apostrophes between digits do not count.
pub(crate) fn parse(typed: &str, currency: Currency) -> Option<i64> {
    let decimals = decimals(currency.as_str());
    let symbols = ["$", "€", "£", "¥", currency.as_str()];
    let mut text = typed.trim();
    for symbol in symbols {
        text = text
            .trim_start_matches(symbol)
            .trim_end_matches(symbol)
            .trim();
    }
    let cleaned: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '\'' && *c != '\u{2019}')
        .collect();
    let (whole, rest) = match cleaned.rfind(['.', ',']) {
        Some(place) => {
            let (whole, rest) = (cleaned.get(..place)?, cleaned.get(place + 1..)?);
            // A sign that is there twice begins no decimals.
            let sign = cleaned.get(place..=place)?;
            let grouped = rest.len() == 3 && decimals < 3;
            if whole.contains(sign) && !grouped {
                return None;
            }
            if grouped {
                (cleaned.clone(), String::new())
            } else {
                (whole.to_owned(), rest.to_owned())
            }
        }
        None => (cleaned.clone(), String::new()),
    };
    if rest.len() > decimals || !in_thousands(&whole) {
        return None;
    }
    let whole = whole.replace(['.', ','], "");
    let digits = format!("{whole}{rest:0<decimals$}");
    let is_number = cleaned.bytes().any(|byte| byte.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// Whether the points or commas of a whole number, if there are any, stand where thousands do.
fn in_thousands(whole: &str) -> bool {
    let mut groups = whole.split(['.', ',']);
    let first = groups.next().unwrap_or_default();
    let grouped = groups.clone().count() > 0;
    !(grouped && (first.is_empty() || first.len() > 3)) && groups.all(|group| group.len() == 3)
}

/// The hour and minute of a time in RFC 3339.
pub(crate) fn clock(time: &str) -> Option<&str> {
    time.get(11..16)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(1299, "USD")]
    #[case(5, "EUR")]
    #[case(123_456_789, "CHF")]
    #[case(1500, "JPY")]
    #[case(0, "KWD")]
    fn an_amount_in_a_field_is_read_as_what_it_was(#[case] amount: i64, #[case] currency: &str) {
        for lang in ["en", "de"] {
            let typed = plain(amount, currency, lang);
            assert_eq!(parse(&typed, currency.parse().unwrap()), Some(amount));
        }
    }

    #[rstest]
    #[case("12", Some(1200))]
    #[case("12.9", Some(1290))]
    #[case("12,99", Some(1299))]
    #[case("$ 12.99", Some(1299))]
    #[case("1,234.50", Some(123_450))]
    #[case("1.234,50", Some(123_450))]
    #[case("1'234.50", Some(123_450))]
    #[case("1,234", Some(123_400))]
    #[case("0", Some(0))]
    #[case("", None)]
    #[case("-5", None)]
    #[case("12.999.9", None)]
    #[case("1.2345", None)]
    #[case("12,34,5", None)]
    #[case("1e3", None)]
    #[case("99999999999999999999", None)]
    fn an_amount_is_read_as_it_is_typed_or_not_at_all(
        #[case] typed: &str,
        #[case] expected: Option<i64>,
    ) {
        assert_eq!(parse(typed, Currency::USD), expected);
    }

    #[test]
    fn a_number_is_written_as_its_language_does_and_read_as_it_is_typed() {
        assert_eq!(decimal("7.5", "de"), "7,5");
        assert_eq!(decimal("7.0", "en"), "7");
        assert_eq!(parse_decimal(" 7,5 "), Some(7.5));
        assert_eq!(parse_decimal("-3"), Some(-3.0));
        for none in ["", "bright", "inf", "NaN", "1.000,5"] {
            assert_eq!(parse_decimal(none), None, "{none}");
        }
    }

    #[test]
    fn a_time_is_written_by_its_minute() {
        assert_eq!(clock("2026-02-03T14:05:59.123Z"), Some("14:05"));
        assert_eq!(clock("soon"), None);
    }
}
