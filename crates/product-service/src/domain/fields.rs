//! The fields of a product, validated when they are parsed.

use kernel::{Invalid, one_line, paragraphs};

use super::fold::caseless;

macro_rules! text_field {
    ($(#[$doc:meta])* $name:ident, $rule:ident $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                kernel::text_schema::$rule($min, $max)
            }
        }

        impl utoipa::ToSchema for $name {}

        impl $name {
            /// Parses `raw` without the space around it.
            ///
            /// # Errors
            #[doc = concat!("As [`kernel::", stringify!($rule), "`].")]
            pub fn parse(raw: &str) -> Result<Self, Invalid> {
                $rule(raw, $min, $max).map(Self)
            }

            /// Wraps text that was parsed before it was stored.
            #[must_use]
            pub const fn stored(text: String) -> Self {
                Self(text)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, owned.
            #[must_use]
            pub fn into_string(self) -> String {
                self.0
            }
        }
    };
}

text_field!(
    /// A product's name, 1 to 200 characters.
    ProductName, one_line 1..=200
);
text_field!(
    /// A product's description, up to 10 000 characters.
    Description, paragraphs 0..=10_000
);
text_field!(
    /// A seller's own number for a variant, 1 to 64 characters. Upper and lower case differ.
    Sku, one_line 1..=64
);
text_field!(
    /// A barcode (GTIN, EAN, UPC, ISBN) as it is printed, 1 to 64 characters. It is shown, and never checked.
    Barcode, one_line 1..=64
);
text_field!(
    /// Why a seller changed a stock, or why an operator removed a listing, 1 to 200 characters.
    Why, one_line 1..=200
);
text_field!(
    /// What an image shows, up to 300 characters.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(transparent)]
    AltText, one_line 0..=300
);
text_field!(
    /// A product's category, 1 to 64 characters. Shown as its seller wrote it, compared without regard to the case and width of
    /// letters and of the space between words.
    Category, one_line 1..=64
);

impl Category {
    /// The category as it is compared.
    #[must_use]
    pub fn key(&self) -> String {
        caseless(&self.0)
    }
}

/// How many of a product can be ordered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, utoipa::ToSchema)]
#[schema(value_type = i64, minimum = 0, maximum = 1_000_000_000)]
pub struct Stock(i64);

impl Stock {
    /// The maximum that a seller may set.
    pub const MAX: i64 = 1_000_000_000;

    /// Parses a count set by a seller.
    ///
    /// # Errors
    /// `out_of_range` outside 0 to [`Stock::MAX`].
    pub fn parse(count: i64) -> Result<Self, Invalid> {
        if (0..=Self::MAX).contains(&count) {
            Ok(Self(count))
        } else {
            Err(Invalid::new(
                "out_of_range",
                format!("must be between 0 and {}", Self::MAX),
            ))
        }
    }

    /// Wraps a stored count. It may exceed [`Stock::MAX`]: stock returned by a reservation adds to what the seller has set
    /// meanwhile. None if it is negative.
    #[must_use]
    pub fn stored(count: i64) -> Option<Self> {
        (count >= 0).then_some(Self(count))
    }

    /// The count.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1, true)]
    #[case(200, true)]
    #[case(0, false)]
    #[case(201, false)]
    fn a_name_has_1_to_200_characters_not_bytes(#[case] length: usize, #[case] good: bool) {
        assert_eq!(ProductName::parse(&"é".repeat(length)).is_ok(), good);
    }

    #[test]
    fn a_description_may_be_empty_and_has_at_most_10_000_characters() {
        assert_eq!(Description::parse("").unwrap().as_str(), "");
        assert!(Description::parse(&"x".repeat(10_000)).is_ok());
        assert_eq!(
            Description::parse(&"x".repeat(10_001)).unwrap_err().code,
            "too_long"
        );
    }

    #[test]
    fn a_category_has_1_to_64_characters() {
        assert!(Category::parse(&"x".repeat(64)).is_ok());
        assert!(Category::parse(&"x".repeat(65)).is_err());
        assert_eq!(Category::parse("  ").unwrap_err().code, "too_short");
    }

    #[rstest]
    #[case(0, true)]
    #[case(Stock::MAX, true)]
    #[case(-1, false)]
    #[case(Stock::MAX + 1, false)]
    fn a_seller_sets_a_stock_of_0_to_a_thousand_million(#[case] count: i64, #[case] good: bool) {
        assert_eq!(Stock::parse(count).is_ok(), good);
    }
}
