//! A parsed response of `/metrics`, for tests.

use std::collections::{BTreeMap, BTreeSet};

/// One scrape.
#[derive(Debug, Clone)]
pub struct Scrape {
    text: String,
}

/// A metric family as exposed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExposedFamily {
    /// `counter`, `gauge`, `histogram` or `info`.
    pub kind: String,
    /// Whether it has a help text.
    pub helped: bool,
    /// Its label names, without a histogram's own `le`.
    pub labels: BTreeSet<String>,
}

impl Scrape {
    /// Parses the text of a scrape.
    #[must_use]
    pub fn of(text: String) -> Self {
        Self { text }
    }

    /// Its samples: name, labels, value.
    fn samples(&self) -> impl Iterator<Item = (&str, BTreeMap<&str, &str>, f64)> {
        let lines = self.text.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(|line| {
            let (series, value) = line.rsplit_once(' ')?;
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            let labels = labels.trim_end_matches('}').split("\",");
            let labels = labels.filter_map(|pair| {
                let (name, value) = pair.split_once("=\"")?;
                Some((name, value.trim_end_matches('"')))
            });
            Some((name, labels.collect(), value.parse().ok()?))
        })
    }

    /// The sum of the samples called `name` that have all of `labels`; `None` if there is no such sample.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples()
            .filter(|(found, has, _)| {
                *found == name
                    && labels
                        .iter()
                        .all(|(name, value)| has.get(name) == Some(value))
            })
            .map(|(_, _, value)| value)
            .reduce(|one, other| one + other)
    }

    /// The families, by their names as Prometheus stores them: a counter ends in `_total`, an info in `_info`.
    #[must_use]
    pub fn families(&self) -> BTreeMap<String, ExposedFamily> {
        let mut families: BTreeMap<String, ExposedFamily> = BTreeMap::new();
        let said = |line: &str, word: &str| {
            let rest = line.strip_prefix(word)?;
            let (name, rest) = rest.split_once(' ')?;
            Some((name.to_owned(), rest.to_owned()))
        };
        let mut helped = BTreeSet::new();
        for line in self.text.lines() {
            if let Some((name, help)) = said(line, "# HELP ")
                && !help.is_empty()
            {
                helped.insert(name);
            } else if let Some((name, kind)) = said(line, "# TYPE ") {
                let suffix = match kind.as_str() {
                    "counter" => "_total",
                    "info" => "_info",
                    _ => "",
                };
                let family = ExposedFamily {
                    helped: helped.contains(&name),
                    kind,
                    labels: BTreeSet::new(),
                };
                families.insert(format!("{name}{suffix}"), family);
            }
        }
        for (name, labels, _) in self.samples() {
            let stem = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| name.strip_suffix(suffix))
                .filter(|stem| families.contains_key(*stem))
                .unwrap_or(name);
            if let Some(family) = families.get_mut(stem) {
                let names = labels.keys().filter(|label| **label != "le");
                family.labels.extend(names.map(|label| (*label).to_owned()));
            }
        }
        families
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP a_seconds How long.\n# TYPE a_seconds histogram\n\
        a_seconds_sum{of=\"x, y\"} 1.5\na_seconds_count{of=\"x, y\"} 2\na_seconds_bucket{le=\"+Inf\",of=\"x, y\"} 2\n\
        # HELP b Things.\n# TYPE b counter\nb_total{k=\"1\",l=\"m\"} 3\nb_total{k=\"2\",l=\"m\"} 4\n# EOF\n";

    #[test]
    fn samples_are_summed_by_the_labels_asked_for() {
        let scrape = Scrape::of(TEXT.to_owned());
        assert_eq!(scrape.sum("b_total", &[("l", "m")]), Some(7.0));
        assert_eq!(scrape.sum("b_total", &[("k", "2")]), Some(4.0));
        assert_eq!(scrape.sum("b_total", &[("k", "3")]), None);
        assert_eq!(scrape.sum("a_seconds_count", &[("of", "x, y")]), Some(2.0));
    }

    #[test]
    fn families_have_their_kind_and_labels() {
        let families = Scrape::of(TEXT.to_owned()).families();
        let names: Vec<&str> = families.keys().map(String::as_str).collect();
        assert_eq!(names, ["a_seconds", "b_total"]);
        assert_eq!(families["a_seconds"].kind, "histogram");
        assert!(families["a_seconds"].labels.iter().eq(["of"]));
        assert!(families["b_total"].helped);
        assert!(families["b_total"].labels.iter().eq(["k", "l"]));
    }
}
