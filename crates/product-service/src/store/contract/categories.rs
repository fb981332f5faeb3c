//! What the use cases promise about the tree of categories.

use std::sync::Arc;

use kernel::CategoryId;

use super::{LATER, Subject, change, draft};
use crate::app::{self, App};
use crate::domain::{
    Attribute, AttributeKey, AttributeKind, AttributeValue, Attributes, Category, CategoryEdit,
    CategoryNode, CategoryRefusal, InCategory, Names, NewCategory, Product, ProductEdit,
    ProductRefusal, Slug, Tree,
};

fn names(raw: &str) -> Names {
    Names::undetermined(&Category::parse(raw).unwrap())
}

pub(super) fn new(raw: &str, parent: Option<CategoryId>) -> NewCategory {
    NewCategory {
        parent,
        slug: None,
        names: names(raw),
        attributes: Vec::new(),
    }
}

pub(super) fn attribute(key: &str, kind: AttributeKind) -> Attribute {
    Attribute {
        key: AttributeKey::parse(key).unwrap(),
        names: names(key),
        kind,
    }
}

pub(super) fn text_attribute(key: &str) -> Attribute {
    attribute(key, AttributeKind::Text)
}

pub(super) async fn add(app: &App, new: NewCategory) -> CategoryNode {
    let (tree, id) = app::create_category(app, new).await.unwrap().unwrap();
    tree.get(id).unwrap().clone()
}

async fn edit(
    app: &App,
    id: CategoryId,
    edit: CategoryEdit,
) -> Result<CategoryNode, CategoryRefusal> {
    let edited = app::edit_category(app, id, Box::new(|_| true), edit).await;
    let (tree, id) = edited.unwrap()?;
    Ok(tree.get(id).unwrap().clone())
}

fn parent(id: Option<CategoryId>) -> CategoryEdit {
    CategoryEdit {
        place: Some(id.into()),
        ..CategoryEdit::default()
    }
}

/// The tree as another replica reads it.
async fn read_anew(app: &App) -> Arc<Tree> {
    let trees = app::Trees::default();
    trees.stored(&app.store, &*app.queries).await.unwrap()
}

pub(crate) async fn a_category_is_found_as_it_was_created_and_changed(subject: Subject) {
    let app = &subject.app;
    assert_eq!(read_anew(app).await.walk(), Vec::<&CategoryNode>::new());
    let kinds = [
        AttributeKind::Text,
        AttributeKind::Number {
            unit: Some("cm".to_owned()),
        },
        AttributeKind::Number { unit: None },
        AttributeKind::Boolean,
        AttributeKind::one_of(vec!["brass".to_owned(), "oak".to_owned()]).unwrap(),
    ];
    let attributes = kinds.into_iter().enumerate();
    let attributes = attributes.map(|(number, kind)| attribute(&format!("a{number}"), kind));
    let home = add(app, new("Home", None)).await;
    let lamps = NewCategory {
        slug: Slug::parse("all-lamps").ok(),
        attributes: attributes.collect(),
        ..new("Lamps", Some(home.id))
    };
    let lamps = add(app, lamps).await;
    let tree = read_anew(app).await;
    assert_eq!(tree.walk(), [&home, &lamps]);
    let retired = CategoryEdit {
        retired: Some(true),
        ..parent(None)
    };
    let moved = edit(app, lamps.id, retired).await.unwrap();
    assert_eq!(
        (moved.parent, moved.retired, moved.version),
        (None, true, 2)
    );
    assert_eq!(edit(app, lamps.id, parent(None)).await.unwrap(), moved);
    let tree = read_anew(app).await;
    assert_eq!(tree.walk(), [&home, &moved]);
    assert_eq!(tree.version(), 3, "what changes nothing is not written");
}

pub(crate) async fn of_moves_that_together_make_a_circle_one_is_refused(subject: Subject) {
    let app = &subject.app;
    for round in 0..5 {
        let one = add(app, new(&format!("One {round}"), None)).await.id;
        let two = add(app, new(&format!("Two {round}"), None)).await.id;
        let (first, second) = tokio::join!(
            edit(app, one, parent(Some(two))),
            edit(app, two, parent(Some(one))),
        );
        assert_ne!(first.is_ok(), second.is_ok(), "{first:?} {second:?}");
        let refused = first.err().or(second.err());
        assert_eq!(refused, Some(CategoryRefusal::Circle));
        let tree = read_anew(app).await;
        assert_eq!(tree.walk().len(), 2 * (round + 1), "all are in the tree");
    }
}

