//! Reads a JSON body with `deserr`. Every fault is collected with its pointer, and any value returned is valid.
//!
//! A request is one struct: `#[derive(Deserr, ToSchema)] #[deserr(error = Faults, deny_unknown_fields)]`. An optional field is
//! `#[deserr(default)] Option<T>`, and may be null, because clients generated from the document send null for a missing field. A type with
//! its own rule is read by [`read_by_rule!`](crate::read_by_rule), or by `try_from` on its field. Faults come in the order in which members
//! are read: by name, then the missing members.

use std::ops::ControlFlow;

use deserr::{
    DeserializeError, Deserr, ErrorKind, IntoValue, MergeWithError, Value, ValueKind,
    ValuePointerRef,
};
use kernel::{
    CategoryId, Currency, FulfilmentId, ImageId, Invalid, LineId, Money, OrderId, ProductId,
    Quantity, UserId, VariantId,
};
use utoipa::ToSchema;

use super::FieldError;

/// All faults of a body: the error type of every request's `Deserr`.
#[derive(Debug)]
pub struct Faults(Vec<FieldError>);

impl Faults {
    /// One fault, at `place`.
    #[must_use]
    pub fn at(place: ValuePointerRef<'_>, invalid: Invalid) -> Self {
        Self(vec![FieldError::new(pointer(place), invalid)])
    }

    /// A value of a type other than `expected`.
    #[must_use]
    pub fn wrong_type(place: ValuePointerRef<'_>, expected: &str, got: ValueKind) -> Self {
        let detail = format!("must be {expected}, not {}", words(got));
        Self::at(place, Invalid::new("invalid_type", detail))
    }

    /// The faults, in the order found.
    #[must_use]
    pub fn into_errors(self) -> Vec<FieldError> {
        self.0
    }

    /// Reading always continues, so that a client receives every fault at once.
    fn after(self, earlier: Option<Self>) -> ControlFlow<Self, Self> {
        let mut all = earlier.map_or_else(Vec::new, Self::into_errors);
        all.extend(self.0);
        ControlFlow::Continue(Self(all))
    }
}

impl MergeWithError<Self> for Faults {
    fn merge(
        earlier: Option<Self>,
        other: Self,
        _: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        other.after(earlier)
    }
}

impl MergeWithError<Invalid> for Faults {
    fn merge(
        earlier: Option<Self>,
        invalid: Invalid,
        place: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        Self::at(place, invalid).after(earlier)
    }
}

impl DeserializeError for Faults {
    fn error<V: IntoValue>(
        earlier: Option<Self>,
        error: ErrorKind<'_, V>,
        place: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let fault = match error {
            ErrorKind::MissingField { field } => Self::at(
                place.push_key(field),
                Invalid::new("required", "is required"),
            ),
            ErrorKind::UnknownKey { key, .. } => Self::at(
                place.push_key(key),
                Invalid::new("unknown_field", "is not a field of this request"),
            ),
            ErrorKind::IncorrectValueKind { actual, accepted } => {
                wrong_kind(place, &actual, accepted)
            }
            // deserr reports this for an integer that does not fit its Rust type.
            ErrorKind::Unexpected { .. } => {
                Self::at(place, Invalid::new("out_of_range", "is too large"))
            }
            ErrorKind::UnknownValue { accepted, .. } => {
                let detail = format!("must be one of {}", accepted.join(", "));
                Self::at(place, Invalid::new("unknown_value", detail))
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                let detail = format!("must have {expected} items");
                Self::at(place, Invalid::new("invalid_length", detail))
            }
        };
        fault.after(earlier)
    }
}

/// A float is never accepted as an integer, not even `1.0`. An integer too large for 64 bits arrives as a float.
fn wrong_kind<V: IntoValue>(
    place: ValuePointerRef<'_>,
    actual: &Value<V>,
    accepted: &[ValueKind],
) -> Faults {
    let integer = accepted.contains(&ValueKind::Integer);
    if let (true, Value::Float(number)) = (integer, actual) {
        let invalid = if number.abs() >= 9e18 && number.fract() == 0.0 {
            Invalid::new("out_of_range", "is too large")
        } else {
            Invalid::new("invalid_type", "must be an integer, without decimals")
        };
        return Faults::at(place, invalid);
    }
    let expected = if integer {
        "an integer"
    } else {
        accepted.first().copied().map_or("another value", words)
    };
    Faults::wrong_type(place, expected, actual.kind())
}

