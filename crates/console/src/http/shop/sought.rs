//! What a visitor looks for, as the address of the catalogue says it.

use std::collections::BTreeMap;

use crate::fields::{Fields, target};

/// What an address of the catalogue may say besides `attr.{key}`.
const NAMES: [&str; 7] = ["q", "category", "seller", "min", "max", "stock", "sort"];

/// What a visitor looks for.
pub(super) struct Sought(Vec<(String, String)>);

impl Sought {
    pub(super) fn of(query: &Fields) -> Self {
        let pairs = query.0.iter().filter(|(name, value)| {
            let is_known = NAMES.contains(&name.as_str()) || name.starts_with("attr.");
            is_known && !value.trim().is_empty()
        });
        let mut pairs: Vec<_> = pairs.cloned().collect();
        // A form has the ends of a range in two fields.
        let mut ranges: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
        for (key, from) in query.with_prefix("from.") {
            ranges.entry(key).or_default().0 = from;
        }
        for (key, to) in query.with_prefix("to.") {
            ranges.entry(key).or_default().1 = to;
        }
        ranges.retain(|_, (from, to)| !from.is_empty() || !to.is_empty());
        pairs.extend(ranges.into_iter().map(|(key, (from, to))| {
            let range = format!("{from}..{to}").replace(',', ".");
            (format!("attr.{key}"), range)
        }));
        Self(pairs)
    }

    /// The range of `name`, if one was chosen.
    pub(super) fn range(&self, name: &str) -> Option<(&str, &str)> {
        let mut pairs = self.pairs().filter(|(key, _)| *key == name);
        pairs.find_map(|(_, value)| value.split_once(".."))
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter();
        pairs.map(|(name, value)| (name.as_str(), value.trim()))
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let pairs = self.pairs().filter(move |(key, _)| *key == name);
        pairs.map(|(_, value)| value)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    pub(super) fn first(&self, name: &str) -> &str {
        self.pairs()
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value)
    }

    /// The address of the list, with one more pair.
    pub(super) fn address(&self, more: Option<(&str, &str)>) -> String {
        target("/browse", &self.pairs().chain(more).collect::<Vec<_>>())
    }

    /// The address of the list without some pairs.
    pub(super) fn without(
        &self,
        dropped: impl Fn(&str, &str) -> bool,
        more: &[(&str, &str)],
    ) -> String {
        let kept = self.pairs().filter(|(name, value)| !dropped(name, value));
        let all: Vec<_> = kept.chain(more.iter().copied()).collect();
        target("/browse", &all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_sought_and_nothing_else() {
        let seek = |query: &str| Sought::of(&Fields::parse(query.as_bytes()));
        let sought = seek("q=lamp&category=home&category=garden&x=1&min=&attr.colour=red&cursor=a");
        assert_eq!(
            sought.address(Some(("cursor", "b"))),
            "/browse?q=lamp&category=home&category=garden&attr.colour=red&cursor=b"
        );
        assert_eq!(
            seek("from.pages=5&to.pages=&from.size=").address(None),
            "/browse?attr.pages=5.."
        );
        assert_eq!(
            sought.without(|name, value| name == "category" && value == "home", &[]),
            "/browse?q=lamp&category=garden&attr.colour=red"
        );
    }
}
