//! A postal address in a request. Read as a member of a body (`shippingAddress: PostalAddress`), with a fault for each field of it.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use kernel::{AddressLine, City, Country, Phone, PostalAddress, PostalCode, Recipient, Region};

use super::faults::Faults;
use crate::read_by_rule;

read_by_rule! {
    Recipient: String => |raw| Self::parse(&raw);
    AddressLine: String => |raw| Self::parse(&raw);
    City: String => |raw| Self::parse(&raw);
    Region: String => |raw| Self::parse(&raw);
    PostalCode: String => |raw| Self::parse(&raw);
    Country: String => |raw| raw.parse();
    Phone: String => |raw| Self::parse(&raw);
}

/// The members of an address. The type itself cannot derive this: the kernel knows no requests.
#[derive(Deserr)]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
struct Members {
    name: Recipient,
    line1: AddressLine,
    #[deserr(default)]
    line2: Option<AddressLine>,
    city: City,
    #[deserr(default)]
    region: Option<Region>,
    postal_code: PostalCode,
    country: Country,
    #[deserr(default)]
    phone: Option<Phone>,
}

impl Deserr<Faults> for PostalAddress {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let members = Members::deserialize_from_value(value, place)?;
        Ok(Self {
            name: members.name,
            line1: members.line1,
            line2: members.line2,
            city: members.city,
            region: members.region,
            postal_code: members.postal_code,
            country: members.country,
            phone: members.phone,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_of_an_address_is_reported_at_once() {
        let body = json!({
            "name": "A\u{202E}", "line1": "", "line2": null, "city": "x".repeat(101), "country": "UK",
            "phone": "none", "planet": "Earth",
        });
        let faults = deserr::deserialize::<PostalAddress, _, Faults>(body).unwrap_err();
        let found: Vec<(String, &str)> = faults
            .into_errors()
            .into_iter()
            .map(|fault| (fault.pointer, fault.code))
            .collect();
        let expected = [
            ("/city", "too_long"),
            ("/country", "invalid_country"),
            ("/line1", "too_short"),
            ("/name", "invalid_character"),
            ("/phone", "invalid_phone"),
            ("/planet", "unknown_field"),
            ("/postalCode", "required"),
        ];
        assert_eq!(
            found,
            expected.map(|(pointer, code)| (pointer.to_owned(), code))
        );
    }

    #[test]
    fn what_is_read_is_the_address_without_the_space_around_its_fields() {
        let body = json!({
            "name": " Ada ", "line1": "1 High Street", "city": "York", "postalCode": "YO1 7HH", "country": "GB",
        });
        let address = deserr::deserialize::<PostalAddress, _, Faults>(body).unwrap();
        assert_eq!(address.name.as_str(), "Ada");
        assert_eq!(address.line2, None);
    }
}