const fn words(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Null => "null",
        ValueKind::Boolean => "a boolean",
        ValueKind::Integer | ValueKind::NegativeInteger | ValueKind::Float => "a number",
        ValueKind::String => "a string",
        ValueKind::Sequence => "an array",
        ValueKind::Map => "an object",
    }
}

/// The JSON pointer (RFC 6901) to `place`, with each name truncated to a reasonable length.
fn pointer(place: ValuePointerRef<'_>) -> String {
    match place {
        ValuePointerRef::Origin => String::new(),
        ValuePointerRef::Index { index, prev } => format!("{}/{index}", pointer(*prev)),
        ValuePointerRef::Key { key, prev } => {
            let name: String = key.chars().take(100).collect();
            let name = name.replace('~', "~0").replace('/', "~1");
            format!("{}/{name}", pointer(*prev))
        }
    }
}

/// `fault` of what is at `place`, after the `earlier` ones: for what is read piece by piece.
#[must_use]
pub fn merged(earlier: Option<Faults>, fault: Faults, place: ValuePointerRef<'_>) -> Faults {
    match Faults::merge(earlier, fault, place) {
        ControlFlow::Continue(all) | ControlFlow::Break(all) => all,
    }
}

/// Reads a `Raw` and converts it to a `T` by `rule`. Called by [`read_by_rule!`](crate::read_by_rule).
pub fn by_rule<Raw: Deserr<Faults>, T, V: IntoValue>(
    value: Value<V>,
    place: ValuePointerRef<'_>,
    rule: impl FnOnce(Raw) -> Result<T, Invalid>,
) -> Result<T, Faults> {
    let raw = Raw::deserialize_from_value(value, place)?;
    rule(raw).map_err(|invalid| Faults::at(place, invalid))
}

/// Implements reading for types: `Type: Raw => rule;` reads a `Raw` (`String`, `i64`) and converts it by the rule, a function from `Raw`
/// to `Result<Type, Invalid>`.
#[macro_export]
macro_rules! read_by_rule {
    ($($type:ty: $raw:ty => $rule:expr;)+) => {$(
        impl ::deserr::Deserr<$crate::Faults> for $type {
            fn deserialize_from_value<V: ::deserr::IntoValue>(
                value: ::deserr::Value<V>,
                place: ::deserr::ValuePointerRef<'_>,
            ) -> ::std::result::Result<Self, $crate::Faults> {
                $crate::by_rule::<$raw, Self, V>(value, place, $rule)
            }
        }
    )+};
}

read_by_rule! {
    UserId: String => |raw| raw.parse();
    ProductId: String => |raw| raw.parse();
    VariantId: String => |raw| raw.parse();
    ImageId: String => |raw| raw.parse();
    CategoryId: String => |raw| raw.parse();
    OrderId: String => |raw| raw.parse();
    LineId: String => |raw| raw.parse();
    FulfilmentId: String => |raw| raw.parse();
    Currency: String => |raw| raw.parse();
    Quantity: i64 => Self::new;
    Amount: i64 => Self::new;
}

/// A positive amount of minor units from a client; the currency is given elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = i64, minimum = 1, maximum = 9_007_199_254_740_991i64, example = 1299)]
pub struct Amount(i64);

impl Amount {
    fn new(amount: i64) -> Result<Self, Invalid> {
        // The rule is the same for every currency.
        Money::positive(amount, Currency::USD).map(|money| Self(money.amount))
    }

    /// Minor units.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserr)]
    #[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
    #[expect(dead_code, reason = "only its faults matter")]
    struct Line {
        product_id: ProductId,
        quantity: Quantity,
        #[deserr(default)]
        currency: Option<Currency>,
        #[deserr(default)]
        note: Option<Note>,
    }

