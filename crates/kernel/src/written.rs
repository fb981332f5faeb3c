//! Money and days as people read them, by language: `de`, or English.

/// How many decimals an amount of `currency` has (ISO 4217).
#[must_use]
pub fn decimals(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// The signs between thousands and before decimals.
#[must_use]
pub fn signs(lang: &str) -> (char, char) {
    match lang {
        "de" => ('.', ','),
        _ => (',', '.'),
    }
}

/// The digits of an amount in minor units: `1,234.50` or `1.234,50`, without a sign.
#[must_use]
pub fn digits(amount: i64, currency: &str, lang: &str) -> String {
    let (thousands, point) = signs(lang);
    let decimals = decimals(currency);
    let text = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
    let (whole, rest) = text.split_at(text.len() - decimals);
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(thousands);
        }
        grouped.push(digit);
    }
    if decimals == 0 {
        grouped
    } else {
        format!("{grouped}{point}{rest}")
    }
}

/// An amount in minor units with its currency.
#[must_use]
pub fn money(amount: i64, currency: &str, lang: &str) -> String {
    let sign = if amount < 0 { "\u{2212}" } else { "" };
    let digits = digits(amount, currency, lang);
    let symbol = match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        code => code,
    };
    match lang {
        "de" => format!("{sign}{digits}\u{a0}{symbol}"),
        _ if symbol.len() == 3 && symbol == currency => format!("{sign}{symbol}\u{a0}{digits}"),
        _ => format!("{sign}{symbol}{digits}"),
    }
}

/// A day of a time in RFC 3339: `28 November 2026`, `28. November 2026`. `months` are the names, from January on.
#[must_use]
pub fn day(time: &str, months: &[&str], lang: &str) -> Option<String> {
    let mut parts = time.get(..10)?.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let month = month.parse::<usize>().ok()?.checked_sub(1)?;
    let month = months.get(month)?;
    let day: u8 = day.parse().ok()?;
    Some(match lang {
        "de" => format!("{day}. {month} {year}"),
        _ => format!("{day} {month} {year}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_as_its_language_does() {
        for (amount, currency, english, german) in [
            (1299, "USD", "$12.99", "12,99\u{a0}$"),
            (-5, "EUR", "\u{2212}€0.05", "\u{2212}0,05\u{a0}€"),
            (
                123_456_789,
                "CHF",
                "CHF\u{a0}1,234,567.89",
                "1.234.567,89\u{a0}CHF",
            ),
            (1500, "JPY", "¥1,500", "1.500\u{a0}¥"),
            (0, "KWD", "KWD\u{a0}0.000", "0,000\u{a0}KWD"),
        ] {
            assert_eq!(money(amount, currency, "en"), english);
            assert_eq!(money(amount, currency, "de"), german);
        }
    }

    #[test]
    fn a_day_is_written_with_the_name_of_its_month() {
        let months = ["January", "February"];
        let time = "2026-02-03T14:05:59.123Z";
        assert_eq!(day(time, &months, "en").as_deref(), Some("3 February 2026"));
        assert_eq!(
            day(time, &months, "de").as_deref(),
            Some("3. February 2026")
        );
        assert_eq!(day("soon", &months, "en"), None);
    }
}
