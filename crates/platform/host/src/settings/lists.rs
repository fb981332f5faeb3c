//! Settings that are lists, such as `server.cors_origins`: a list in a file, or, as in an environment variable, a text with commas between
//! the items. Written as a text, because the settings know no list that is empty.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn deserialize<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + TryFrom<String, Error = String>,
{
    from.deserialize_any(List(PhantomData))
}

pub(super) fn serialize<T: fmt::Display, S: Serializer>(
    items: &[T],
    to: S,
) -> Result<S::Ok, S::Error> {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    to.serialize_str(&items.join(","))
}

struct List<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + TryFrom<String, Error = String>> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts, or a text with commas between them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(|item| T::try_from(item.to_owned()).map_err(E::custom))
            .collect()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<T>()? {
            items.push(item);
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::settings::{Layers, Settings};

    /// The origins in effect, or what is said of the setting.
    fn origins(file: &str, environment: Option<&str>) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.toml");
        std::fs::write(&path, file).unwrap();
        let name = "MARKETPLACE__SERVER__CORS_ORIGINS".to_owned();
        let environment = environment.map(|value| (name, value.to_owned()));
        let layers = Layers::read(Some(&path), environment, None).unwrap();
        let settings = Settings::read(&layers);
        let settings = settings.map_err(|error| error.to_string())?;
        let no_sections = BTreeMap::<String, String>::new();
        let printed = settings.print(&no_sections).unwrap();
        let origins = settings.server.cors_origins.iter();
        let origins: Vec<String> = origins.map(ToString::to_string).collect();
        for origin in &origins {
            assert!(printed.contains(origin), "{printed}");
        }
        Ok(origins)
    }

    #[test]
    fn origins_are_a_list_in_a_file_and_a_text_in_the_environment() {
        let file = "[server]\ncors_origins = [\"https://a.example\", \"http://localhost:5173\"]\n";
        let of_file = ["https://a.example", "http://localhost:5173"];
        assert_eq!(origins(file, None).unwrap(), of_file);
        let given = Some("https://b.example, https://c.example:8443");
        let of_environment = ["https://b.example", "https://c.example:8443"];
        assert_eq!(origins(file, given).unwrap(), of_environment);
        assert!(origins("", None).unwrap().is_empty());
        assert!(origins(file, Some("")).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_origin_is_refused_with_where_it_came_from_and_what_it_must_be() {
        for (given, should) in [
            ("*", "a scheme, a host"),
            ("https://shop.example/", "send it, https://shop.example"),
            (
                "https://a.example,b.example",
                "\"b.example\" is not an origin",
            ),
        ] {
            let refused = origins("", Some(given)).unwrap_err();
            for part in [
                "server.cors_origins",
                "MARKETPLACE__SERVER__CORS_ORIGINS",
                should,
            ] {
                assert!(refused.contains(part), "{refused}");
            }
        }
        for file in [
            "[server]\ncors_origins = [\"https://*.example\"]\n",
            "[server]\ncors_origins = 7\n",
        ] {
            let refused = origins(file, None).unwrap_err();
            for part in ["server.cors_origins", "m.toml"] {
                assert!(refused.contains(part), "{refused}");
            }
        }
    }

    #[test]
    fn networks_are_given_as_origins_are() {
        let networks = |value: &str| {
            let name = "MARKETPLACE__SERVER__TRUSTED_PROXIES".to_owned();
            let layers = Layers::read(None, [(name, value.to_owned())], None).unwrap();
            let settings = Settings::read(&layers);
            let settings = settings.map_err(|error| error.to_string())?;
            let networks = settings.server.trusted_proxies.iter();
            Ok(networks.map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(networks(""), Ok(Vec::new()));
        assert_eq!(
            networks("127.0.0.1, 10.0.0.0/8").unwrap(),
            ["127.0.0.1/32", "10.0.0.0/8"]
        );
        let refused: Result<_, String> = networks("localhost");
        let refused = refused.unwrap_err();
        for part in ["TRUSTED_PROXIES", "\"localhost\" is not a network"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
}
