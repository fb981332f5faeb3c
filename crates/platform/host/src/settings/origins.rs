//! `server.cors_origins`: a list in a file, or, as in an environment variable, a text with commas between the origins. Written as a
//! text, because the settings know no list that is empty.

use std::fmt;

use platform_http::Origin;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Origin>, D::Error> {
    from.deserialize_any(List)
}

pub(super) fn serialize<S: Serializer>(origins: &[Origin], to: S) -> Result<S::Ok, S::Error> {
    let origins: Vec<String> = origins.iter().map(ToString::to_string).collect();
    to.serialize_str(&origins.join(","))
}

struct List;

impl<'de> Visitor<'de> for List {
    type Value = Vec<Origin>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of origins, or a text with commas between them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        text.split(',')
            .map(str::trim)
            .filter(|origin| !origin.is_empty())
            .map(|origin| Origin::try_from(origin.to_owned()).map_err(E::custom))
            .collect()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut origins = Vec::new();
        while let Some(origin) = list.next_element::<Origin>()? {
            origins.push(origin);
        }
        Ok(origins)
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
            for part in ["server.cors_origins", "m.toml", "origin"] {
                assert!(refused.contains(part), "{refused}");
            }
        }
    }
}
