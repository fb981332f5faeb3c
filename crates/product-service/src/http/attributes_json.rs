//! What a product says of itself, and the category that it is put into, as they stand in JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use deserr::{Deserr, IntoValue, Map as _, Value, ValuePointerRef};
use kernel::{CategoryId, Invalid};
use platform_http::{Faults, merged};
use serde::Serialize;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::{AttributeKey, AttributeValue, Attributes, Category, InCategory, Thousandths};

/// Values of attributes, by key.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct AttributesJson(Attributes);

impl AttributesJson {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Attributes> for AttributesJson {
    fn from(attributes: Attributes) -> Self {
        Self(attributes)
    }
}

impl From<AttributesJson> for Attributes {
    fn from(json: AttributesJson) -> Self {
        json.0
    }
}

impl PartialSchema for AttributesJson {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property_names(Some(AttributeKey::describe()))
            .additional_properties(Some(AdditionalProperties::RefOr(AttributeValue::schema())))
            .max_properties(Some(Self::MOST))
            .description(Some("Texts of 1 to 100 characters, numbers with up to three decimals, or booleans, as the attributes of the category say."))
            .examples([serde_json::json!({"material": "brass", "power": 7.5, "dimmable": true})])
            .into()
    }
}

impl ToSchema for AttributesJson {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Attributes")
    }
}

impl AttributesJson {
    /// Most attributes of a product.
    const MOST: usize = 100;
}

impl Deserr<Faults> for AttributesJson {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        let Value::Map(given) = value else {
            let expected = "an object of values by key";
            return Err(Faults::wrong_type(place, expected, value.kind()));
        };
        if given.len() > Self::MOST {
            let detail = format!("must have at most {} attributes", Self::MOST);
            return Err(Faults::at(place, Invalid::new("too_many", detail)));
        }
        let (mut all, mut faults) = (BTreeMap::new(), None);
        for (name, value) in given.into_iter() {
            let at = place.push_key(&name);
            let key = AttributeKey::parse(&name).map_err(|invalid| Faults::at(at, invalid));
            match (key, read(value.into_value(), at)) {
                (Ok(key), Ok(value)) => {
                    all.insert(key, value);
                }
                (Err(fault), _) | (_, Err(fault)) => faults = Some(merged(faults, fault, at)),
            }
        }
        faults.map_or(Ok(Self(all)), Err)
    }
}

fn read<V: IntoValue>(
    value: Value<V>,
    place: ValuePointerRef<'_>,
) -> Result<AttributeValue, Faults> {
    let read = match value {
        Value::Boolean(value) => Ok(AttributeValue::Boolean(value)),
        Value::String(text) => AttributeValue::text(&text),
        Value::Integer(_) | Value::NegativeInteger(_) | Value::Float(_) => {
            let number = f64::deserialize_from_value(value, place)?;
            Thousandths::parse(number).map(AttributeValue::Number)
        }
        Value::Null | Value::Sequence(_) | Value::Map(_) => {
            let expected = "a string, a number or a boolean";
            return Err(Faults::wrong_type(place, expected, value.kind()));
        }
    };
    read.map_err(|invalid| Faults::at(place, invalid))
}

/// A category: its name, or its id.
#[derive(ToSchema)]
#[serde(untagged)]
pub(super) enum CategoryRef {
    /// Its name.
    Name(Category),
    /// Its id.
    Id(CategoryById),
}

/// A category by its id.
#[derive(Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub(super) struct CategoryById {
    /// It.
    id: CategoryId,
}

impl Deserr<Faults> for CategoryRef {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match value {
            Value::Map(_) => CategoryById::deserialize_from_value(value, place).map(Self::Id),
            Value::String(_) => Category::deserialize_from_value(value, place).map(Self::Name),
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::NegativeInteger(_)
            | Value::Float(_)
            | Value::Sequence(_) => {
                let expected = "a name or an object with an id";
                Err(Faults::wrong_type(place, expected, value.kind()))
            }
        }
    }
}

impl From<CategoryRef> for InCategory {
    fn from(given: CategoryRef) -> Self {
        match given {
            CategoryRef::Name(name) => Self::Named(name),
            CategoryRef::Id(CategoryById { id }) => Self::Id(id),
        }
    }
}

/// What a request means by its category.
pub(super) fn category_meant(category: &InCategory) -> impl Serialize {
    match category {
        InCategory::Named(name) => (Some(name.as_str().to_owned()), None),
        InCategory::Id(id) => (None, Some(*id)),
    }
}
