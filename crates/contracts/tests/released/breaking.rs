//! Which changes of a contract break a release that knows the earlier one. The bytes of a message hold field numbers and wire
//! types only, so these have to stay (<https://protobuf.dev/programming-guides/proto3/#updating>).

use std::collections::BTreeMap;

use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// The messages and enums of a set of files, by full name.
#[derive(Default)]
struct Types<'s> {
    messages: BTreeMap<String, &'s DescriptorProto>,
    enums: BTreeMap<String, &'s EnumDescriptorProto>,
}

impl<'s> Types<'s> {
    fn of(set: &'s FileDescriptorSet) -> Self {
        let mut all = Self::default();
        for file in &set.file {
            all.add(file.package(), &file.message_type, &file.enum_type);
        }
        all
    }

    fn add(
        &mut self,
        scope: &str,
        messages: &'s [DescriptorProto],
        enums: &'s [EnumDescriptorProto],
    ) {
        for message in messages {
            let name = format!("{scope}.{}", message.name());
            self.add(&name, &message.nested_type, &message.enum_type);
            self.messages.insert(name, message);
        }
        for one in enums {
            self.enums.insert(format!("{scope}.{}", one.name()), one);
        }
    }
}

/// The changes from `old` to `new` that are not compatible, a sentence each.
pub(crate) fn breaking_changes(old: &FileDescriptorSet, new: &FileDescriptorSet) -> Vec<String> {
    let (old, new) = (Types::of(old), Types::of(new));
    let mut broken = Vec::new();
    for (name, before) in &old.messages {
        match new.messages.get(name) {
            None => broken.push(format!("message {name} was removed or renamed")),
            Some(after) => {
                compare_fields(name, before, after, &mut broken);
                compare_reserved(name, before, after, &mut broken);
            }
        }
    }
    for (name, before) in &old.enums {
        match new.enums.get(name) {
            None => broken.push(format!("enum {name} was removed or renamed")),
            Some(after) => compare_values(name, before, after, &mut broken),
        }
    }
    broken
}

fn compare_fields(
    message: &str,
    before: &DescriptorProto,
    after: &DescriptorProto,
    broken: &mut Vec<String>,
) {
    for old in &before.field {
        let field = format!("{message}.{} = {}", old.name(), old.number());
        let mut now = after.field.iter();
        let Some(new) = now.find(|new| new.number() == old.number()) else {
            broken.push(format!("{field} was removed or renumbered"));
            continue;
        };
        if new.name() != old.name() {
            broken.push(format!("{field} is now called {}", new.name()));
        }
        if kind(new) != kind(old) {
            broken.push(format!("{field} was {} and is {}", kind(old), kind(new)));
        }
        if new.oneof_index.is_some() != old.oneof_index.is_some() {
            broken.push(format!("{field} was moved into or out of a oneof"));
        }
    }
}

/// Numbers and names of fields that were removed before the last release: they are never used again.
fn compare_reserved(
    message: &str,
    before: &DescriptorProto,
    after: &DescriptorProto,
    broken: &mut Vec<String>,
) {
    for old in &before.reserved_range {
        let mut now = after.reserved_range.iter();
        if !now.any(|new| new.start() <= old.start() && old.end() <= new.end()) {
            let last = old.end() - 1;
            broken.push(format!(
                "{message}: {} to {last} are no longer reserved",
                old.start()
            ));
        }
    }
    for old in &before.reserved_name {
        if !after.reserved_name.contains(old) {
            broken.push(format!("{message}: {old} is no longer reserved"));
        }
    }
}

fn compare_values(
    name: &str,
    before: &EnumDescriptorProto,
    after: &EnumDescriptorProto,
    broken: &mut Vec<String>,
) {
    for old in &before.value {
        let mut now = after.value.iter();
        if !now.any(|new| new.name() == old.name() && new.number() == old.number()) {
            broken.push(format!(
                "{name}.{} = {} was removed, renamed or renumbered",
                old.name(),
                old.number()
            ));
        }
    }
}

