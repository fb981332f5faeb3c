//! Reading JSON into domain values: every fault is collected with its pointer, and a value that comes out is right.
//!
//! serde stops at the first fault and knows no rules; a client with three wrong fields should be told three things. So a
//! request type reads itself from [`Fields`], each field by the rule of its domain type.

use kernel::{Currency, Invalid, Money, OrderId, ProductId, Quantity, UserId};
use serde_json::{Map, Value};

use super::FieldError;

/// Where faults are collected while a body is read.
#[derive(Debug, Default)]
pub struct Reader {
    errors: Vec<FieldError>,
}

impl Reader {
    /// Notes a fault at `pointer`.
    pub fn refuse(&mut self, pointer: &str, invalid: Invalid) {
        self.errors.push(FieldError {
            pointer: pointer.to_owned(),
            code: invalid.code,
            detail: invalid.detail,
        });
    }

    /// All faults so far.
    #[must_use]
    pub fn into_errors(self) -> Vec<FieldError> {
        self.errors
    }

    /// Keeps a good value, notes a bad one.
    pub fn check<T>(&mut self, pointer: &str, value: Result<T, Invalid>) -> Option<T> {
        value.map_err(|invalid| self.refuse(pointer, invalid)).ok()
    }
}

/// A value that can be read from JSON. None means that at least one fault was noted.
pub trait FromJson: Sized {
    /// Reads `value`, which stands at `pointer`.
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self>;
}

/// The members of a JSON object, read one by one. Members that nobody asked for are faults.
pub struct Fields<'a> {
    members: Map<String, Value>,
    pointer: &'a str,
    reader: &'a mut Reader,
}

impl<'a> Fields<'a> {
    /// Opens the object `value` at `pointer`.
    pub fn open(value: Value, pointer: &'a str, reader: &'a mut Reader) -> Option<Self> {
        if let Value::Object(members) = value {
            return Some(Self {
                members,
                pointer,
                reader,
            });
        }
        reader.refuse(pointer, wrong_type("an object", &value));
        None
    }

    /// Reads a member that has to be there.
    pub fn required<T: FromJson>(&mut self, name: &str) -> Option<T> {
        let pointer = self.at(name);
        if let Some(value) = self.members.remove(name) {
            return T::from_json(value, &pointer, self.reader);
        }
        self.reader
            .refuse(&pointer, Invalid::new("required", "is required"));
        None
    }

    /// Reads a member that may be missing: `Some(None)` if it is, None if it is there and wrong.
    pub fn optional<T: FromJson>(&mut self, name: &str) -> Option<Option<T>> {
        let pointer = self.at(name);
        match self.members.remove(name) {
            Some(value) => T::from_json(value, &pointer, self.reader).map(Some),
            None => Some(None),
        }
    }

    /// Whether the member was given and not read yet.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// Notes a fault of the object as a whole, or of one member.
    pub fn refuse(&mut self, name: Option<&str>, invalid: Invalid) {
        let pointer = name.map_or_else(|| self.pointer.to_owned(), |name| self.at(name));
        self.reader.refuse(&pointer, invalid);
    }

    /// Ends the object: what was not read is unknown. None if there was such a member.
    #[must_use]
    pub fn finish(self) -> Option<()> {
        for name in self.members.keys() {
            let pointer = format!("{}/{}", self.pointer, escape(name));
            self.reader.refuse(
                &pointer,
                Invalid::new("unknown_field", "is not a field of this request"),
            );
        }
        self.members.is_empty().then_some(())
    }

    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }
}

/// A member name inside a JSON pointer (RFC 6901), cut to a sane length.
fn escape(name: &str) -> String {
    name.chars()
        .take(100)
        .collect::<String>()
        .replace('~', "~0")
        .replace('/', "~1")
}

fn wrong_type(expected: &str, value: &Value) -> Invalid {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Invalid::new("invalid_type", format!("must be {expected}, not {got}"))
}

/// Reads a string and parses it by the rule of `T`.
pub fn text<T>(
    value: Value,
    pointer: &str,
    reader: &mut Reader,
    parse: impl FnOnce(String) -> Result<T, Invalid>,
) -> Option<T> {
    if let Value::String(raw) = value {
        return reader.check(pointer, parse(raw));
    }
    reader.refuse(pointer, wrong_type("a string", &value));
    None
}

/// An integer that fits 64 bits. No float is one, not even `1.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Integer(pub i64);

impl FromJson for Integer {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let Value::Number(number) = &value else {
            reader.refuse(pointer, wrong_type("an integer", &value));
            return None;
        };
        if let Some(integer) = number.as_i64() {
            return Some(Self(integer));
        }
        let invalid = if number.is_u64()
            || number
                .as_f64()
                .is_some_and(|n| n.abs() >= 9e18 && n.fract() == 0.0)
        {
            Invalid::new("out_of_range", "is too large")
        } else {
            Invalid::new("invalid_type", "must be an integer, without decimals")
        };
        reader.refuse(pointer, invalid);
        None
    }
}

