//! Names in several languages.

use std::collections::BTreeMap;
use std::str::FromStr;

use kernel::Invalid;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::Category;
use super::fold::caseless;

/// A language tag (BCP 47), such as `en` or `pt-BR`. Compared without regard to case; kept in small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

impl Language {
    /// The tag of a text in an unspecified language.
    const UNDETERMINED: &'static str = "und";
    const PATTERN: &'static str = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$";

    /// The first part, without script and region.
    fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = Invalid;

    /// # Errors
    /// `invalid_language`.
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        let mut parts = raw.split('-');
        let is_primary = |part: &str| {
            (2..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphabetic())
        };
        let is_subtag = |part: &str| {
            (2..=8).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_alphanumeric())
        };
        if parts.next().is_some_and(is_primary) && parts.all(is_subtag) && raw.len() <= 35 {
            Ok(Self(raw.to_ascii_lowercase()))
        } else {
            let detail = "must be a language tag such as en or pt-BR";
            Err(Invalid::new("invalid_language", detail))
        }
    }
}

/// A name in each of some languages; at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(BTreeMap<Language, String>);

impl PartialSchema for Names {
    fn schema() -> RefOr<Schema> {
        let language = ObjectBuilder::new().schema_type(Type::String);
        let language = language.pattern(Some(Language::PATTERN));
        ObjectBuilder::new()
            .property_names(Some(language))
            .additional_properties(Some(AdditionalProperties::RefOr(Category::schema())))
            .min_properties(Some(1))
            .max_properties(Some(Self::MOST))
            .description(Some("A name for each language tag."))
            .examples([serde_json::json!({"en": "Lamps", "de": "Lampen"})])
            .into()
    }
}

impl ToSchema for Names {}

impl Names {
    /// Most languages.
    pub const MOST: usize = 30;

    /// Checks how many there are.
    ///
    /// # Errors
    /// `too_few` without any, `too_many` with more than [`Names::MOST`].
    pub fn new(names: BTreeMap<Language, Category>) -> Result<Self, Invalid> {
        if names.is_empty() {
            return Err(Invalid::new("too_few", "must have a name in one language"));
        }
        if names.len() > Self::MOST {
            let detail = format!("must have names in at most {} languages", Self::MOST);
            return Err(Invalid::new("too_many", detail));
        }
        let names = names.into_iter();
        let names = names.map(|(language, name)| (language, name.into_string()));
        Ok(Self(names.collect()))
    }

    /// One name in an unspecified language.
    #[must_use]
    pub fn undetermined(name: &Category) -> Self {
        let language = Language(Language::UNDETERMINED.to_owned());
        Self(BTreeMap::from([(language, name.as_str().to_owned())]))
    }

    /// The name in the first of the `wanted` languages in which there is one: exactly that language, or another variety of it. Else in
    /// English, else any.
    #[must_use]
    pub fn best(&self, wanted: &[Language]) -> &str {
        let of = |language: &Language| {
            let exact = self.0.get(language);
            exact.or_else(|| self.variety(language.primary()))
        };
        let found = wanted.iter().find_map(of).or_else(|| self.variety("en"));
        let found = found.or_else(|| self.0.values().next());
        found.map(String::as_str).unwrap_or_default()
    }

    fn variety(&self, primary: &str) -> Option<&String> {
        let mut all = self.0.iter();
        all.find(|(language, _)| language.primary() == primary)
            .map(|(_, name)| name)
    }

    /// The names as they are compared.
    pub(super) fn keys(&self) -> impl Iterator<Item = String> {
        self.0.values().map(|name| caseless(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn names(all: &[(&str, &str)]) -> Names {
        let parsed = all
            .iter()
            .map(|(language, name)| (language.parse().unwrap(), Category::parse(name).unwrap()));
        Names::new(parsed.collect()).unwrap()
    }

    #[rstest]
    #[case(&["de"], "Lampen")]
    #[case(&["de-AT"], "Lampen")]
    #[case(&["pt"], "Luminárias")]
    #[case(&["PT-br"], "Luminárias")]
    #[case(&["ja", "de"], "Lampen")]
    #[case(&["ja"], "Lamps")]
    #[case(&[], "Lamps")]
    fn the_best_name_is_in_the_first_language_that_has_one(
        #[case] wanted: &[&str],
        #[case] expected: &str,
    ) {
        let all = names(&[("de", "Lampen"), ("en", "Lamps"), ("pt-BR", "Luminárias")]);
        let wanted: Vec<Language> = wanted.iter().map(|tag| tag.parse().unwrap()).collect();
        assert_eq!(all.best(&wanted), expected);
    }

    #[test]
    fn a_name_in_any_language_is_better_than_none() {
        let undetermined = Names::undetermined(&Category::parse("Lampen").unwrap());
        assert_eq!(undetermined.best(&["fr".parse().unwrap()]), "Lampen");
        assert_eq!(Names::new(BTreeMap::new()).unwrap_err().code, "too_few");
    }

    #[rstest]
    #[case("en", true)]
    #[case("zh-Hant-TW", true)]
    #[case("und", true)]
    #[case("e", false)]
    #[case("", false)]
    #[case("en_GB", false)]
    #[case("en-", false)]
    #[case("english", false)]
    #[case("*", false)]
    fn a_language_is_a_tag(#[case] raw: &str, #[case] good: bool) {
        assert_eq!(raw.parse::<Language>().is_ok(), good);
    }
}
