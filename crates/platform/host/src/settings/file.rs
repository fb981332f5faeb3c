//! A settings file (TOML): its values by key, each with its line.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use config::Value;
use toml::de::{DeTable, DeValue};

use super::SettingsError;

/// Reads the file at `path`: each value with its origin, such as `m.toml:3`. No message quotes the file, which may hold secrets.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, (Value, String)>, SettingsError> {
    let name = path.display();
    let wrong = |reason: String| SettingsError::File {
        path: path.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let line = |span: Range<usize>| {
        let before = text.bytes().take(span.start);
        before.filter(|byte| *byte == b'\n').count() + 1
    };
    let root = DeTable::parse(&text).map_err(|error| {
        let place = error.span().map(|span| format!("line {}: ", line(span)));
        wrong(format!("{}{}", place.unwrap_or_default(), error.message()))
    })?;
    let mut found = BTreeMap::new();
    let mut tables = vec![(String::new(), root.get_ref())];
    while let Some((prefix, table)) = tables.pop() {
        for (name_here, value) in table {
            let key = format!("{prefix}{}", name_here.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                tables.push((format!("{key}."), inner));
                continue;
            }
            let origin = format!("{name}:{}", line(name_here.span()));
            let read = of(value.get_ref()).map_err(|reason| SettingsError::BadValue {
                place: format!("{key} (from {origin})"),
                reason,
            })?;
            found.insert(key, (read, origin));
        }
    }
    Ok(found)
}

/// A value that is no table.
fn of(value: &DeValue<'_>) -> Result<Value, String> {
    Ok(match value {
        DeValue::String(text) => Value::from(text.to_string()),
        DeValue::Boolean(truth) => Value::from(*truth),
        DeValue::Datetime(time) => Value::from(time.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map(Value::from)
            .map_err(|_| format!("no setting allows a number as large as {}", number.as_str()))?,
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .map(Value::from)
            .map_err(|_| format!("{} cannot be read as a number", number.as_str()))?,
        DeValue::Array(items) => {
            let items = items.iter().map(|item| of(item.get_ref()));
            Value::from(items.collect::<Result<Vec<_>, _>>()?)
        }
        DeValue::Table(_) => return Err("a list must not hold tables".to_owned()),
    })
}
