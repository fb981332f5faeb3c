//! A category of the operator's tree.

use kernel::{CategoryId, Invalid};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::fold::plain;
use super::{Attribute, Names};

/// A category's name in addresses: small letters and digits, with `-` between them, at most 64. No two categories have the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    const MOST: usize = 64;

    /// Parses `raw`.
    ///
    /// # Errors
    /// `invalid_slug`.
    pub fn parse(raw: &str) -> Result<Self, Invalid> {
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        };
        if raw.len() <= Self::MOST && raw.split('-').all(is_word) {
            return Ok(Self(raw.to_owned()));
        }
        let detail = "must be 1 to 64 small letters and digits, with single - between them";
        Err(Invalid::new("invalid_slug", detail))
    }

    /// The first slug for `name` that is free. A name without a letter of ASCII gives `category`, with a number.
    pub(super) fn of(name: &str, is_free: impl Fn(&Self) -> bool) -> Self {
        let mut base = String::new();
        for c in plain(name).chars() {
            if base.len() >= 50 {
                break;
            }
            if c.is_ascii_alphanumeric() {
                base.push(c.to_ascii_lowercase());
            } else if !base.is_empty() && !base.ends_with('-') {
                base.push('-');
            }
        }
        let base = match base.trim_end_matches('-') {
            "" => "category",
            words => words,
        };
        let numbered = (2_u64..).map(|number| Self(format!("{base}-{number}")));
        let mut all = std::iter::once(Self(base.to_owned())).chain(numbered);
        all.find(|slug| is_free(slug))
            .unwrap_or_else(|| Self(base.to_owned()))
    }

    /// The slug.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialSchema for Slug {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        let text = text.min_length(Some(1)).max_length(Some(Self::MOST));
        text.pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$")).into()
    }
}

impl ToSchema for Slug {}

/// A category of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoryNode {
    /// Its id. Ids increase with every category.
    #[serde(rename = "_id")]
    pub id: CategoryId,
    /// The category that it is part of. None at the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<CategoryId>,
    /// Its name in addresses.
    pub slug: Slug,
    /// Its names. No category beside it has one of them.
    pub names: Names,
    /// The attributes that it defines, for itself and for all below it.
    pub attributes: Vec<Attribute>,
    /// Whether no products may be added. Those that are in it stay.
    pub retired: bool,
    /// Increases with every change.
    pub version: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("lamps", true)]
    #[case("desk-lamps-2", true)]
    #[case("", false)]
    #[case("Lamps", false)]
    #[case("-lamps", false)]
    #[case("desk--lamps", false)]
    #[case("lämpchen", false)]
    fn a_slug_is_words_of_small_letters(#[case] raw: &str, #[case] good: bool) {
        assert_eq!(Slug::parse(raw).is_ok(), good);
        assert!(Slug::parse(&"x".repeat(65)).is_err());
    }

    #[rstest]
    #[case("Home & Garden", "home-garden")]
    #[case("Café", "cafe")]
    #[case("灯", "category")]
    #[case("  taken ", "taken-3")]
    fn a_slug_is_made_of_the_name_and_free(#[case] name: &str, #[case] expected: &str) {
        let is_free = |slug: &Slug| !["taken", "taken-2"].contains(&slug.as_str());
        let slug = Slug::of(name, is_free);
        assert_eq!(slug.as_str(), expected);
        assert!(Slug::parse(Slug::of(&"ab ".repeat(100), |_| true).as_str()).is_ok());
    }
}
