//! Attributes: what the products of a category say of themselves, to be filtered and counted by. A category defines them; the categories
//! below it inherit them.

use std::collections::BTreeSet;
use std::fmt;

use kernel::{Invalid, one_line};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Names;

/// What an attribute is called in requests: `attr.{key}`. Small letters, digits and `_`, at most 32, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttributeKey(String);

impl AttributeKey {
    const PATTERN: &'static str = "^[a-z][a-z0-9_]{0,31}$";

    /// Parses `raw`.
    ///
    /// # Errors
    /// `invalid_key`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let is_good = raw.len() <= 32
            && raw.starts_with(|c: char| c.is_ascii_lowercase())
            && raw
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
        if is_good {
            return Ok(Self(raw.to_owned()));
        }
        let detail = "must be 1 to 32 small letters, digits and _, beginning with a letter";
        Err(Invalid::new("invalid_key", detail))
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AttributeKey {
    /// Describes it, for an object that has it as a name of a member.
    #[must_use]
    pub fn describe() -> ObjectBuilder {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.pattern(Some(Self::PATTERN))
    }
}

impl PartialSchema for AttributeKey {
    fn schema() -> RefOr<Schema> {
        Self::describe().into()
    }
}

impl ToSchema for AttributeKey {}

/// The definition of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// What it is called in requests.
    pub key: AttributeKey,
    /// What it is called by people.
    pub names: Names,
    /// Which values it takes.
    #[serde(flatten)]
    pub kind: AttributeKind,
}

/// Which values an attribute takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AttributeKind {
    /// Any line of text.
    Text,
    /// A number.
    Number {
        /// In which unit, such as `cm`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
    /// Yes or no.
    Boolean,
    /// One of some texts.
    OneOf {
        /// These.
        values: Vec<String>,
    },
}

impl AttributeKind {
    /// Most texts to choose from.
    pub const MOST_VALUES: usize = 200;

    /// One of `values`.
    ///
    /// # Errors
    /// `too_few`, `too_many` or `repeated`.
    pub fn one_of(values: Vec<String>) -> Result<Self, Invalid> {
        let most = Self::MOST_VALUES;
        if values.is_empty() {
            return Err(Invalid::new("too_few", "must have a value to choose"));
        }
        if values.len() > most {
            let detail = format!("must have at most {most} values");
            return Err(Invalid::new("too_many", detail));
        }
        let different: BTreeSet<&String> = values.iter().collect();
        if different.len() < values.len() {
            return Err(Invalid::new("repeated", "must not name a value twice"));
        }
        Ok(Self::OneOf { values })
    }

    /// Checks that `value` is one that the attribute takes.
    ///
    /// # Errors
    /// `invalid_type`, or `unknown_value` for a text that is not among the choices.
    pub fn check(&self, value: &AttributeValue) -> Result<(), Invalid> {
        let wrong = |expected| {
            let detail = format!("must be {expected}, not {}", value.what());
            Err(Invalid::new("invalid_type", detail))
        };
        match (self, value) {
            (Self::Text, AttributeValue::Text(_))
            | (Self::Number { .. }, AttributeValue::Number(_))
            | (Self::Boolean, AttributeValue::Boolean(_)) => Ok(()),
            (Self::OneOf { values }, AttributeValue::Text(text)) => {
                if values.contains(text) {
                    return Ok(());
                }
                let detail = format!("must be one of {}", values.join(", "));
                Err(Invalid::new("unknown_value", detail))
            }
            (Self::Text | Self::OneOf { .. }, _) => wrong("a string"),
            (Self::Number { .. }, _) => wrong("a number"),
            (Self::Boolean, _) => wrong("a boolean"),
        }
    }
}

/// A value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Yes or no.
    Boolean(bool),
    /// A number.
    Number(Thousandths),
    /// A text of 1 to 100 characters.
    Text(String),
}

impl AttributeValue {
    /// Parses a text.
    ///
    /// # Errors
    /// As [`kernel::one_line`].
    pub fn text(raw: &str) -> Result<Self, Invalid> {
        one_line(raw, 1, 100).map(Self::Text)
    }

