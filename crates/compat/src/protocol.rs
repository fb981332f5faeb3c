//! What may change between two releases' message contracts, and what may not: one release writes what the other reads, and the
//! bytes say nothing but field numbers and wire types.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use prost_types::field_descriptor_proto::Label;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// The contracts of this release.
#[must_use]
pub fn current() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-contracts")
}

/// The `.proto` files under `root`, sorted.
#[must_use]
pub fn files(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "proto") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Compiles the contracts under `root`.
///
/// # Errors
/// What is wrong with them.
pub fn compile(root: &Path) -> Result<FileDescriptorSet, String> {
    protox::compile(files(root), [root]).map_err(|error| format!("{error:?}"))
}

/// A set of contracts, by full names.
#[derive(Debug, Default)]
struct Contracts<'s> {
    messages: BTreeMap<String, &'s DescriptorProto>,
    enums: BTreeMap<String, &'s EnumDescriptorProto>,
}

impl<'s> Contracts<'s> {
    fn of(set: &'s FileDescriptorSet) -> Self {
        let mut all = Self::default();
        for file in &set.file {
            for message in &file.message_type {
                all.add_message(file.package(), message);
            }
            for one in &file.enum_type {
                all.enums
                    .insert(format!("{}.{}", file.package(), one.name()), one);
            }
        }
        all
    }

    fn add_message(&mut self, scope: &str, message: &'s DescriptorProto) {
        let name = format!("{scope}.{}", message.name());
        for nested in &message.nested_type {
            self.add_message(&name, nested);
        }
        for one in &message.enum_type {
            self.enums.insert(format!("{name}.{}", one.name()), one);
        }
        self.messages.insert(name, message);
    }
}

/// The numbers of the fields of each message that has a name of its own on the bus: those that no other message holds.
#[must_use]
pub fn messages_on_the_bus(set: &FileDescriptorSet) -> BTreeMap<String, BTreeSet<u32>> {
    let all = Contracts::of(set).messages;
    let held: BTreeSet<String> = all
        .values()
        .flat_map(|message| &message.field)
        .map(|field| field.type_name().trim_start_matches('.').to_owned())
        .collect();
    all.into_iter()
        .filter(|(name, _)| !held.contains(name))
        .map(|(name, message)| {
            let numbers = message
                .field
                .iter()
                .map(|field| field.number().unsigned_abs());
            (name, numbers.collect())
        })
        .collect()
}

/// What of `new` breaks who speaks `old`, a sentence each.
#[must_use]
pub fn breaking_changes(old: &FileDescriptorSet, new: &FileDescriptorSet) -> Vec<String> {
    let (old, new) = (Contracts::of(old), Contracts::of(new));
    let mut broken = Vec::new();
    for (name, before) in &old.messages {
        match new.messages.get(name) {
            None => broken.push(format!("{name} is gone: the other release still sends it")),
            Some(after) => compare_messages(name, before, after, &mut broken),
        }
    }
    for (name, before) in &old.enums {
        match new.enums.get(name) {
            None => broken.push(format!("the enum {name} is gone")),
            Some(after) => compare_enums(name, before, after, &mut broken),
        }
    }
    broken
}

fn compare_messages(
    name: &str,
    before: &DescriptorProto,
    after: &DescriptorProto,
    broken: &mut Vec<String>,
) {
    for old in &before.field {
        let number = old.number();
        let what = format!("{name}.{} = {number}", old.name());
        let Some(new) = after.field.iter().find(|field| field.number() == number) else {
            broken.push(format!(
                "{what} is gone: the other release still needs it written and read"
            ));
            continue;
        };
        if new.name() != old.name() {
            broken.push(format!(
                "{what} is called {} now: its number is used for something else",
                new.name()
            ));
        }
        if kind(new) != kind(old) {
            broken.push(format!("{what} was {} and is {}", kind(old), kind(new)));
        }
        if new.oneof_index.is_some() != old.oneof_index.is_some() {
            broken.push(format!("{what} went into or out of a oneof"));
        }
    }
    for new in &after.field {
        let reserved = before.reserved_range.iter();
        if reserved
            .clone()
            .any(|range| (range.start()..range.end()).contains(&new.number()))
        {
            broken.push(format!(
                "{name}.{} = {} has a number that is reserved",
                new.name(),
                new.number()
            ));
        }
        if before.reserved_name.iter().any(|gone| gone == new.name()) {
            broken.push(format!("{name}.{} has a name that is reserved", new.name()));
        }
    }
    let kept = |range: &prost_types::descriptor_proto::ReservedRange| {
        let mut now = after.reserved_range.iter();
        now.any(|new| new.start() <= range.start() && range.end() <= new.end())
    };
    if !before.reserved_range.iter().all(kept) {
        broken.push(format!("{name} has numbers that are not reserved any more"));
    }
}

