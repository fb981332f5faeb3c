//! Languages: the texts of the pages, and which language a browser gets.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};

use crate::files::Files;

/// A language with its texts.
#[derive(Debug)]
pub(crate) struct Lang {
    /// Its code, such as `en`.
    pub(crate) code: String,
    texts: BTreeMap<String, String>,
}

impl Lang {
    /// All languages; English, the first, stands in for those that there are no texts for.
    ///
    /// # Errors
    /// If a message file is no TOML of texts.
    pub(crate) fn all(files: &Files) -> anyhow::Result<Vec<Self>> {
        let mut paths: Vec<_> = Files::own("messages/").collect();
        paths.sort_by_key(|path| *path != "messages/en.toml");
        let all = paths.into_iter().map(|path| {
            let text = files.text(path)?.context("a message file is missing")?;
            let code = path.trim_start_matches("messages/");
            let code = code.trim_end_matches(".toml").to_owned();
            let table: toml::Table = text.parse().with_context(|| path.to_owned())?;
            let mut texts = BTreeMap::new();
            flatten("", table, &mut texts).with_context(|| path.to_owned())?;
            Ok(Self { code, texts })
        });
        let all: Vec<_> = all.collect::<anyhow::Result<_>>()?;
        ensure!(!all.is_empty(), "there are no message files");
        Ok(all)
    }

    /// A language without texts.
    pub(crate) fn none() -> &'static Self {
        static NONE: Lang = Lang {
            code: String::new(),
            texts: BTreeMap::new(),
        };
        &NONE
    }

    /// The text of `key`, if there is one.
    pub(crate) fn find(&self, key: &str) -> Option<&str> {
        self.texts.get(key).map(String::as_str)
    }

    /// The text of `key` with `arguments` in the places of their names: `{name}`. With an argument `count`, a text may have the forms
    /// `.one` and `.other`.
    pub(crate) fn text(&self, key: &str, arguments: &[(String, String)]) -> Option<String> {
        let counted = || {
            let (_, count) = arguments.iter().find(|(name, _)| name == "count")?;
            let form = if count == "1" { "one" } else { "other" };
            self.find(&format!("{key}.{form}"))
        };
        let mut text = self.find(key).or_else(counted)?.to_owned();
        for (name, value) in arguments {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        Some(text)
    }

    #[cfg(test)]
    pub(crate) fn texts(&self) -> &BTreeMap<String, String> {
        &self.texts
    }
}

fn flatten(
    place: &str,
    table: toml::Table,
    texts: &mut BTreeMap<String, String>,
) -> anyhow::Result<()> {
    for (name, value) in table {
        let key = if place.is_empty() {
            name
        } else {
            format!("{place}.{name}")
        };
        match value {
            toml::Value::String(text) => {
                texts.insert(key, text);
            }
            toml::Value::Table(table) => flatten(&key, table, texts)?,
            toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_) => bail!("{key} is no text"),
        }
    }
    Ok(())
}

/// The one of `known` that a browser wants most: by its cookie, else by `Accept-Language` (RFC 9110 section 12.5.4). The first one, if it
/// wants none of them.
pub(crate) fn chosen<L: AsRef<Lang>>(known: &[L], cookie: Option<&str>, accepted: &str) -> usize {
    let place = |code: &str| known.iter().position(|lang| lang.as_ref().code == code);
    if let Some(place) = cookie.and_then(place) {
        return place;
    }
    let mut wanted: Vec<(f32, usize)> = accepted
        .split(',')
        .filter_map(|range| {
            let (tag, weight) = range.split_once(';').unwrap_or((range, "q=1"));
            let weight = weight.trim().strip_prefix("q=")?.parse::<f32>().ok()?;
            let primary = tag.trim().split('-').next()?.to_ascii_lowercase();
            Some((weight, place(&primary)?))
        })
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    wanted.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    wanted.first().map_or(0, |(_, place)| *place)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rstest::rstest;

    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let parts = text.split('{').skip(1);
        let mut names: Vec<_> = parts.filter_map(|part| part.split('}').next()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_languages_have_the_same_texts_with_the_same_places() {
        let all = Lang::all(&Files::default()).unwrap();
        let [english, others @ ..] = all.as_slice() else {
            panic!("no languages");
        };
        assert_eq!(english.code, "en");
        assert!(!others.is_empty());
        for other in others {
            let keys = |lang: &Lang| lang.texts().keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(english), keys(other), "{}", other.code);
            for (key, text) in english.texts() {
                let theirs = other.find(key).unwrap();
                assert!(!theirs.trim().is_empty(), "{key}");
                assert_eq!(placeholders(text), placeholders(theirs), "{key}");
            }
        }
    }

    #[rstest]
    #[case(None, "", "en")]
    #[case(None, "de", "de")]
    #[case(None, "de-AT,en;q=0.5", "de")]
    #[case(None, "fr, en;q=0.8, de;q=0.9", "de")]
    #[case(None, "de;q=0, en", "en")]
    #[case(None, "fr", "en")]
    #[case(None, "de;q=x", "en")]
    #[case(Some("de"), "en", "de")]
    #[case(Some("xx"), "de", "de")]
    fn the_cookie_wins_and_then_the_wish_with_the_most_weight(
        #[case] cookie: Option<&str>,
        #[case] accepted: &str,
        #[case] expected: &str,
    ) {
        let all: Vec<_> = Lang::all(&Files::default())
            .unwrap()
            .into_iter()
            .map(Arc::new)
            .collect();
        assert_eq!(all[chosen(&all, cookie, accepted)].code, expected);
    }
}
