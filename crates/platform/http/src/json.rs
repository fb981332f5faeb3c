//! JSON as clients send it. RFC 8259 leaves open what a repeated member means, and parsers differ. We reject it: otherwise a proxy
//! that checks the first and a service that takes the last would see two different requests.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Value};

/// Reads `bytes` as one value. Rejects more than 128 levels of nesting.
pub(super) fn parse(bytes: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(bytes).map(|Unrepeated(value)| value)
}

/// A value in which no object repeats a member name.
struct Unrepeated(Value);

impl<'de> Deserialize<'de> for Unrepeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Builder).map(Self)
    }
}

struct Builder;

impl<'de> Visitor<'de> for Builder {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Unrepeated(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match object.entry(name) {
                Entry::Vacant(free) => {
                    let Unrepeated(value) = members.next_value()?;
                    free.insert(value);
                }
                Entry::Occupied(taken) => {
                    let name: String = taken.key().chars().take(100).collect();
                    return Err(A::Error::custom(format!("the member {name:?} is repeated")));
                }
            }
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"a": 1, "a": 1}"#, "a")]
    #[case(r#"{"a": 1, "b": 2, "\u0061": 3}"#, "a")]
    #[case(r#"[{}, {"x": {"deep": [], "deep": {}}}]"#, "deep")]
    fn a_repeated_member_is_refused_by_its_name(#[case] body: &str, #[case] name: &str) {
        let refused = parse(body.as_bytes()).unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("the member \"{name}\" is repeated at line 1")),
            "{refused}"
        );
    }

    #[test]
    fn one_name_in_different_objects_is_no_repetition() {
        assert!(parse(br#"{"a": {"a": [{"a": 1}, {"a": 2}]}}"#).is_ok());
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(nested(127).as_bytes()).is_ok());
        assert!(parse(nested(100_000).as_bytes()).is_err());
    }

    #[rstest]
    #[case("")]
    #[case("{}{}")]
    #[case("[1,]")]
    #[case("NaN")]
    #[case("'a'")]
    fn what_is_no_json_is_refused(#[case] body: &str) {
        assert!(parse(body.as_bytes()).is_err());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_other_value_is_read_as_serde_json_reads_it(value in value()) {
            let text = value.to_string();
            let theirs: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(parse(text.as_bytes()).unwrap(), theirs);
        }
    }
}
