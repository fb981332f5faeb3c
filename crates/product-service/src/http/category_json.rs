//! Categories and their attributes, as clients send and see them.

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::http::header::{AcceptLanguage, Header as _, HeaderValue};
use deserr::{Deserr, IntoValue, Map as _, Value, ValuePointerRef};
use kernel::{CategoryId, Invalid, one_line};
use platform_http::{Faults, QueryParams, QueryReader, merged, read_by_rule};
use serde::Serialize;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{
    Attribute, AttributeKey, AttributeKind, Category, CategoryNode, Language, Names, Slug, Tree,
};

read_by_rule! {
    Slug: String => |raw| Self::parse(&raw);
    AttributeKey: String => |raw| Self::parse(&raw);
    AttributeChoice: String => |raw| one_line(&raw, 1, 64).map(Self);
    AttributeUnit: String => |raw| one_line(&raw, 1, 16).map(Self);
}

/// A text to choose, 1 to 64 characters.
struct AttributeChoice(String);

impl PartialSchema for AttributeChoice {
    fn schema() -> RefOr<Schema> {
        kernel::text_schema::one_line(1, 64)
    }
}

/// A unit, 1 to 16 characters.
struct AttributeUnit(String);

impl PartialSchema for AttributeUnit {
    fn schema() -> RefOr<Schema> {
        kernel::text_schema::one_line(1, 16)
    }
}

impl ToSchema for AttributeChoice {}

impl ToSchema for AttributeUnit {}

impl Deserr<Faults> for Names {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let Value::Map(given) = value else {
            let expected = "an object of names by language";
            return Err(Faults::wrong_type(place, expected, value.kind()));
        };
        let (mut names, mut faults) = (BTreeMap::new(), None);
        for (tag, name) in given.into_iter() {
            let at = place.push_key(&tag);
            let language = tag.parse::<Language>();
            let language = language.map_err(|invalid| Faults::at(at, invalid));
            match (
                language,
                Category::deserialize_from_value(name.into_value(), at),
            ) {
                (Ok(language), Ok(name)) => {
                    names.insert(language, name);
                }
                (Err(fault), _) | (_, Err(fault)) => faults = Some(merged(faults, fault, at)),
            }
        }
        match faults {
            Some(faults) => Err(faults),
            None => Self::new(names).map_err(|invalid| Faults::at(place, invalid)),
        }
    }
}

/// Which values an attribute takes.
#[derive(Debug, Clone, Copy, Serialize, Deserr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[deserr(error = Faults, rename_all = lowercase)]
#[schema(as = AttributeType)]
pub(super) enum TypeJson {
    /// A line of text, up to 100 characters.
    Text,
    /// A number with up to three decimals.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of the texts in `values`.
    #[deserr(rename = "one_of")]
    OneOf,
}

/// An attribute to define.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(super) struct DefineAttribute {
    /// What it is called in requests: `attr.{key}`.
    key: AttributeKey,
    /// What it is called by people, by language.
    names: Names,
    /// Which values it takes.
    #[deserr(rename = "type")]
    #[schema(rename = "type")]
    kind: TypeJson,
    /// The unit of a number, 1 to 16 characters.
    #[deserr(default)]
    unit: Option<AttributeUnit>,
    /// The texts to choose from, each of 1 to 64 characters; 1 to 200, none twice.
    #[deserr(default)]
    #[schema(min_items = 1, max_items = 200, example = json!(["brass", "steel"]))]
    values: Option<Vec<AttributeChoice>>,
}

/// The definitions of a category.
pub(super) struct Definitions(Vec<Attribute>);

impl Definitions {
    /// Most that a category defines itself.
    const MOST: usize = 30;

    pub(super) fn into_inner(self) -> Vec<Attribute> {
        self.0
    }
}

impl Deserr<Faults> for Definitions {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let given = Vec::<DefineAttribute>::deserialize_from_value(value, place)?;
        if given.len() > Self::MOST {
            let detail = format!("must define at most {} attributes", Self::MOST);
            return Err(Faults::at(place, Invalid::new("too_many", detail)));
        }
        let (mut all, mut faults) = (Vec::new(), None);
        for (index, one) in given.into_iter().enumerate() {
            let at = place.push_index(index);
            match one.read(at) {
                Ok(attribute) => all.push(attribute),
                Err(fault) => faults = Some(merged(faults, fault, at)),
            }
        }
        faults.map_or(Ok(Self(all)), Err)
    }
}

impl DefineAttribute {
    fn read(self, place: ValuePointerRef<'_>) -> Result<Attribute, Faults> {
        let only = |member: &str, kind: &str| {
            let detail = format!("is for the type {kind} only");
            let invalid = Invalid::new("wrong_for_type", detail);
            Err(Faults::at(place.push_key(member), invalid))
        };
        let kind = match (self.kind, self.unit, self.values) {
            (TypeJson::OneOf, None, Some(values)) => {
                let values = values.into_iter().map(|choice| choice.0).collect();
                AttributeKind::one_of(values)
                    .map_err(|invalid| Faults::at(place.push_key("values"), invalid))?
            }
            (TypeJson::OneOf, None, None) => {
                let required = Invalid::new("required", "is required");
                return Err(Faults::at(place.push_key("values"), required));
            }
            (TypeJson::OneOf | TypeJson::Text | TypeJson::Boolean, Some(_), _) => {
                return only("unit", "number");
            }
            (TypeJson::Number | TypeJson::Text | TypeJson::Boolean, _, Some(_)) => {
                return only("values", "one_of");
            }
            (TypeJson::Number, unit, None) => AttributeKind::Number {
                unit: unit.map(|unit| unit.0),
            },
            (TypeJson::Text, None, None) => AttributeKind::Text,
            (TypeJson::Boolean, None, None) => AttributeKind::Boolean,
        };
        Ok(Attribute {
            key: self.key,
            names: self.names,
            kind,
        })
    }
}

