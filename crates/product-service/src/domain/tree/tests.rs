//! The tree of categories: its rules, whatever is done to it.

use kernel::SystemIds;
use proptest::prelude::*;

use super::*;
use crate::domain::{AttributeKind, Names, Thousandths, VersionGuard};

fn any() -> VersionGuard {
    Box::new(|_| true)
}

fn name(raw: &str) -> Names {
    Names::undetermined(&Category::parse(raw).unwrap())
}

fn attribute(key: &str, kind: AttributeKind) -> Attribute {
    Attribute {
        key: AttributeKey::parse(key).unwrap(),
        names: name(key),
        kind,
    }
}

/// A tree that is built step by step.
struct Garden {
    tree: Tree,
    ids: SystemIds,
}

impl Garden {
    fn new() -> Self {
        Self {
            tree: Tree::default(),
            ids: SystemIds::default(),
        }
    }

    fn grow(&mut self, node: CategoryNode) {
        let mut nodes: Vec<_> = self.tree.nodes.values().cloned().collect();
        nodes.retain(|one| one.id != node.id);
        nodes.push(node);
        self.tree = Tree::new(self.tree.version + 1, nodes);
    }

    fn try_add(&mut self, new: NewCategory) -> Result<CategoryId, CategoryRefusal> {
        let node = self.tree.create(new, CategoryId::new(&self.ids))?;
        let id = node.id;
        self.grow(node);
        Ok(id)
    }

    fn add(&mut self, raw: &str, parent: Option<CategoryId>) -> CategoryId {
        let new = NewCategory {
            parent,
            ..NewCategory::of_text(&Category::parse(raw).unwrap())
        };
        self.try_add(new).unwrap()
    }

    fn edit(&mut self, id: CategoryId, edit: CategoryEdit) -> Result<(), CategoryRefusal> {
        if let Some(node) = self.tree.edit(id, &any(), edit)? {
            self.grow(node);
        }
        Ok(())
    }

    fn move_to(&mut self, id: CategoryId, to: Option<CategoryId>) -> Result<(), CategoryRefusal> {
        let edit = CategoryEdit {
            place: Some(to.into()),
            ..CategoryEdit::default()
        };
        self.edit(id, edit)
    }

    fn define(&mut self, id: CategoryId, all: Vec<Attribute>) -> Result<(), CategoryRefusal> {
        let edit = CategoryEdit {
            attributes: Some(all),
            ..CategoryEdit::default()
        };
        self.edit(id, edit)
    }

    fn retire(&mut self, id: CategoryId) {
        let edit = CategoryEdit {
            retired: Some(true),
            ..CategoryEdit::default()
        };
        self.edit(id, edit).unwrap();
    }
}

#[test]
fn no_category_becomes_part_of_itself() {
    let mut garden = Garden::new();
    let home = garden.add("Home", None);
    let lamps = garden.add("Lamps", Some(home));
    let desk = garden.add("Desk lamps", Some(lamps));
    for below in [home, lamps, desk] {
        assert_eq!(
            garden.move_to(home, Some(below)),
            Err(CategoryRefusal::Circle)
        );
    }
    assert_eq!(garden.move_to(desk, Some(home)), Ok(()));
    assert_eq!(garden.move_to(lamps, Some(desk)), Ok(()));
    assert_eq!(garden.tree.with_descendants(home), [home, desk, lamps]);
}

#[test]
fn a_tree_has_at_most_8_levels_also_after_a_move() {
    let mut garden = Garden::new();
    let mut chain = vec![garden.add("1", None)];
    for level in 2..=Tree::MAX_DEPTH {
        chain.push(garden.add(&level.to_string(), chain.last().copied()));
    }
    let deepest = NewCategory {
        parent: chain.last().copied(),
        ..NewCategory::of_text(&Category::parse("9").unwrap())
    };
    assert_eq!(garden.try_add(deepest), Err(CategoryRefusal::TooDeep));
    let other = garden.add("Other", None);
    assert_eq!(
        garden.move_to(chain[0], Some(other)),
        Err(CategoryRefusal::TooDeep)
    );
    assert_eq!(garden.move_to(chain[1], Some(other)), Ok(()));
}

#[test]
fn names_differ_among_siblings_in_any_language_and_slugs_everywhere() {
    let mut garden = Garden::new();
    let home = garden.add("Home", None);
    let garden_id = garden.add("Garden", None);
    garden.add("Lamps", Some(home));
    let there = garden.add("lamps", Some(garden_id));
    assert_eq!(garden.tree.get(there).unwrap().slug.as_str(), "lamps-2");
    assert_eq!(
        garden.move_to(there, Some(home)),
        Err(CategoryRefusal::NameTaken)
    );
    let again = NewCategory::of_text(&Category::parse("HOME").unwrap());
    assert_eq!(garden.try_add(again), Err(CategoryRefusal::NameTaken));
    let slug = CategoryEdit {
        slug: Slug::parse("home").ok(),
        ..CategoryEdit::default()
    };
    assert_eq!(garden.edit(there, slug), Err(CategoryRefusal::SlugTaken));
}

