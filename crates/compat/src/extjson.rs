//! MongoDB documents as canonical extended JSON, field by field in their order: a document whose fields are in another order is
//! another key. (The driver's own way to JSON sorts them, or forgets whether a number had 32 or 64 bits.)

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chassis::mongo::bson::{Bson, Document};
use serde_json::{Value, json};

/// Writes `document` on one line.
///
/// # Panics
/// If it holds a type that no document of ours has: then this has to learn it.
#[must_use]
pub fn to_text(document: &Document) -> String {
    let mut text = String::new();
    write_document(document, &mut text);
    text
}

/// Reads what [`to_text`] wrote.
///
/// # Panics
/// If it is no extended JSON.
#[must_use]
pub fn from_text(text: &str) -> Document {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text} is no extended JSON: {error}"))
}

fn write_document(document: &Document, text: &mut String) {
    text.push('{');
    for (nth, (name, value)) in document.iter().enumerate() {
        if nth > 0 {
            text.push(',');
        }
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        write_value(value, text);
    }
    text.push('}');
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the driver has types that no document of ours may have"
)]
fn write_value(value: &Bson, text: &mut String) {
    let plain = match value {
        Bson::Document(document) => return write_document(document, text),
        Bson::Array(values) => {
            text.push('[');
            for (nth, value) in values.iter().enumerate() {
                if nth > 0 {
                    text.push(',');
                }
                write_value(value, text);
            }
            return text.push(']');
        }
        Bson::String(words) => json!(words),
        Bson::Boolean(truth) => json!(truth),
        Bson::Null => Value::Null,
        Bson::Int32(number) => json!({ "$numberInt": number.to_string() }),
        Bson::Int64(number) => json!({ "$numberLong": number.to_string() }),
        Bson::Double(number) => json!({ "$numberDouble": number.to_string() }),
        Bson::DateTime(time) => {
            json!({ "$date": { "$numberLong": time.timestamp_millis().to_string() } })
        }
        Bson::Binary(binary) => json!({ "$binary": {
            "base64": STANDARD.encode(&binary.bytes),
            "subType": format!("{:02x}", u8::from(binary.subtype)),
        } }),
        other => panic!("{other:?} is of a type that is not recorded"),
    };
    text.push_str(&plain.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use chassis::mongo::bson::{Binary, DateTime, doc, spec::BinarySubtype};

    #[test]
    fn a_document_comes_back_as_it_was_types_and_order_and_all() {
        let bytes = |subtype| Binary {
            subtype,
            bytes: vec![0, 255, 7],
        };
        let document = doc! {
            "zeta": { "user": 1_i64, "key": "a \"quoted\" ü", "b": 2_i32 },
            "alpha": [ true, Bson::Null, 1.5, 3_i64 ],
            "at": DateTime::from_millis(4_102_444_800_123),
            "id": bytes(BinarySubtype::Uuid),
            "body": bytes(BinarySubtype::Generic),
        };
        let text = to_text(&document);
        assert_eq!(from_text(&text), document);
        assert_eq!(to_text(&from_text(&text)), text);
    }
}