    const fn what(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
        }
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Number(number) => number.get().fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A number with up to three decimals, between minus and plus a million million. Equal numbers are equal however they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[schema(value_type = f64, minimum = -1e12, maximum = 1e12, example = 27.5)]
pub struct Thousandths(i64);

impl Thousandths {
    const LARGEST: f64 = 1e12;

    /// Accepts `number`.
    ///
    /// # Errors
    /// `out_of_range` beyond a million million or with more than three decimals.
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "a whole number of at most 10^15"
    )]
    pub fn parse(number: f64) -> Result<Self, Invalid> {
        let refuse = |detail| Err(Invalid::new("out_of_range", detail));
        if number.is_nan() || number.abs() > Self::LARGEST {
            return refuse("must be between -1000000000000 and 1000000000000");
        }
        let whole = Self((number * 1000.0).round() as i64);
        // The decimals of a text with three of them lead to the same float.
        if whole.get().to_bits() == (number + 0.0).to_bits() {
            Ok(whole)
        } else {
            refuse("must have at most three decimals")
        }
    }

    /// The number.
    #[must_use]
    #[expect(
        clippy::as_conversions,
        clippy::cast_precision_loss,
        reason = "at most 10^15, which a float has exactly"
    )]
    pub fn get(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl Serialize for Thousandths {
    /// A whole number is written without decimals.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match (self.0.checked_div(1000), self.0.checked_rem(1000)) {
            (Some(whole), Some(0)) => to.serialize_i64(whole),
            _ => to.serialize_f64(self.get()),
        }
    }
}

impl<'de> Deserialize<'de> for Thousandths {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(from)?;
        Self::parse(number).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(0.0, true)]
    #[case(-0.0, true)]
    #[case(0.001, true)]
    #[case(27.55, true)]
    #[case(-1e12, true)]
    #[case(999_999_999_999.999, true)]
    #[case(0.0001, false)]
    #[case(1e12 + 1.0, false)]
    #[case(f64::INFINITY, false)]
    #[case(f64::NAN, false)]
    fn a_number_has_three_decimals(#[case] number: f64, #[case] good: bool) {
        assert_eq!(Thousandths::parse(number).is_ok(), good);
    }

    proptest! {
        #[test]
        fn a_number_is_read_back_as_it_was_written(thousandths in -1_000_000_000_000_000_i64..=1_000_000_000_000_000) {
            let number = Thousandths(thousandths);
            let text = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(serde_json::from_str::<Thousandths>(&text).unwrap(), number);
        }
    }

    #[test]
    fn a_value_has_the_type_of_its_attribute() {
        let text = |raw: &str| AttributeValue::text(raw).unwrap();
        let number = AttributeValue::Number(Thousandths::parse(5.0).unwrap());
        let cloth = AttributeKind::one_of(vec!["wool".to_owned(), "silk".to_owned()]).unwrap();
        let code = |kind: &AttributeKind, value: &AttributeValue| {
            kind.check(value).err().map(|invalid| invalid.code)
        };
        assert_eq!(code(&cloth, &text("silk")), None);
        assert_eq!(code(&cloth, &text("Silk")), Some("unknown_value"));
        assert_eq!(code(&cloth, &number), Some("invalid_type"));
        assert_eq!(code(&AttributeKind::Text, &text("Silk")), None);
        assert_eq!(
            code(&AttributeKind::Boolean, &text("yes")),
            Some("invalid_type")
        );
        assert_eq!(code(&AttributeKind::Number { unit: None }, &number), None);
    }

    #[test]
    fn a_definition_is_stored_flat_and_read_back() {
        let names = Names::undetermined(&super::super::Category::parse("Width").unwrap());
        let attribute = Attribute {
            key: AttributeKey::parse("width").unwrap(),
            names,
            kind: AttributeKind::Number {
                unit: Some("cm".to_owned()),
            },
        };
        let json = serde_json::to_value(&attribute).unwrap();
        assert_eq!(json["type"], "number");
        assert_eq!(
            serde_json::from_value::<Attribute>(json).unwrap(),
            attribute
        );
    }
}
