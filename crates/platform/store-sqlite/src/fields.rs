//! The fields of a [`store::Row`] as columns: a serde serialiser that gives one value per field. See there for the mapping.

use std::fmt::Display;

use rusqlite::types::Value as Sql;
use serde::ser::{Error as _, Impossible, Serialize, SerializeStruct, Serializer};
use store::StoreResult;

use super::codec::corrupt;

/// A column and its value.
pub(super) type Column = (&'static str, Sql);

/// The columns of `fields`, a struct. The field `_id` gives the column `id`, or if it is a struct, the columns of that.
pub(super) fn columns(fields: &impl Serialize) -> StoreResult<Vec<Column>> {
    columns_but(&[], fields)
}

/// The columns of `fields` without those that are `fixed`, whose values are not even serialised.
pub(super) fn columns_but(
    fixed: &'static [&'static str],
    fields: &impl Serialize,
) -> StoreResult<Vec<Column>> {
    let all = Fields {
        nested: true,
        fixed,
    };
    match fields.serialize(all) {
        Ok(Written::Columns(columns)) => Ok(columns),
        Ok(Written::Value(_)) | Err(Refused::Nested) => Err(corrupt("fields that are no struct")),
        Err(Refused::Because(error)) => Err(corrupt(error)),
    }
}

/// The values of a key: one, or those of a struct's fields.
pub(super) fn key_values(id: &impl Serialize) -> StoreResult<Vec<Sql>> {
    let all = Fields {
        nested: true,
        fixed: &[],
    };
    match id.serialize(all) {
        Ok(Written::Columns(columns)) => Ok(columns.into_iter().map(|(_, value)| value).collect()),
        Ok(Written::Value(value)) => Ok(vec![value]),
        Err(error) => Err(corrupt(error.to_string())),
    }
}

enum Written {
    Value(Sql),
    Columns(Vec<Column>),
}

/// Why something is not written as a column.
#[derive(Debug)]
enum Refused {
    /// It has parts: it becomes JSON.
    Nested,
    Because(String),
}

impl Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nested => f.write_str("a list or struct in a key"),
            Self::Because(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for Refused {}

impl serde::ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self::Because(message.to_string())
    }
}

/// Writes a value, or if it may be `nested`, the fields of a struct but those that are `fixed`.
struct Fields {
    nested: bool,
    fixed: &'static [&'static str],
}

impl SerializeStruct for Columns {
    type Ok = Written;
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        if self.fixed.contains(&name) {
            return Ok(());
        }
        let is_key = name == "_id";
        let column = if is_key { "id" } else { name };
        let whole = Fields {
            nested: is_key,
            fixed: &[],
        };
        match value.serialize(whole) {
            Ok(Written::Value(value)) => self.columns.push((column, value)),
            Ok(Written::Columns(key)) => self.columns.extend(key),
            Err(Refused::Nested) => {
                let json = serde_json::to_string(value).map_err(Refused::custom)?;
                self.columns.push((column, Sql::Text(json)));
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn skip_field(&mut self, name: &'static str) -> Result<(), Refused> {
        if !self.fixed.contains(&name) {
            self.columns.push((name, Sql::Null));
        }
        Ok(())
    }

    fn end(self) -> Result<Written, Refused> {
        Ok(Written::Columns(self.columns))
    }
}

struct Columns {
    columns: Vec<Column>,
    fixed: &'static [&'static str],
}

type Not = Impossible<Written, Refused>;

/// Methods for values that SQLite has a type for.
macro_rules! values {
    ($($method:ident($type:ty) => $value:expr;)*) => {
        $(fn $method(self, value: $type) -> Result<Written, Refused> {
            let convert: fn($type) -> Result<Sql, Refused> = $value;
            convert(value).map(Written::Value)
        })*
    };
}

/// Methods for values with parts.
macro_rules! nested {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, Refused> {
            Err(Refused::Nested)
        })*
    };
}

impl Serializer for Fields {
    type Ok = Written;
    type Error = Refused;
    type SerializeSeq = Not;
    type SerializeTuple = Not;
    type SerializeTupleStruct = Not;
    type SerializeTupleVariant = Not;
    type SerializeMap = Not;
    type SerializeStruct = Columns;
    type SerializeStructVariant = Not;

    values! {
        serialize_bool(bool) => |value| Ok(value.into());
        serialize_i8(i8) => |value| Ok(value.into());
        serialize_i16(i16) => |value| Ok(value.into());
        serialize_i32(i32) => |value| Ok(value.into());
        serialize_i64(i64) => |value| Ok(value.into());
        serialize_u8(u8) => |value| Ok(i64::from(value).into());
        serialize_u16(u16) => |value| Ok(i64::from(value).into());
        serialize_u32(u32) => |value| Ok(i64::from(value).into());
        serialize_u64(u64) => |value| i64::try_from(value).map(Sql::Integer).map_err(Refused::custom);
        serialize_f32(f32) => |value| Ok(f64::from(value).into());
        serialize_f64(f64) => |value| Ok(value.into());
        serialize_char(char) => |value| Ok(value.to_string().into());
        serialize_str(&str) => |value| Ok(value.to_owned().into());
        serialize_bytes(&[u8]) => |value| Ok(value.to_vec().into());
        serialize_unit_struct(&'static str) => |_| Ok(Sql::Null);
    }

    nested! {
        serialize_seq(Option<usize>) -> Not;
        serialize_tuple(usize) -> Not;
        serialize_tuple_struct(&'static str, usize) -> Not;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Not;
        serialize_map(Option<usize>) -> Not;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Not;
    }

    fn serialize_none(self) -> Result<Written, Refused> {
        Ok(Written::Value(Sql::Null))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Written, Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Written, Refused> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Written, Refused> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Written, Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Written, Refused> {
        Err(Refused::Nested)
    }

    fn serialize_struct(self, _: &'static str, fields: usize) -> Result<Columns, Refused> {
        if self.nested {
            Ok(Columns {
                columns: Vec::with_capacity(fields + 1),
                fixed: self.fixed,
            })
        } else {
            Err(Refused::Nested)
        }
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
