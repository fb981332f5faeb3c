//! Which fields documents have, and of which types: what code that reads them, of whichever release, has to be ready for.

use std::collections::{BTreeMap, BTreeSet};

use chassis::mongo::bson::{Bson, Document};

/// What is known of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    types: BTreeSet<String>,
    /// In how many of the documents that could have it.
    times: usize,
}

/// The fields of a collection's documents, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    fields: BTreeMap<String, Field>,
    /// How many documents there are at a path.
    documents: BTreeMap<String, usize>,
}

impl Shape {
    /// That of `documents`.
    #[must_use]
    pub fn of(documents: &[Document]) -> Self {
        let mut shape = Self::default();
        for document in documents {
            shape.add("", document);
        }
        shape
    }

    fn add(&mut self, path: &str, document: &Document) {
        *self.documents.entry(path.to_owned()).or_default() += 1;
        for (name, value) in document {
            let path = format!("{path}.{name}");
            let field = self.fields.entry(path.clone()).or_insert(Field {
                types: BTreeSet::new(),
                times: 0,
            });
            field.times += 1;
            field.types.insert(format!("{:?}", value.element_type()));
            self.look_into(&path, value);
        }
    }

    fn look_into(&mut self, path: &str, value: &Bson) {
        if let Some(document) = value.as_document() {
            self.add(path, document);
        }
        for value in value.as_array().into_iter().flatten() {
            self.look_into(&format!("{path}[]"), value);
        }
    }

    fn is_always_there(&self, path: &str, field: &Field) -> bool {
        let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
        self.documents.get(parent) == Some(&field.times)
    }

    /// What code that was written for `self` would stumble over in documents of the shape `new`: a field that was always there and
    /// is not, or one of another type. A sentence each.
    #[must_use]
    pub fn broken_by(&self, new: &Self) -> Vec<String> {
        let mut broken = Vec::new();
        for (path, before) in &self.fields {
            let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
            if !new.documents.contains_key(parent) {
                // No document that could have it.
                continue;
            }
            let after = new.fields.get(path);
            if self.is_always_there(path, before)
                && !after.is_some_and(|after| new.is_always_there(path, after))
            {
                broken.push(format!("{path} was always there and is not any more"));
            }
            if let Some(after) = after
                && !after.types.is_subset(&before.types)
            {
                broken.push(format!(
                    "{path} was {:?} and is {:?}",
                    before.types, after.types
                ));
            }
        }
        broken
    }
}

/// `document` as a later release might write it: with a field in it, and in every document inside, that nobody here knows. Keys stay
/// as they are.
#[must_use]
pub fn with_unknown_fields(document: &Document) -> Document {
    let mut more: Document = document
        .iter()
        .map(|(name, value)| {
            let value = if name == "_id" {
                value.clone()
            } else {
                inside(value)
            };
            (name.clone(), value)
        })
        .collect();
    more.insert("of_a_later_release", "unknown here");
    more
}

fn inside(value: &Bson) -> Bson {
    if let Some(document) = value.as_document() {
        return with_unknown_fields(document).into();
    }
    match value.as_array() {
        Some(values) => values.iter().map(inside).collect::<Vec<Bson>>().into(),
        None => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::mongo::bson::doc;

    fn old() -> Vec<Document> {
        vec![
            doc! { "_id": 1, "total": 5_i64, "lines": [ { "price": 1_i64 }, { "price": 2_i64, "note": "x" } ] },
            doc! { "_id": 2, "total": 5_i64, "reason": "late", "lines": [] },
        ]
    }

    fn broken_by(new: &[Document]) -> Vec<String> {
        Shape::of(&old()).broken_by(&Shape::of(new))
    }

    #[test]
    fn the_same_documents_and_those_with_more_in_them_break_nothing() {
        assert_eq!(broken_by(&old()), Vec::<String>::new());
        let more: Vec<Document> = old().iter().map(with_unknown_fields).collect();
        assert_eq!(broken_by(&more), Vec::<String>::new());
    }

    #[test]
    fn a_field_that_may_be_missing_may_go_and_one_that_was_always_there_may_not() {
        let without = doc! { "_id": 1, "total": 5_i64, "lines": [ { "price": 1_i64 } ] };
        assert_eq!(broken_by(&[without]), Vec::<String>::new());
        let without = doc! { "_id": 1, "lines": [ {} ] };
        assert_eq!(
            broken_by(&[without]),
            [
                ".lines[].price was always there and is not any more",
                ".total was always there and is not any more",
            ]
        );
    }

    #[test]
    fn a_field_of_another_type_breaks_wherever_it_is() {
        let other = doc! { "_id": 1, "total": 5_i32, "lines": [ { "price": "1" } ] };
        assert_eq!(broken_by(&[other]).len(), 2);
    }

    #[test]
    fn unknown_fields_are_everywhere_but_in_keys() {
        let document = doc! { "_id": { "a": 1 }, "in": { "b": [ { "c": 1 }, 2 ] } };
        let more = doc! {
            "_id": { "a": 1 },
            "in": {
                "b": [ { "c": 1, "of_a_later_release": "unknown here" }, 2 ],
                "of_a_later_release": "unknown here",
            },
            "of_a_later_release": "unknown here",
        };
        assert_eq!(with_unknown_fields(&document), more);
    }
}
