//! The demo's tree of categories, and what its books say of themselves.

use std::collections::BTreeMap;

use kernel::CategoryId;
use product_service::{
    Attribute, AttributeKey, AttributeKind, AttributeValue, Attributes, Category, Names,
    NewCategory, Thousandths,
};

use super::examples::DemoIds;
use crate::composition::Marketplace;

/// A category's name in English and in German.
type Bilingual = (&'static str, &'static str);

/// The category of books.
const BOOKS: Bilingual = ("Books", "Bücher");

/// What is at the root beside them, and what is below it, in English and German.
const REST: [(Bilingual, &[Bilingual]); 4] = [
    (("Electronics", "Elektronik"), &[]),
    (
        ("Living", "Wohnen"),
        &[("Home & Kitchen", "Haushalt & Küche"), ("Garden", "Garten")],
    ),
    (
        ("Fashion", "Mode"),
        &[
            ("Clothing", "Kleidung"),
            ("Beauty & Care", "Schönheit & Pflege"),
        ],
    ),
    (
        ("Leisure", "Freizeit"),
        &[
            ("Sports & Outdoors", "Sport & Outdoor"),
            ("Toys & Games", "Spielzeug & Spiele"),
        ],
    ),
];

const BINDINGS: [&str; 4] = ["Paperback", "Hardback", "Spiral bound", "Textbook"];

/// Creates the categories. Books are that of the API document's examples.
pub(super) async fn plant(marketplace: &Marketplace, ids: &DemoIds) -> anyhow::Result<()> {
    ids.give_own()?;
    let books = NewCategory {
        attributes: vec![
            attribute(
                "binding",
                ("Binding", "Einband"),
                AttributeKind::one_of(BINDINGS.map(str::to_owned).into())?,
            )?,
            attribute(
                "pages",
                ("Pages", "Seiten"),
                AttributeKind::Number { unit: None },
            )?,
        ],
        ..category(BOOKS, None)?
    };
    marketplace.products.create_category(books).await?;
    for (root, below) in REST {
        let root = category(root, None)?;
        let root = marketplace.products.create_category(root).await?;
        for one in below {
            let one = category(*one, Some(root))?;
            marketplace.products.create_category(one).await?;
        }
    }
    Ok(())
}

fn category(names: (&str, &str), parent: Option<CategoryId>) -> anyhow::Result<NewCategory> {
    Ok(NewCategory {
        parent,
        slug: None,
        names: bilingual(names)?,
        attributes: Vec::new(),
    })
}

fn attribute(key: &str, names: (&str, &str), kind: AttributeKind) -> anyhow::Result<Attribute> {
    Ok(Attribute {
        key: AttributeKey::parse(key)?,
        names: bilingual(names)?,
        kind,
    })
}

fn bilingual((english, german): (&str, &str)) -> anyhow::Result<Names> {
    let names = BTreeMap::from([
        ("en".parse()?, Category::parse(english)?),
        ("de".parse()?, Category::parse(german)?),
    ]);
    Ok(Names::new(names)?)
}

/// What a product of this category says of itself: a book's description begins with its binding and its pages.
pub(super) fn attributes(category: &str, description: &str) -> anyhow::Result<Attributes> {
    let mut attributes = Attributes::new();
    let binding = BINDINGS.iter().find(|one| description.starts_with(**one));
    if let Some(binding) = binding.filter(|_| category == BOOKS.0) {
        let key = AttributeKey::parse("binding")?;
        attributes.insert(key, AttributeValue::text(binding)?);
        let pages = description.split(", ").nth(1);
        let pages = pages.and_then(|pages| pages.split(' ').next()?.parse::<f64>().ok());
        if let Some(pages) = pages {
            let pages = AttributeValue::Number(Thousandths::parse(pages)?);
            attributes.insert(AttributeKey::parse("pages")?, pages);
        }
    }
    Ok(attributes)
}