    #[derive(Debug)]
    struct Note;

    read_by_rule! {
        Note: String => |raw: String| kernel::one_line(&raw, 1, 3).map(|_| Self);
    }

    const ID: &str = "0199f3a0-5b1c-7c3e-9d52-6f0c1a2b3c4d";

    fn faults<T: Deserr<Faults>>(body: serde_json::Value) -> Vec<FieldError> {
        deserr::deserialize::<T, _, Faults>(body)
            .err()
            .map_or_else(Vec::new, Faults::into_errors)
    }

    #[rstest]
    #[case(json!(1.0), "invalid_type", "must be an integer, without decimals")]
    #[case(json!(-0.0), "invalid_type", "must be an integer, without decimals")]
    #[case(json!(1.5), "invalid_type", "must be an integer, without decimals")]
    #[case(json!("1"), "invalid_type", "must be an integer, not a string")]
    #[case(json!(true), "invalid_type", "must be an integer, not a boolean")]
    #[case(json!(null), "invalid_type", "must be an integer, not null")]
    #[case(json!([1]), "invalid_type", "must be an integer, not an array")]
    #[case(json!({"amount": 1}), "invalid_type", "must be an integer, not an object")]
    #[case(json!(0), "out_of_range", "must be an integer of minor units between 1 and 9007199254740991")]
    #[case(json!(i64::MIN), "out_of_range", "must be an integer of minor units between 1 and 9007199254740991")]
    #[case(json!(9_007_199_254_740_992i64), "out_of_range", "must be an integer of minor units between 1 and 9007199254740991")]
    #[case(json!(9_223_372_036_854_775_808u64), "out_of_range", "is too large")]
    #[case(json!(u64::MAX), "out_of_range", "is too large")]
    #[case(json!(1e300), "out_of_range", "is too large")]
    #[case(json!(-1e19), "out_of_range", "is too large")]
    fn an_amount_is_a_positive_integer_and_nothing_else(
        #[case] value: serde_json::Value,
        #[case] code: &'static str,
        #[case] detail: &str,
    ) {
        let expected = FieldError::new("", Invalid::new(code, detail));
        assert_eq!(faults::<Amount>(value), [expected]);
    }

    #[test]
    fn every_fault_is_reported_at_once_with_its_place() {
        let body = json!([
            {"productId": 5, "quantity": 0, "currency": "usd", "note": "long", "a/b~c": 1},
            {"productId": ID, "quantity": 1},
            "x",
            {},
        ]);
        let found: Vec<(String, &str)> = faults::<Vec<Line>>(body)
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect();
        let expected = [
            ("/0/a~1b~0c", "unknown_field"),
            ("/0/currency", "invalid_currency"),
            ("/0/note", "too_long"),
            ("/0/productId", "invalid_type"),
            ("/0/quantity", "out_of_range"),
            ("/2", "invalid_type"),
            ("/3/productId", "required"),
            ("/3/quantity", "required"),
        ];
        assert_eq!(
            found,
            expected.map(|(pointer, code)| (pointer.to_owned(), code))
        );
    }

    #[test]
    fn what_may_be_left_out_may_be_null_and_nothing_else_may() {
        let body = json!({"productId": ID, "quantity": 1, "currency": null, "note": null});
        assert_eq!(faults::<Line>(body), []);
        let body = json!({"productId": null, "quantity": null});
        let expected = [
            ("/productId", "must be a string, not null"),
            ("/quantity", "must be an integer, not null"),
        ];
        let expected = expected.map(|(pointer, detail)| {
            FieldError::new(pointer, Invalid::new("invalid_type", detail))
        });
        assert_eq!(faults::<Line>(body), expected);
    }

    #[test]
    fn a_long_name_is_cut_in_its_pointer() {
        let mut body = json!({"productId": ID, "quantity": 1});
        body[&"x".repeat(5000)] = json!(1);
        let found = faults::<Line>(body);
        assert_eq!(found[0].pointer, format!("/{}", "x".repeat(100)));
    }
}