#[test]
fn attributes_are_inherited_and_defined_once_on_each_way_down() {
    let mut garden = Garden::new();
    let home = garden.add("Home", None);
    let lamps = garden.add("Lamps", Some(home));
    let watt = || {
        attribute(
            "power",
            AttributeKind::Number {
                unit: Some("W".to_owned()),
            },
        )
    };
    garden.define(lamps, vec![watt()]).unwrap();
    let taken = || {
        Err(CategoryRefusal::AttributeTaken(
            AttributeKey::parse("power").unwrap(),
        ))
    };
    assert_eq!(garden.define(home, vec![watt()]), taken());
    assert_eq!(garden.define(lamps, vec![watt(), watt()]), taken());
    garden
        .define(home, vec![attribute("colour", AttributeKind::Text)])
        .unwrap();
    let keys: Vec<_> = garden
        .tree
        .attributes(lamps)
        .into_iter()
        .map(|(_, one)| one.key.as_str())
        .collect();
    assert_eq!(keys, ["colour", "power"]);
    let value = |number| AttributeValue::Number(Thousandths::parse(number).unwrap());
    let key = |raw| AttributeKey::parse(raw).unwrap();
    let attributes = Attributes::from([
        (key("colour"), value(5.0)),
        (key("power"), value(7.5)),
        (key("height"), value(1.0)),
    ]);
    let codes = |id| -> Vec<_> {
        let faults = garden.tree.faults(id, &attributes).into_iter();
        faults
            .map(|(key, invalid)| (key.as_str().to_owned(), invalid.code))
            .collect()
    };
    let (wrong, unknown) = (
        ("colour".to_owned(), "invalid_type"),
        ("height".to_owned(), "unknown_attribute"),
    );
    assert_eq!(codes(lamps), [wrong.clone(), unknown.clone()]);
    assert_eq!(
        codes(home),
        [wrong, unknown, ("power".to_owned(), "unknown_attribute")]
    );
}

#[test]
fn a_text_puts_a_product_where_the_name_is_nearest_to_the_root() {
    let mut garden = Garden::new();
    let fresh = CategoryId::new(&garden.ids);
    let home = garden.add("Home", None);
    let far = garden.add("Lamps", Some(home));
    let place = |garden: &Garden, raw: &str| {
        let asked = InCategory::Named(Category::parse(raw).unwrap());
        garden.tree.place(&asked, fresh).map(|placed| placed.id)
    };
    assert_eq!(place(&garden, "LAMPS"), Ok(far));
    let near = garden.add("lamps", None);
    assert_eq!(place(&garden, "Lamps"), Ok(near));
    garden.retire(near);
    assert_eq!(place(&garden, "Lamps"), Ok(far));
    garden.retire(home);
    assert_eq!(place(&garden, "Lamps"), Err(CategoryRefusal::Retired));
    let by_id = |id| garden.tree.place(&InCategory::Id(id), fresh);
    assert_eq!(by_id(far), Err(CategoryRefusal::Retired));
    assert_eq!(by_id(fresh), Err(CategoryRefusal::NotFound));
    let pens = InCategory::Named(Category::parse("Pens").unwrap());
    let new = garden.tree.place(&pens, fresh).unwrap().new.unwrap();
    assert_eq!(
        (new.id, new.parent, new.slug.as_str()),
        (fresh, None, "pens")
    );
}

#[test]
fn a_category_is_asked_for_by_id_slug_or_name_with_all_below() {
    let mut garden = Garden::new();
    let home = garden.add("Home & Living", None);
    let lamps = garden.add("Lamps", Some(home));
    let pens = garden.add("Pens", None);
    let asked = |raw: &[&str]| {
        let asked: Vec<_> = raw
            .iter()
            .map(|one| Category::parse(one).unwrap())
            .collect();
        garden.tree.asked(&asked)
    };
    assert_eq!(asked(&["home-living"]), [home, lamps]);
    assert_eq!(asked(&["HOME & living"]), [home, lamps]);
    assert_eq!(asked(&[&lamps.to_string(), "pens", "lamps"]), [lamps, pens]);
    assert_eq!(asked(&["Hom"]), []);
}

proptest! {
    #[test]
    fn whatever_is_moved_it_stays_a_tree(moves in prop::collection::vec((0_usize..12, 0_usize..13), 1..60)) {
        let mut garden = Garden::new();
        let all: Vec<_> = (0..12).map(|number| garden.add(&number.to_string(), None)).collect();
        for (which, to) in moves {
            let before = garden.tree.version;
            let moved = garden.move_to(all[which], all.get(to).copied());
            prop_assert!(moved.is_ok() || garden.tree.version == before);
            let walk = garden.tree.walk();
            prop_assert_eq!(walk.len(), all.len(), "each is reached from the root");
            prop_assert!(all.iter().all(|id| garden.tree.depth(Some(*id)) <= Tree::MAX_DEPTH));
        }
    }
}
