//! Money: an integer of minor units and an ISO 4217 currency. Never a float, and all arithmetic is checked.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Invalid, Quantity};

/// The active national currencies of ISO 4217, sorted. Excludes the codes of metals, funds and units of account, the test codes (XTS,
/// XXX), and withdrawn currencies.
#[rustfmt::skip]
const ACTIVE: [&[u8; 3]; 155] = [
    b"AED", b"AFN", b"ALL", b"AMD", b"AOA", b"ARS", b"AUD", b"AWG", b"AZN", b"BAM", b"BBD", b"BDT", b"BHD", b"BIF",
    b"BMD", b"BND", b"BOB", b"BRL", b"BSD", b"BTN", b"BWP", b"BYN", b"BZD", b"CAD", b"CDF", b"CHF", b"CLP", b"CNY",
    b"COP", b"CRC", b"CUP", b"CVE", b"CZK", b"DJF", b"DKK", b"DOP", b"DZD", b"EGP", b"ERN", b"ETB", b"EUR", b"FJD",
    b"FKP", b"GBP", b"GEL", b"GHS", b"GIP", b"GMD", b"GNF", b"GTQ", b"GYD", b"HKD", b"HNL", b"HTG", b"HUF", b"IDR",
    b"ILS", b"INR", b"IQD", b"IRR", b"ISK", b"JMD", b"JOD", b"JPY", b"KES", b"KGS", b"KHR", b"KMF", b"KPW", b"KRW",
    b"KWD", b"KYD", b"KZT", b"LAK", b"LBP", b"LKR", b"LRD", b"LSL", b"LYD", b"MAD", b"MDL", b"MGA", b"MKD", b"MMK",
    b"MNT", b"MOP", b"MRU", b"MUR", b"MVR", b"MWK", b"MXN", b"MYR", b"MZN", b"NAD", b"NGN", b"NIO", b"NOK", b"NPR",
    b"NZD", b"OMR", b"PAB", b"PEN", b"PGK", b"PHP", b"PKR", b"PLN", b"PYG", b"QAR", b"RON", b"RSD", b"RUB", b"RWF",
    b"SAR", b"SBD", b"SCR", b"SDG", b"SEK", b"SGD", b"SHP", b"SLE", b"SOS", b"SRD", b"SSP", b"STN", b"SVC", b"SYP",
    b"SZL", b"THB", b"TJS", b"TMT", b"TND", b"TOP", b"TRY", b"TTD", b"TWD", b"TZS", b"UAH", b"UGX", b"USD", b"UYU",
    b"UZS", b"VED", b"VES", b"VND", b"VUV", b"WST", b"XAF", b"XCD", b"XCG", b"XOF", b"XPF", b"YER", b"ZAR", b"ZMW",
    b"ZWG",
];

/// The ISO 4217 alphabetic code of a currency that is in use: three upper-case letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let codes = ACTIVE.iter().map(|code| Self(**code).as_str().to_owned());
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .description(Some("The ISO 4217 code of a currency that is in use."))
            .enum_values(Some(codes))
            .examples(["USD"])
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Currency {}