/// Type, name of the type, and how often: what a reader of the bytes has to know.
fn kind(field: &FieldDescriptorProto) -> String {
    let often = match field.label() {
        Label::Repeated => "repeated ",
        Label::Required => "required ",
        Label::Optional => "",
    };
    let optional = if field.proto3_optional() {
        "optional "
    } else {
        ""
    };
    let what = match field.type_name() {
        "" => field.r#type().as_str_name(),
        of_its_own => of_its_own,
    };
    format!("{often}{optional}{what}")
}

fn compare_enums(
    name: &str,
    before: &EnumDescriptorProto,
    after: &EnumDescriptorProto,
    broken: &mut Vec<String>,
) {
    for old in &before.value {
        let kept = after
            .value
            .iter()
            .any(|new| new.name() == old.name() && new.number() == old.number());
        if !kept {
            broken.push(format!(
                "{name}.{} = {} is gone or has another number",
                old.name(),
                old.number()
            ));
        }
    }
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
        }
        message Money { int64 amount = 1; }
        enum State { UNKNOWN = 0; OPEN = 1; }
    "#;

    fn compiled(text: &str) -> FileDescriptorSet {
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("shop.proto"), text).unwrap();
        compile(root.path()).unwrap()
    }

    /// What breaks if `from` in the old contract becomes `to`.
    fn change(from: &str, to: &str) -> Vec<String> {
        assert!(OLD.contains(from), "{from}");
        breaking_changes(&compiled(OLD), &compiled(&OLD.replacen(from, to, 1)))
    }

    fn assert_breaks(from: &str, to: &str, because: &str) {
        let broken = change(from, to);
        assert!(
            broken.iter().any(|sentence| sentence.contains(because)),
            "{from} -> {to}: {broken:?}"
        );
    }

    #[test]
    fn the_same_contract_and_one_with_more_in_it_break_nothing() {
        assert_eq!(change("package", "package"), Vec::<String>::new());
        assert_eq!(
            change("Money total = 2;", "Money total = 2; string more = 8;"),
            Vec::<String>::new()
        );
        assert_eq!(
            change(
                "message Money",
                "message Bought { bytes id = 1; } message Money"
            ),
            Vec::<String>::new()
        );
        assert_eq!(
            change("OPEN = 1;", "OPEN = 1; SHUT = 2;"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_field_that_is_gone_or_renumbered_breaks() {
        assert_breaks("Money total = 2;", "", "Sold.total = 2 is gone");
        assert_breaks(
            "Money total = 2;",
            "Money total = 9;",
            "Sold.total = 2 is gone",
        );
    }

    #[test]
    fn a_number_that_means_something_else_breaks() {
        assert_breaks(
            "bytes order_id = 1;",
            "bytes buyer_id = 1;",
            "is called buyer_id now",
        );
    }

    #[test]
    fn a_type_that_changes_breaks() {
        assert_breaks(
            "int64 amount",
            "sint64 amount",
            "was TYPE_INT64 and is TYPE_SINT64",
        );
        assert_breaks(
            "Money total",
            "State total",
            "was .shop.v1.Money and is .shop.v1.State",
        );
        assert_breaks("repeated string", "string", "was repeated TYPE_STRING");
        assert_breaks(
            "bytes order_id",
            "optional bytes order_id",
            "is optional TYPE_BYTES",
        );
    }

    #[test]
    fn a_field_that_leaves_its_oneof_breaks() {
        assert_breaks(
            "oneof why { string reason = 5; }",
            "string reason = 5;",
            "oneof",
        );
    }

    #[test]
    fn a_message_or_an_enum_that_is_gone_or_renamed_breaks() {
        assert_breaks("message Sold", "message Bought", "shop.v1.Sold is gone");
        let without = OLD
            .replace("State state = 4;", "")
            .replace("enum State { UNKNOWN = 0; OPEN = 1; }", "");
        let broken = breaking_changes(&compiled(OLD), &compiled(&without));
        assert!(
            broken.contains(&"the enum shop.v1.State is gone".to_owned()),
            "{broken:?}"
        );
    }

    #[test]
    fn an_enum_value_that_is_gone_or_renumbered_breaks() {
        assert_breaks("OPEN = 1;", "", "State.OPEN = 1 is gone");
        assert_breaks("OPEN = 1;", "OPEN = 2;", "State.OPEN = 1 is gone");
    }

    #[test]
    fn what_is_reserved_stays_so() {
        assert_breaks("reserved 7;", "", "not reserved any more");
        assert_breaks(
            "reserved 7;",
            "string late = 7;",
            "has a number that is reserved",
        );
        assert_breaks(
            "reserved \"discount\";",
            "string discount = 8;",
            "has a name that is reserved",
        );
    }

    #[test]
    fn only_what_no_message_holds_is_on_the_bus() {
        let on_the_bus = messages_on_the_bus(&compiled(OLD));
        let names: Vec<&String> = on_the_bus.keys().collect();
        assert_eq!(names, ["shop.v1.Sold"]);
        assert_eq!(on_the_bus["shop.v1.Sold"], BTreeSet::from([1, 2, 3, 4, 5]));
    }
}