/// An attribute of a category.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attribute)]
pub(super) struct AttributeJson<'a> {
    /// What it is called in requests: `attr.{key}`.
    key: &'a AttributeKey,
    /// What it is called in the best of the languages asked for.
    #[schema(example = "Material")]
    name: &'a str,
    /// What it is called in each language.
    names: &'a Names,
    /// Which values it takes.
    r#type: TypeJson,
    /// The unit of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unit: Option<&'a str>,
    /// The texts to choose from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    values: Option<&'a [String]>,
    /// The category that defines it.
    category_id: CategoryId,
}

impl<'a> AttributeJson<'a> {
    fn of(node: &'a CategoryNode, attribute: &'a Attribute, languages: &[Language]) -> Self {
        let (r#type, unit, values) = match &attribute.kind {
            AttributeKind::Text => (TypeJson::Text, None, None),
            AttributeKind::Number { unit } => (TypeJson::Number, unit.as_deref(), None),
            AttributeKind::Boolean => (TypeJson::Boolean, None, None),
            AttributeKind::OneOf { values } => (TypeJson::OneOf, None, Some(values.as_slice())),
        };
        Self {
            key: &attribute.key,
            name: attribute.names.best(languages),
            names: &attribute.names,
            r#type,
            unit,
            values,
            category_id: node.id,
        }
    }
}

/// A category.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CategoryOfTree)]
pub(super) struct CategoryJson<'a> {
    /// Its id.
    id: CategoryId,
    /// Its name in addresses.
    slug: &'a Slug,
    /// Its name in the best of the languages asked for.
    #[schema(example = "Lamps")]
    name: &'a str,
    /// Its name in each language.
    names: &'a Names,
    /// The category that it is part of; null at the root.
    #[schema(value_type = Option<CategoryId>, required = true)]
    parent_id: Option<CategoryId>,
    /// Whether no products may be added: it or a category above it is retired.
    retired: bool,
    /// The attributes of its products. In the list, only those that it defines itself; else those that it inherits, too.
    attributes: Vec<AttributeJson<'a>>,
    /// Rises with every change; the `ETag` is derived from it.
    #[schema(example = 1, minimum = 1)]
    version: i64,
}

impl<'a> CategoryJson<'a> {
    /// With the attributes that it defines itself.
    pub(super) fn listed(tree: &Tree, node: &'a CategoryNode, languages: &[Language]) -> Self {
        let own = node.attributes.iter().map(|attribute| (node, attribute));
        Self::of(tree, node, own, languages)
    }

    /// With those that it inherits, too.
    pub(super) fn shown(tree: &'a Tree, node: &'a CategoryNode, languages: &[Language]) -> Self {
        Self::of(tree, node, tree.attributes(node.id).into_iter(), languages)
    }

    fn of(
        tree: &Tree,
        node: &'a CategoryNode,
        attributes: impl Iterator<Item = (&'a CategoryNode, &'a Attribute)>,
        languages: &[Language],
    ) -> Self {
        Self {
            id: node.id,
            slug: &node.slug,
            name: node.names.best(languages),
            names: &node.names,
            parent_id: node.parent,
            retired: tree.is_retired(node.id),
            attributes: attributes
                .map(|(node, attribute)| AttributeJson::of(node, attribute, languages))
                .collect(),
            version: node.version,
        }
    }
}

/// All categories.
#[derive(Serialize, ToSchema)]
pub(super) struct CategoryTree<'a> {
    /// Each category before those below it.
    pub(super) items: Vec<CategoryJson<'a>>,
}

/// The language of a read.
pub(super) struct InLanguage(pub(super) Option<Language>);

impl QueryReader for InLanguage {
    fn read(params: &mut QueryParams) -> Option<Self> {
        params.optional("lang", str::parse).map(Self)
    }
}

/// What an answer with names depends on.
pub(super) const VARIES: HeaderValue = HeaderValue::from_static("Accept-Language");

/// The languages that a request asks for, the best first: `lang`, then those of its `Accept-Language`. One that cannot be read is passed
/// over, as RFC 9110 section 12.5.4 allows.
pub(super) fn languages(request: &HttpRequest, lang: Option<Language>) -> Vec<Language> {
    let accepted = AcceptLanguage::parse(request).map(|header| header.ranked());
    let accepted = accepted.unwrap_or_default().into_iter();
    let accepted = accepted.filter_map(|tag| tag.to_string().parse().ok());
    lang.into_iter().chain(accepted).collect()
}