pub(crate) async fn of_many_of_one_name_at_once_one_is_created(subject: Subject) {
    let app = &subject.app;
    let add = |_| app::create_category(app, new("Home", None));
    let (one, two, three) = tokio::join!(add(1), add(2), add(3));
    let all = [one, two, three].map(Result::unwrap);
    assert_eq!(all.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(read_anew(app).await.walk().len(), 1);
}

pub(crate) async fn a_refused_change_of_a_category_writes_nothing(subject: Subject) {
    let app = &subject.app;
    let home = add(app, new("Home", None)).await;
    let before = read_anew(app).await;
    let never = app::edit_category(app, home.id, Box::new(|_| false), parent(None));
    let changed = CategoryRefusal::Changed { version: 1 };
    assert_eq!(never.await.unwrap().err(), Some(changed));
    let circle = edit(app, home.id, parent(Some(home.id))).await;
    assert_eq!(circle, Err(CategoryRefusal::Circle));
    let nowhere = new("Lamps", Some(CategoryId::new(&*app.ids)));
    let refused = app::create_category(app, nowhere).await.unwrap().err();
    assert_eq!(refused, Some(CategoryRefusal::NoParent));
    let after = read_anew(app).await;
    assert_eq!(
        (after.version(), after.walk()),
        (before.version(), before.walk())
    );
}

fn named(raw: &str) -> InCategory {
    InCategory::Named(Category::parse(raw).unwrap())
}

pub(crate) async fn a_text_leads_to_the_category_of_that_name_or_makes_one(subject: Subject) {
    let app = &subject.app;
    let home = add(app, new("Home", None)).await;
    let mut lamp = draft("Lamp", 1, 1);
    lamp.category = named("HOME");
    let lamp = subject.list(lamp).await;
    assert_eq!(
        (lamp.category_id, lamp.category.as_str()),
        (home.id, "HOME")
    );
    let mut pen = draft("Pen", 1, 1);
    pen.category = named("Pens");
    let pen = subject.list(pen).await;
    let tree = read_anew(app).await;
    let pens = tree.get(pen.category_id).unwrap();
    assert_eq!((pens.slug.as_str(), pens.parent), ("pens", None));
    let moved = subject.edit_in(&pen, "ink", ProductEdit::default()).await;
    let tree = read_anew(app).await;
    assert_eq!(tree.get(moved.category_id).unwrap().slug.as_str(), "ink");
    assert_eq!(subject.get(pen.id).await, moved);
    let same = subject.edit_in(&moved, "INK", ProductEdit::default()).await;
    assert_eq!(same.category_id, moved.category_id);
    assert_eq!(read_anew(app).await.version(), tree.version());
}

pub(crate) async fn a_retired_category_takes_no_products_and_keeps_those_that_it_has(
    subject: Subject,
) {
    let app = &subject.app;
    let lamp = subject.list(draft("Lamp", 1, 1)).await;
    let retired = CategoryEdit {
        retired: Some(true),
        ..CategoryEdit::default()
    };
    edit(app, lamp.category_id, retired).await.unwrap();
    let refused = || Err(ProductRefusal::Category(CategoryRefusal::Retired));
    let again = app::create_product(app, draft("Lamp", 1, 1)).await.unwrap();
    assert_eq!(again.map(|one| one.id), refused());
    let mut pen = draft("Pen", 1, 1);
    pen.category = named("Pens");
    let pen = subject.list(pen).await;
    let into = app::update_product(
        app,
        change(&pen, ProductEdit::default()),
        Some(named("Things")),
    );
    assert_eq!(into.await.unwrap().map(|one| one.id), refused());
    assert_eq!(subject.get(pen.id).await, pen);
    let stays = subject.edit_in(&lamp, "things", super::stock_of(7)).await;
    assert_eq!(
        (stays.stock.get(), stays.category_id),
        (7, lamp.category_id)
    );
}

pub(crate) async fn attributes_are_those_of_the_category_or_nothing_is_written(subject: Subject) {
    let app = &subject.app;
    let home = NewCategory {
        attributes: vec![
            text_attribute("colour"),
            attribute("power", AttributeKind::Boolean),
        ],
        ..new("Home", None)
    };
    let home = add(app, home).await;
    let below = add(app, new("Lamps", Some(home.id))).await;
    let key = |raw: &str| AttributeKey::parse(raw).unwrap();
    let text = |raw: &str| AttributeValue::text(raw).unwrap();
    let mut lamp = draft("Lamp", 1, 1);
    lamp.category = InCategory::Id(below.id);
    lamp.attributes = [(key("colour"), text("red")), (key("power"), text("red"))].into();
    let refused = app::create_product(app, lamp.clone()).await.unwrap();
    let codes = |refused: Result<Product, ProductRefusal>| match refused {
        Err(ProductRefusal::Attributes(faults)) => {
            let faults = faults.into_iter();
            faults
                .map(|(key, invalid)| format!("{key} {}", invalid.code))
                .collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(codes(refused), ["power invalid_type"]);
    lamp.attributes.remove(&key("power"));
    let lamp = subject.list(lamp).await;
    assert_eq!(subject.get(lamp.id).await, lamp);
    assert_eq!(lamp.attributes, [(key("colour"), text("red"))].into());
    let elsewhere = app::update_product(
        app,
        change(&lamp, ProductEdit::default()),
        Some(named("Pens")),
    );
    assert_eq!(
        codes(elsewhere.await.unwrap()),
        ["colour unknown_attribute"]
    );
    assert_eq!(subject.get(lamp.id).await, lamp);
    assert_eq!(
        read_anew(app).await.walk().len(),
        2,
        "no category was made for it"
    );
    let bare = ProductEdit {
        attributes: Some(Attributes::new()),
        ..ProductEdit::default()
    };
    let moved = subject.edit_in(&lamp, "Pens", bare).await;
    assert!(moved.attributes.is_empty());
    let unknown = InCategory::Id(CategoryId::new(&*app.ids));
    let later = subject.at(LATER);
    let change = change(&moved, ProductEdit::default());
    let nowhere = app::update_product(&later, change, Some(unknown)).await;
    let refused = ProductRefusal::Category(CategoryRefusal::NotFound);
    assert_eq!(nowhere.unwrap(), Err(refused));
}

pub(crate) async fn of_many_products_of_one_new_category_at_once_all_are_in_it(subject: Subject) {
    let list = |_| subject.list(draft("Lamp", 1, 1));
    let (one, two, three) = tokio::join!(list(1), list(2), list(3));
    let ids = [one, two, three].map(|product| product.category_id);
    assert_eq!(ids, [ids[0]; 3]);
    assert_eq!(read_anew(&subject.app).await.walk().len(), 1);
}
