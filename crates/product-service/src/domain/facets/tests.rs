//! Facets: how they are asked for, counted and ordered.

use super::*;
use rstest::rstest;

#[test]
fn facets_are_words_with_commas_between_them() {
    let facets = Facets::parse("category, price,attr.colour,attr.shoe_size").unwrap();
    assert_eq!(facets.of, [Facet::Category, Facet::Price].into());
    assert!(!facets.has(Facet::Seller) && !facets.all_attributes);
    let keys: Vec<_> = facets.attributes.iter().map(AttributeKey::as_str).collect();
    assert_eq!(keys, ["colour", "shoe_size"]);
    assert!(Facets::parse("seller,attr.*").unwrap().all_attributes);
    for (wrong, code) in [
        ("", "unknown_value"),
        ("category,", "unknown_value"),
        ("Category", "unknown_value"),
        ("colour", "unknown_value"),
        ("attr.", "invalid_key"),
        ("attr.Colour", "invalid_key"),
    ] {
        assert_eq!(Facets::parse(wrong).unwrap_err().code, code, "{wrong:?}");
    }
    let many: Vec<String> = (0..51).map(|number| format!("attr.a{number}")).collect();
    assert_eq!(Facets::parse(&many.join(",")).unwrap_err().code, "too_many");
}

#[rstest]
#[case("red", AttributeValue::Text("red".to_owned()), true)]
#[case("red", AttributeValue::Text("Red".to_owned()), false)]
#[case("true", AttributeValue::Boolean(true), true)]
#[case("1", AttributeValue::Boolean(true), false)]
#[case("5", number(5.0), true)]
#[case("5.0", number(5.0), true)]
#[case("5.001", number(5.0), false)]
#[case("5..7", number(5.0), true)]
#[case("5..7", number(7.0), true)]
#[case("5..7", number(7.001), false)]
#[case("-3..-1", number(-2.0), true)]
#[case("..7", number(-99.0), true)]
#[case("5..", number(4.9), false)]
#[case("40..44", AttributeValue::Text("42".to_owned()), true)]
#[case("40..44", AttributeValue::Text("M".to_owned()), false)]
#[case("a..b", AttributeValue::Text("a..b".to_owned()), true)]
#[case("..", AttributeValue::Text("..".to_owned()), true)]
fn a_choice_has_a_value_or_not(
    #[case] chosen: &str,
    #[case] value: AttributeValue,
    #[case] expected: bool,
) {
    assert_eq!(Chosen::parse(chosen).unwrap().has(&value), expected);
}

fn number(raw: f64) -> AttributeValue {
    AttributeValue::Number(Thousandths::parse(raw).unwrap())
}