/// A count between 0 and `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count<const MAX: i64>(pub i64);

impl<const MAX: i64> FromJson for Count<MAX> {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let Integer(count) = Integer::from_json(value, pointer, reader)?;
        if (0..=MAX).contains(&count) {
            return Some(Self(count));
        }
        reader.refuse(
            pointer,
            Invalid::new("out_of_range", format!("must be between 0 and {MAX}")),
        );
        None
    }
}

impl FromJson for Quantity {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let Integer(count) = Integer::from_json(value, pointer, reader)?;
        reader.check(pointer, Self::new(count))
    }
}

impl FromJson for Currency {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        text(value, pointer, reader, |raw| raw.parse())
    }
}

macro_rules! from_json_id {
    ($($id:ty),+) => {
        $(impl FromJson for $id {
            fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
                text(value, pointer, reader, |raw| raw.parse())
            }
        })+
    };
}
from_json_id!(UserId, ProductId, OrderId);

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        let Value::Array(items) = value else {
            reader.refuse(pointer, wrong_type("an array", &value));
            return None;
        };
        let read: Vec<Option<T>> = items
            .into_iter()
            .enumerate()
            .map(|(index, item)| T::from_json(item, &format!("{pointer}/{index}"), reader))
            .collect();
        read.into_iter().collect()
    }
}

/// A price as clients write it: `{"amount", "currency"?}`, or a plain integer of minor units. Without a currency it is in the
/// marketplace's, which the reader does not know: see [`Price::in_currency`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    amount: i64,
    currency: Option<Currency>,
}

impl Price {
    /// The price, in `default` if it named no currency.
    #[must_use]
    pub fn in_currency(self, default: Currency) -> Money {
        Money::new(self.amount, self.currency.unwrap_or(default))
    }
}

impl FromJson for Price {
    fn from_json(value: Value, pointer: &str, reader: &mut Reader) -> Option<Self> {
        if value.is_number() {
            let Integer(amount) = Integer::from_json(value, pointer, reader)?;
            let money = reader.check(pointer, Money::positive(amount, Currency::USD))?;
            return Some(Self {
                amount: money.amount,
                currency: None,
            });
        }
        if !value.is_object() {
            reader.refuse(
                pointer,
                wrong_type("a money object or an integer of minor units", &value),
            );
            return None;
        }
        let mut fields = Fields::open(value, pointer, reader)?;
        let amount = fields
            .required::<Integer>("amount")
            .and_then(|Integer(amount)| {
                let at = fields.at("amount");
                fields
                    .reader
                    .check(&at, Money::positive(amount, Currency::USD))
            });
        let currency = fields.optional("currency");
        fields.finish()?;
        Some(Self {
            amount: amount?.amount,
            currency: currency?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    fn faults<T: FromJson>(value: Value) -> Vec<(String, &'static str)> {
        let mut reader = Reader::default();
        let read = T::from_json(value, "", &mut reader);
        let errors = reader.into_errors();
        assert_eq!(read.is_none(), !errors.is_empty());
        errors
            .into_iter()
            .map(|error| (error.pointer, error.code))
            .collect()
    }

    #[rstest]
    #[case(json!(1.0), "invalid_type")]
    #[case(json!(1.5), "invalid_type")]
    #[case(json!("1"), "invalid_type")]
    #[case(json!(true), "invalid_type")]
    #[case(json!(null), "invalid_type")]
    #[case(json!(0), "out_of_range")]
    #[case(json!(-1), "out_of_range")]
    #[case(json!(9_007_199_254_740_992i64), "out_of_range")]
    #[case(json!(u64::MAX), "out_of_range")]
    #[case(serde_json::from_str("1e400").unwrap_or(json!(1e300)), "out_of_range")]
    fn an_amount_is_a_positive_integer_and_nothing_else(#[case] value: Value, #[case] code: &str) {
        assert_eq!(faults::<Price>(value.clone()), [(String::new(), code)]);
        assert_eq!(
            faults::<Price>(json!({"amount": value})),
            [("/amount".to_owned(), code)]
        );
    }

    #[test]
    fn all_faults_are_reported_at_once_with_their_places() {
        let found =
            faults::<Vec<Price>>(json!([{"amount": 0, "currency": "usd", "a/b": 1}, 5, "x", {}]));
        let expected = [
            ("/0/amount", "out_of_range"),
            ("/0/currency", "invalid_currency"),
            ("/0/a~1b", "unknown_field"),
            ("/2", "invalid_type"),
            ("/3/amount", "required"),
        ];
        assert_eq!(
            found,
            expected.map(|(pointer, code)| (pointer.to_owned(), code))
        );
    }
}
