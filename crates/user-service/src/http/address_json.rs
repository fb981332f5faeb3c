//! An address as its owner sends and sees it.

use deserr::Deserr;
use kernel::{
    AddressId, AddressLine, City, Country, Cursor, Phone, PostalAddress, PostalCode, Recipient,
    Region,
};
use platform_http::Faults;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{AddressBook, Kept};

/// An address to keep.
#[derive(Deserr, ToSchema)]
#[serde(rename_all = "camelCase")]
#[deserr(error = Faults, deny_unknown_fields, rename_all = camelCase)]
pub(super) struct AddressRequest {
    /// Who receives the parcel.
    name: Recipient,
    /// Street and number, or what stands for them.
    line1: AddressLine,
    /// What does not fit in the first line: a flat, a company, a floor.
    #[deserr(default)]
    line2: Option<AddressLine>,
    /// Town or city.
    city: City,
    /// State, province or county, where addresses have one.
    #[deserr(default)]
    region: Option<Region>,
    /// Postal code.
    postal_code: PostalCode,
    /// The country.
    country: Country,
    /// For the carrier's questions.
    #[deserr(default)]
    phone: Option<Phone>,
    /// Whether it becomes the default. The first address always does. Left out, nothing changes.
    #[deserr(default)]
    is_default: Option<bool>,
}

impl AddressRequest {
    /// The address, and what was said of the default.
    pub(super) fn into_parts(self) -> (PostalAddress, Option<bool>) {
        let address = PostalAddress {
            name: self.name,
            line1: self.line1,
            line2: self.line2,
            city: self.city,
            region: self.region,
            postal_code: self.postal_code,
            country: self.country,
            phone: self.phone,
        };
        (address, self.is_default)
    }
}

/// An address that a user keeps.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Address)]
pub(super) struct AddressJson<'a> {
    /// Its id.
    id: AddressId,
    /// Who receives the parcel.
    #[schema(example = "Ada Lovelace")]
    name: &'a Recipient,
    /// Street and number, or what stands for them.
    #[schema(example = "12 St James's Square")]
    line1: &'a AddressLine,
    /// What does not fit in the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    line2: Option<&'a AddressLine>,
    /// Town or city.
    #[schema(example = "London")]
    city: &'a City,
    /// State, province or county.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    region: Option<&'a Region>,
    /// Postal code.
    #[schema(example = "SW1Y 4JH")]
    postal_code: &'a PostalCode,
    /// The country.
    country: Country,
    /// For the carrier's questions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    phone: Option<&'a Phone>,
    /// Whether it is the one to propose. As long as a user keeps addresses, one is.
    is_default: bool,
}

/// A page of addresses.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AddressPage<'a> {
    /// The addresses, the newest first.
    items: Vec<AddressJson<'a>>,
    /// Send it as `cursor` to get the next page; null on the last page.
    #[schema(value_type = Option<String>, required = true)]
    next_cursor: Option<Cursor>,
}

impl<'a> AddressJson<'a> {
    /// `kept`, one of `book`.
    pub(super) fn of(book: &AddressBook, kept: &'a Kept) -> Self {
        let address = &kept.address;
        Self {
            id: kept.id,
            name: &address.name,
            line1: &address.line1,
            line2: address.line2.as_ref(),
            city: &address.city,
            region: address.region.as_ref(),
            postal_code: &address.postal_code,
            country: address.country,
            phone: address.phone.as_ref(),
            is_default: book.is_default(kept.id),
        }
    }
}

impl<'a> AddressPage<'a> {
    pub(super) const fn new(items: Vec<AddressJson<'a>>, next_cursor: Option<Cursor>) -> Self {
        Self { items, next_cursor }
    }
}
