//! Metadata in JSON: an object that a client keeps with a record for its own use.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use kernel::{Invalid, Metadata};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::faults::Faults;

/// Metadata, read from a request and shown in an answer as the object that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataJson(Metadata);

impl MetadataJson {
    /// The metadata.
    #[must_use]
    pub fn into_inner(self) -> Metadata {
        self.0
    }
}

impl From<Metadata> for MetadataJson {
    fn from(metadata: Metadata) -> Self {
        Self(metadata)
    }
}

impl Deserr<Faults> for MetadataJson {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        place: ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        if !matches!(value, Value::Map(_)) {
            return Err(Faults::wrong_type(place, "an object", value.kind()));
        }
        let object = serde_json::Value::from(value);
        Metadata::new(object.to_string())
            .map(Self)
            .map_err(|invalid: Invalid| Faults::at(place, invalid))
    }
}

impl Serialize for MetadataJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object: serde_json::Value =
            serde_json::from_str(self.0.as_str()).map_err(S::Error::custom)?;
        object.serialize(serializer)
    }
}

impl PartialSchema for MetadataJson {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .description(Some(
                "For your own use: it is stored and given back. At most 16 kB as JSON without spaces.",
            ))
            .examples([serde_json::json!({"source": "import-7"})])
            .into()
    }
}

impl ToSchema for MetadataJson {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: serde_json::Value) -> Result<MetadataJson, Faults> {
        deserr::deserialize(value)
    }

    #[test]
    fn metadata_is_an_object_and_comes_back_as_it_was() {
        let object = json!({"a": [1, 2.5, null, {"$b.c": "\u{0}"}], "big": u64::MAX});
        let read_back = serde_json::to_value(read(object.clone()).unwrap()).unwrap();
        assert_eq!(read_back, object);
        for other in [json!([1]), json!("a"), json!(1), json!(true), json!(null)] {
            let faults = read(other).unwrap_err().into_errors();
            assert_eq!(faults[0].code, "invalid_type");
        }
        let large = json!({"a": "x".repeat(Metadata::MAX)});
        assert_eq!(read(large).unwrap_err().into_errors()[0].code, "too_long");
    }
}