impl Currency {
    /// United States dollar, the default of a new marketplace.
    pub const USD: Self = Self(*b"USD");

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = Invalid;
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        match <[u8; 3]>::try_from(raw.as_bytes()) {
            Ok(letters) if ACTIVE.binary_search(&&letters).is_ok() => Ok(Self(letters)),
            Ok(_) | Err(_) => Err(Invalid::new(
                "invalid_currency",
                "must be an ISO 4217 code of three capital letters, such as USD",
            )),
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = Invalid;
    fn try_from(raw: String) -> Result<Self, Invalid> {
        raw.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

/// Why an operation on money failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The two amounts are in different currencies.
    #[error("{left} and {right} cannot be added")]
    CurrencyMismatch {
        /// Currency of the first amount.
        left: Currency,
        /// Currency of the second amount.
        right: Currency,
    },
    /// The result is beyond [`Money::MAX_AMOUNT`], on either side of zero.
    #[error("the amount is too large")]
    Overflow,
}

/// A signed amount of minor units (cents, yen, …) of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"amount": 1299, "currency": "USD"})))]
pub struct Money {
    /// Minor units.
    #[cfg_attr(feature = "openapi", schema(minimum = -9_007_199_254_740_991i64, maximum = 9_007_199_254_740_991i64))]
    pub amount: i64,
    /// ISO 4217 code.
    pub currency: Currency,
}

impl Money {
    /// The largest amount, 2^53 - 1: every JSON parser represents it exactly. Arithmetic refuses a result beyond it, on either side of
    /// zero, so that no sum of valid amounts is one that a client cannot read.
    pub const MAX_AMOUNT: i64 = 9_007_199_254_740_991;

    /// `amount` minor units of `currency`.
    #[must_use]
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// An amount from a client: positive and at most [`Money::MAX_AMOUNT`].
    ///
    /// # Errors
    /// `out_of_range` for anything else.
    pub fn positive(amount: i64, currency: Currency) -> Result<Self, Invalid> {
        if (1..=Self::MAX_AMOUNT).contains(&amount) {
            Ok(Self { amount, currency })
        } else {
            Err(Invalid::new(
                "out_of_range",
                format!(
                    "must be an integer of minor units between 1 and {}",
                    Self::MAX_AMOUNT
                ),
            ))
        }
    }

    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch {
                left: self.currency,
                right: other.currency,
            });
        }
        self.with_amount(i128::from(self.amount) + i128::from(other.amount))
    }

    /// This amount minus another of the same currency.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`], [`MoneyError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(other.checked_neg()?)
    }

    /// The negated amount.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn checked_neg(self) -> Result<Self, MoneyError> {
        self.with_amount(-i128::from(self.amount))
    }

    /// The price of `quantity` items at this unit price.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        self.with_amount(i128::from(self.amount) * i128::from(i64::from(quantity)))
    }

    /// `numerator / denominator` of this amount, rounded to the nearest minor unit, and halfway between two to the even one (the rounding
    /// of IEEE 754, also known as banker's rounding), so that fees of many amounts lean neither way.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`], also if `denominator` is not positive.
    pub fn proportion(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        let denominator = i128::from(denominator);
        if denominator <= 0 {
            return Err(MoneyError::Overflow);
        }
        // No overflow: each factor has 63 bits.
        let product = i128::from(self.amount) * i128::from(numerator);
        let (whole, rest) = (
            product.div_euclid(denominator),
            product.rem_euclid(denominator),
        );
        let rounds_up = match (rest * 2).cmp(&denominator) {
            Ordering::Less => false,
            Ordering::Equal => whole % 2 != 0,
            Ordering::Greater => true,
        };
        self.with_amount(whole + i128::from(rounds_up))
    }

    fn with_amount(self, amount: i128) -> Result<Self, MoneyError> {
        i64::try_from(amount)
            .ok()
            .filter(|amount| (-Self::MAX_AMOUNT..=Self::MAX_AMOUNT).contains(amount))
            .map(|amount| Self { amount, ..self })
            .ok_or(MoneyError::Overflow)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd(amount: i64) -> Money {
        Money::new(amount, Currency::USD)
    }

    fn exact_or_refused(exact: i128) -> Result<Money, MoneyError> {
        let limit = i128::from(Money::MAX_AMOUNT);
        if (-limit..=limit).contains(&exact) {
            Ok(usd(i64::try_from(exact).unwrap()))
        } else {
            Err(MoneyError::Overflow)
        }
    }

    #[test]
    fn currencies_are_never_mixed() {
        let euro = Money::new(1, "EUR".parse().unwrap());
        assert!(matches!(
            usd(1).checked_add(euro),
            Err(MoneyError::CurrencyMismatch { .. })
        ));
    }

    #[test]
    fn a_currency_is_the_code_of_one_that_is_in_use() {
        for good in ["AED", "EUR", "JPY", "USD", "XOF", "ZWG"] {
            assert_eq!(good.parse::<Currency>().unwrap().as_str(), good);
        }
        for bad in [
            "", "us", "usd", "USDT", "U$D", "ÄÖ", "AAA", "ZZZ", "XXX", "XTS", "XAU", "XDR", "DEM",
        ] {
            assert_eq!(
                bad.parse::<Currency>().unwrap_err().code,
                "invalid_currency",
                "{bad}"
            );
        }
    }

    #[test]
    fn every_code_of_the_table_is_found() {
        assert!(ACTIVE.is_sorted());
        for code in ACTIVE {
            let code = std::str::from_utf8(code).unwrap();
            assert_eq!(code.parse::<Currency>().unwrap().to_string(), code);
        }
    }

    #[test]
    fn a_half_is_rounded_to_the_even_side() {
        for (amount, expected) in [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)] {
            assert_eq!(usd(amount).proportion(1, 2), Ok(usd(expected)), "{amount}");
        }
        assert_eq!(usd(5).proportion(1, 0), Err(MoneyError::Overflow));
        assert_eq!(usd(5).proportion(1, -2), Err(MoneyError::Overflow));
    }

    proptest! {
        #[test]
        fn sums_are_exact_or_refused(a: i64, b: i64) {
            let exact = i128::from(a) + i128::from(b);
            prop_assert_eq!(usd(a).checked_add(usd(b)), exact_or_refused(exact));
        }

        #[test]
        fn sums_of_the_largest_amounts_are_refused(a in Money::MAX_AMOUNT - 3..=Money::MAX_AMOUNT, b in -4i64..=4) {
            let exact = i128::from(a) + i128::from(b);
            prop_assert_eq!(usd(a).checked_add(usd(b)), exact_or_refused(exact));
            prop_assert_eq!(usd(-a).checked_sub(usd(b)), exact_or_refused(-exact));
        }

        #[test]
        fn subtracting_what_was_added_gives_the_start(a in -1_000_000_000_000i64..1_000_000_000_000, b in -1_000_000_000_000i64..1_000_000_000_000) {
            prop_assert_eq!(usd(a).checked_add(usd(b)).unwrap().checked_sub(usd(b)).unwrap(), usd(a));
        }

        #[test]
        fn a_line_total_is_exact_or_refused(price: i64, count in 1i64..=10_000) {
            let exact = i128::from(price) * i128::from(count);
            prop_assert_eq!(usd(price).times(Quantity::new(count).unwrap()), exact_or_refused(exact));
        }

        #[test]
        fn a_proportion_is_the_nearest_amount_and_the_even_one_between_two(
            amount in -Money::MAX_AMOUNT..=Money::MAX_AMOUNT,
            denominator in 1i64..=20_000,
            part in 0i64..=20_000,
        ) {
            let numerator = part % (denominator + 1);
            let rounded = i128::from(usd(amount).proportion(numerator, denominator).unwrap().amount);
            let (product, denominator) = (i128::from(amount) * i128::from(numerator), i128::from(denominator));
            let twice_off = 2 * (rounded * denominator - product).abs();
            prop_assert!(twice_off <= denominator);
            prop_assert!(twice_off < denominator || rounded % 2 == 0);
            // A part of an amount is never more than all of it.
            prop_assert!(rounded.abs() <= i128::from(amount).abs());
        }

        #[test]
        fn a_proportion_that_does_not_fit_is_refused(amount: i64, numerator: i64, denominator: i64) {
            let exact = (denominator > 0)
                .then(|| i128::from(amount) * i128::from(numerator) / i128::from(denominator));
            let limit = i128::from(Money::MAX_AMOUNT);
            let fits = exact.is_some_and(|exact| exact.abs() < limit);
            let is_close = exact.is_some_and(|exact| (limit - 1..=limit + 1).contains(&exact.abs()));
            prop_assert!(is_close || usd(amount).proportion(numerator, denominator).is_ok() == fits);
        }

        #[test]
        fn only_amounts_a_json_reader_holds_exactly_are_accepted(amount: i64) {
            prop_assert_eq!(Money::positive(amount, Currency::USD).is_ok(), amount > 0 && amount < (1 << 53));
        }
    }
}
