//! What sellers and buyers do with the products of the [`Shop`].

use std::collections::BTreeMap;

use contracts::reservations::Refusal;
use proptest::prelude::*;

use super::super::{LATER, Subject, change, draft, order, stock_of, user};
use super::{COLOURS, SIZES, Shop, Tree, key, text};
use crate::app;
use crate::domain::{
    AttributeValue, InCategory, NewVariant, Options, PriceEdit, Product, ProductEdit, Stock,
    Thousandths, Traits,
};

/// Something that happens to products.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    List {
        seller: usize,
        category: usize,
        price: i64,
        stock: i64,
        colour: Option<usize>,
        power: Option<i64>,
        /// Sizes with their stock.
        variants: Vec<(usize, i64)>,
    },
    Remove(usize),
    Unpublish(usize),
    Reprice(usize, i64),
    Restock(usize, i64),
    Order(usize, i64),
    Move(usize, usize),
}

pub(super) fn deed() -> impl Strategy<Value = Deed> {
    let list = (
        0_usize..3,
        0_usize..4,
        prop_oneof![1_i64..30, 90_i64..3000],
        0_i64..3,
        prop::option::of(0_usize..3),
        prop::option::of(1_i64..20),
        prop::collection::vec((0_usize..3, 0_i64..2), 0..3),
    );
    let list = list.prop_map(
        |(seller, category, price, stock, colour, power, variants)| Deed::List {
            seller,
            category,
            price,
            stock,
            colour,
            power,
            variants,
        },
    );
    prop_oneof![
        6 => list,
        1 => any::<usize>().prop_map(Deed::Remove),
        1 => any::<usize>().prop_map(Deed::Unpublish),
        1 => (any::<usize>(), 1_i64..3000).prop_map(|(product, price)| Deed::Reprice(product, price)),
        1 => (any::<usize>(), 0_i64..3).prop_map(|(product, stock)| Deed::Restock(product, stock)),
        2 => (any::<usize>(), 1_i64..3).prop_map(|(product, units)| Deed::Order(product, units)),
        1 => (any::<usize>(), 0_usize..4).prop_map(|(product, to)| Deed::Move(product, to)),
    ]
}

impl Shop {
    pub(super) async fn open(subject: Subject) -> Self {
        Self {
            tree: Tree::plant(&subject).await,
            subject,
            sellers: (0..3).map(|_| user()).collect(),
            products: Vec::new(),
        }
    }

    /// The product that a number leads to, as it is now, if its seller may still change it.
    async fn chosen(&self, number: usize) -> Option<Product> {
        let place = number.checked_rem(self.products.len())?;
        let product = self.subject.get(self.products[place].id).await;
        product.is_listed().then_some(product)
    }

    pub(super) async fn make(&mut self, deed: Deed) {
        let subject = &self.subject;
        match deed {
            Deed::List {
                seller,
                category,
                price,
                stock,
                colour,
                power,
                variants,
            } => {
                let is_lamp = category == 1 || category == 2;
                let mut new = draft(if is_lamp { "A lamp" } else { "A thing" }, price, stock);
                new.seller = self.sellers[seller];
                new.category = InCategory::Id(self.tree.all()[category]);
                let colour = colour
                    .filter(|_| category < 3)
                    .map(|one| text(COLOURS[one]));
                new.attributes
                    .extend(colour.map(|colour| (key("colour"), colour)));
                let power = power.filter(|_| is_lamp);
                let power = power.map(|power| {
                    (
                        key("power"),
                        number(f64::from(i32::try_from(power).unwrap()) / 2.0),
                    )
                });
                new.attributes.extend(power);
                let mut sizes = BTreeMap::new();
                sizes.extend(variants);
                new.variants = sizes
                    .into_iter()
                    .map(|(size, stock)| variant(size, stock))
                    .collect();
                let listed = subject.list(new).await;
                self.products.push(listed);
            }
            Deed::Remove(number) => {
                if let Some(product) = self.chosen(number).await {
                    subject.remove(change(&product, ()), LATER).await.unwrap();
                }
            }
            Deed::Unpublish(number) => {
                if let Some(product) = self.chosen(number).await {
                    let unpublished = app::unpublish_product(&subject.app, change(&product, ()));
                    unpublished.await.unwrap().unwrap();
                }
            }
            Deed::Reprice(number, amount) => {
                if let Some(product) = self.chosen(number).await {
                    let price = PriceEdit {
                        amount,
                        currency: None,
                    };
                    let edit = ProductEdit {
                        price: Some(price),
                        ..ProductEdit::default()
                    };
                    subject.edit(&product, edit).await;
                }
            }
            Deed::Restock(number, stock) => {
                if let Some(product) = self.chosen(number).await {
                    subject.edit(&product, stock_of(stock)).await;
                }
            }
            Deed::Order(number, units) => {
                if let Some(product) = self.chosen(number).await {
                    let held = subject.reserve(order(), &[(product.id, units)]).await;
                    assert!(
                        matches!(held, Ok(_) | Err(Refusal::OutOfStock(_))),
                        "{held:?}"
                    );
                }
            }
            Deed::Move(number, to) => {
                if let Some(product) = self.chosen(number).await {
                    let to = InCategory::Id(self.tree.all()[to]);
                    let edit = ProductEdit {
                        attributes: Some(BTreeMap::new()),
                        ..ProductEdit::default()
                    };
                    let moved = app::update_product(&subject.app, change(&product, edit), Some(to));
                    moved.await.unwrap().unwrap();
                }
            }
        }
    }
}

fn variant(size: usize, stock: i64) -> NewVariant {
    let options = [("Size".to_owned(), SIZES[size].to_owned())];
    NewVariant {
        traits: Traits {
            options: Options::parse(options.into()).unwrap(),
            ..Traits::default()
        },
        price: None,
        stock: Stock::parse(stock).unwrap(),
    }
}

fn number(raw: f64) -> AttributeValue {
    AttributeValue::Number(Thousandths::parse(raw).unwrap())
}