/// Cardinality and type.
fn kind(field: &FieldDescriptorProto) -> String {
    let cardinality = match field.label() {
        Label::Repeated => "repeated ",
        Label::Required => "required ",
        Label::Optional if field.proto3_optional() => "optional ",
        Label::Optional => "",
    };
    let of_type = match field.type_name() {
        "" => field.r#type().as_str_name(),
        name => name,
    };
    format!("{cardinality}{of_type}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = r#"
        syntax = "proto3";
        package shop.v1;
        message Sold {
          reserved 7;
          reserved "discount";
          bytes order_id = 1;
          Money total = 2;
          repeated string notes = 3;
          State state = 4;
          oneof why { string reason = 5; }
          message Line { int64 quantity = 1; }
        }
        message Money { int64 amount = 1; }
        enum State { UNKNOWN = 0; OPEN = 1; }
    "#;

    fn compiled(text: &str) -> FileDescriptorSet {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("shop.proto"), text).unwrap();
        crate::compile(root.path())
    }

    /// What breaks if `from` in the old contract becomes `to`.
    fn changes(from: &str, to: &str) -> Vec<String> {
        assert!(OLD.contains(from), "{from}");
        breaking_changes(&compiled(OLD), &compiled(&OLD.replacen(from, to, 1)))
    }

    fn assert_breaks(from: &str, to: &str, because: &str) {
        assert_eq!(changes(from, to), [because], "{from} -> {to}");
    }

    fn assert_compatible(from: &str, to: &str) {
        assert_eq!(changes(from, to), [""; 0], "{from} -> {to}");
    }

    #[test]
    fn additions_are_compatible() {
        assert_compatible("package", "package");
        assert_compatible("Money total = 2;", "Money total = 2; string more = 8;");
        assert_compatible(
            "message Money",
            "message Bought { bytes id = 1; } message Money",
        );
        assert_compatible("OPEN = 1;", "OPEN = 1; SHUT = 2;");
        assert_compatible("reserved 7;", "reserved 6 to 8;");
    }

    #[test]
    fn a_removed_or_renumbered_field_breaks() {
        let because = "shop.v1.Sold.total = 2 was removed or renumbered";
        assert_breaks("Money total = 2;", "", because);
        assert_breaks("Money total = 2;", "Money total = 9;", because);
        assert_breaks("Money total = 2;", "reserved 2;", because);
        assert_breaks(
            "int64 quantity = 1;",
            "",
            "shop.v1.Sold.Line.quantity = 1 was removed or renumbered",
        );
    }

    #[test]
    fn a_reused_number_breaks() {
        assert_breaks(
            "bytes order_id = 1;",
            "bytes buyer_id = 1;",
            "shop.v1.Sold.order_id = 1 is now called buyer_id",
        );
    }

    #[test]
    fn another_type_or_cardinality_breaks() {
        assert_breaks(
            "int64 amount",
            "sint64 amount",
            "shop.v1.Money.amount = 1 was TYPE_INT64 and is TYPE_SINT64",
        );
        assert_breaks(
            "Money total",
            "State total",
            "shop.v1.Sold.total = 2 was .shop.v1.Money and is .shop.v1.State",
        );
        assert_breaks(
            "repeated string",
            "string",
            "shop.v1.Sold.notes = 3 was repeated TYPE_STRING and is TYPE_STRING",
        );
    }

    #[test]
    fn a_field_that_leaves_its_oneof_breaks() {
        assert_breaks(
            "oneof why { string reason = 5; }",
            "string reason = 5;",
            "shop.v1.Sold.reason = 5 was moved into or out of a oneof",
        );
    }

    #[test]
    fn a_removed_or_renamed_message_or_enum_breaks() {
        let because = "message shop.v1.Sold.Line was removed or renamed";
        assert_breaks("message Line { int64 quantity = 1; }", "", because);
        assert_breaks("message Line", "message Row", because);
        // These are used by a field, whose type changes with the name.
        for (from, to, because) in [
            (
                "Money",
                "Amount",
                "message shop.v1.Money was removed or renamed",
            ),
            (
                "State",
                "Status",
                "enum shop.v1.State was removed or renamed",
            ),
        ] {
            let broken = breaking_changes(&compiled(OLD), &compiled(&OLD.replace(from, to)));
            assert!(broken.iter().any(|change| change == because), "{broken:?}");
        }
    }

    #[test]
    fn a_removed_or_renumbered_enum_value_breaks() {
        let because = "shop.v1.State.OPEN = 1 was removed, renamed or renumbered";
        assert_breaks("OPEN = 1;", "", because);
        assert_breaks("OPEN = 1;", "OPEN = 2;", because);
    }

    #[test]
    fn a_reserved_number_or_name_stays_reserved() {
        assert_breaks(
            "reserved 7;",
            "string late = 7;",
            "shop.v1.Sold: 7 to 7 are no longer reserved",
        );
        assert_breaks(
            "reserved \"discount\";",
            "string discount = 8;",
            "shop.v1.Sold: discount is no longer reserved",
        );
    }
}
