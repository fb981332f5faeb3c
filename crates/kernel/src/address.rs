//! Postal addresses: where a parcel goes. An address is personal data, so nothing here prints what it holds: `Debug` writes the name
//! of the type only, and there is no `Display`. Services keep it and show it to those who may see it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Country, Invalid, one_line};

macro_rules! address_text {
    ($(#[$doc:meta])* $name:ident, $min:literal..=$max:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                crate::text_schema::one_line($min, $max)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {}

        impl $name {
            /// Parses `raw` without the space around it.
            ///
            /// # Errors
            /// As [`one_line`].
            pub fn parse(raw: &str) -> Result<Self, Invalid> {
                one_line(raw, $min, $max).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        redacted!($name);

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(raw: String) -> Result<Self, Invalid> {
                Self::parse(&raw)
            }
        }
    };
}

macro_rules! redacted {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    };
}

address_text!(
    /// Who receives the parcel, 1 to 100 characters.
    Recipient, 1..=100
);
address_text!(
    /// A line of an address, such as the street and the number in it, 1 to 200 characters.
    AddressLine, 1..=200
);
address_text!(
    /// A town or city, 1 to 100 characters.
    City, 1..=100
);
address_text!(
    /// A state, province or county, 1 to 100 characters.
    Region, 1..=100
);
address_text!(
    /// A postal code, 1 to 20 characters. Its form differs by country and is not checked.
    PostalCode, 1..=20
);

/// A telephone number as people write it: 4 to 20 digits, a `+` in front for an international one, and spaces, `-`, `.`, `/` and
/// parentheses between them.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Phone(String);

redacted!(Phone);

impl Phone {
    /// The most characters that a number has, with what stands between its digits.
    const MAX: usize = 40;

    /// Parses `raw` without the space around it.
    ///
    /// # Errors
    /// As [`one_line`], and `invalid_phone`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let text = one_line(raw, 1, Self::MAX)?;
        let number = text.strip_prefix('+').unwrap_or(&text);
        let digits = number.bytes().filter(u8::is_ascii_digit).count();
        let allowed = |c: char| c.is_ascii_digit() || " -./()".contains(c);
        if (4..=20).contains(&digits) && number.chars().all(allowed) {
            return Ok(Self(text));
        }
        Err(Invalid::new(
            "invalid_phone",
            "must be a telephone number of 4 to 20 digits, such as +44 20 7946 0000",
        ))
    }

    /// The number as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Phone {
    type Error = Invalid;
    fn try_from(raw: String) -> Result<Self, Invalid> {
        Self::parse(&raw)
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Phone {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .max_length(Some(Self::MAX))
            .pattern(Some(r"^\+?[ ./()-]*([0-9][ ./()-]*){4,20}$"))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Phone {}

/// A postal address. Its JSON is the one of the API, and what stores keep.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "Ada Lovelace", "line1": "12 St James's Square", "city": "London", "postalCode": "SW1Y 4JH", "country": "GB"})))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PostalAddress {
    /// Who receives the parcel.
    pub name: Recipient,
    /// Street and number, or what stands for them.
    pub line1: AddressLine,
    /// What does not fit in the first line: a flat, a company, a floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line2: Option<AddressLine>,
    /// Town or city.
    pub city: City,
    /// State, province or county, where addresses have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Postal code.
    pub postal_code: PostalCode,
    /// The country.
    pub country: Country,
    /// For the carrier's questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

redacted!(PostalAddress);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn full() -> Value {
        json!({
            "name": "Ada Lovelace", "line1": "12 St James's Square", "line2": "Flat 3", "city": "London",
            "region": "Greater London", "postalCode": "SW1Y 4JH", "country": "GB", "phone": "+44 20 7946 0000",
        })
    }

    fn read(address: Value) -> Result<PostalAddress, serde_json::Error> {
        serde_json::from_value(address)
    }

    #[test]
    fn what_is_stored_is_read_back_unchanged() {
        let address = read(full()).unwrap();
        assert_eq!(serde_json::to_value(&address).unwrap(), full());
        let mut short = full();
        for optional in ["line2", "region", "phone"] {
            short.as_object_mut().unwrap().remove(optional);
        }
        let address = read(short.clone()).unwrap();
        assert_eq!(serde_json::to_value(&address).unwrap(), short);
    }

    #[test]
    fn every_field_is_checked_also_when_it_comes_from_a_store() {
        for (field, bad) in [
            ("name", ""),
            ("name", "Ada\u{202E}"),
            ("line1", "a\r\nb"),
            ("line2", "\u{200B}"),
            ("city", "Lon\u{0}don"),
            ("region", "\u{2067}x"),
            ("postalCode", "123456789012345678901"),
            ("country", "uk"),
            ("phone", "call me"),
        ] {
            let mut address = full();
            address[field] = json!(bad);
            assert!(read(address).is_err(), "{field}: {bad:?}");
        }
    }

    #[test]
    fn a_missing_or_unknown_field_is_refused() {
        for required in ["name", "line1", "city", "postalCode", "country"] {
            let mut address = full();
            address.as_object_mut().unwrap().remove(required);
            assert!(read(address).is_err(), "{required}");
        }
        let mut address = full();
        address["planet"] = json!("Earth");
        assert!(read(address).is_err());
    }

    #[test]
    fn a_phone_number_is_digits_and_what_people_put_between_them() {
        for good in ["112233", "+49 (0)30/1234-567", "030.1234.567", " 1234 "] {
            assert!(Phone::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "123",
            "+",
            "12 34 x5",
            "++4912345",
            "49+12345",
            "123456789012345678901",
            "١٢٣٤٥",
        ] {
            assert_eq!(
                Phone::parse(bad).unwrap_err().code,
                "invalid_phone",
                "{bad}"
            );
        }
    }

    #[test]
    fn nothing_of_an_address_is_printed() {
        let address = read(full()).unwrap();
        assert_eq!(format!("{address:?}"), "PostalAddress(redacted)");
        let PostalAddress {
            name, line1, line2, ..
        } = &address;
        let printed = format!("{name:?} {line1:?} {line2:?} {:?}", address.phone);
        assert_eq!(
            printed,
            "Recipient(redacted) AddressLine(redacted) Some(AddressLine(redacted)) Some(Phone(redacted))"
        );
    }

    proptest! {
        #[test]
        fn what_is_taken_is_taken_again_unchanged(raw in any::<String>()) {
            if let Ok(line) = AddressLine::parse(&raw) {
                prop_assert_eq!(AddressLine::parse(line.as_str()).unwrap(), line);
            }
        }
    }
}
