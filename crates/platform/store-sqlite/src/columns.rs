//! Columns as the fields of a [`store::Row`]: a serde deserialiser over one row.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::de::value::{Error, MapDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use store::StoreResult;

use super::codec::corrupt;

/// Reads a row of `table`, or of a query, whose primary key has the columns `key`. See [`store::Row`] for the mapping.
///
/// # Errors
/// [`StoreError::Corrupt`](store::StoreError::Corrupt) if it does not decode.
pub fn fields<T: DeserializeOwned>(
    table: &str,
    key: &'static [&'static str],
    row: &Row<'_>,
) -> StoreResult<T> {
    let id = (key.len() > 1).then_some(("_id", Field::Key { row, key }));
    let rest = columns(row).filter_map(|(name, value)| match name {
        "id" => Some(("_id", value)),
        name if key.contains(&name) => None,
        name => Some((name, value)),
    });
    T::deserialize(MapDeserializer::new(id.into_iter().chain(rest)))
        .map_err(|error: Error| corrupt(format!("{table}: {error}")))
}

/// The columns that are not NULL.
fn columns<'a>(row: &'a Row<'a>) -> impl Iterator<Item = (&'a str, Field<'a>)> {
    let statement = row.as_ref();
    (0..statement.column_count()).filter_map(move |index| {
        let value = row.get_ref(index).ok()?;
        if value == ValueRef::Null {
            return None;
        }
        let name = statement.column_name(index).ok()?;
        Some((name, Field::Column(value)))
    })
}

enum Field<'a> {
    Column(ValueRef<'a>),
    /// A primary key of several columns.
    Key {
        row: &'a Row<'a>,
        key: &'static [&'static str],
    },
}

impl<'de> IntoDeserializer<'de> for Field<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Field<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Column(ValueRef::Null) => visitor.visit_unit(),
            Self::Column(ValueRef::Integer(number)) => visitor.visit_i64(number),
            Self::Column(ValueRef::Real(number)) => visitor.visit_f64(number),
            Self::Column(ValueRef::Blob(bytes)) => visitor.visit_bytes(bytes),
            Self::Column(text @ ValueRef::Text(_)) => {
                visitor.visit_str(text.as_str().map_err(Error::custom)?)
            }
            Self::Key { row, key } => {
                let columns = columns(row).filter(|(name, _)| key.contains(name));
                visitor.visit_map(MapDeserializer::new(columns))
            }
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if let Self::Column(ValueRef::Integer(number)) = self {
            visitor.visit_bool(number != 0)
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if let Self::Column(ValueRef::Text(name)) = self
            && !name.starts_with(b"{")
        {
            let name = std::str::from_utf8(name).map_err(Error::custom)?;
            visitor.visit_enum(name.into_deserializer())
        } else {
            self.json(|json| json.deserialize_enum("", &[], visitor))
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.json(|json| json.deserialize_seq(visitor))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Key { .. } => self.deserialize_any(visitor),
            Self::Column(_) => self.json(|json| json.deserialize_map(visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
        ignored_any
    }
}

impl<'de> Field<'de> {
    /// Reads what has parts, which is kept as JSON.
    fn json<T>(
        self,
        read: impl FnOnce(
            &mut serde_json::Deserializer<serde_json::de::SliceRead<'de>>,
        ) -> serde_json::Result<T>,
    ) -> Result<T, Error> {
        let Self::Column(ValueRef::Text(json)) = self else {
            return Err(Error::custom("expected JSON"));
        };
        read(&mut serde_json::Deserializer::from_slice(json)).map_err(Error::custom)
    }
}
