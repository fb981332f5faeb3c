//! The demo's catalogue: lists the products of `assets/demo/catalogue.tsv`, as their sellers would.

use anyhow::{Context as _, ensure};
use kernel::{Money, ProductId, UserId};
use product_service::{Category, Delivery, Description, NewProduct, ProductName, Stock};

use super::examples::DemoIds;
use crate::composition::Marketplace;

const CATALOGUE: &str = include_str!("../../assets/demo/catalogue.tsv");

/// What is in this category is picked up at the seller's; everything else is shipped.
const PICKED_UP: &str = "Books";

/// A product that was listed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    pub(super) id: ProductId,
    pub(super) seller: UserId,
    pub(super) delivery: Delivery,
}

/// Lists all products. Returns them in file order.
pub(super) async fn list(
    marketplace: &Marketplace,
    sellers: &[UserId],
    ids: &DemoIds,
) -> anyhow::Result<Vec<Listed>> {
    let mut listed: Vec<Listed> = Vec::new();
    let mut seen = Vec::new();
    for (number, line) in CATALOGUE.lines().enumerate().skip(1) {
        let new = read(line, sellers, marketplace.deps.currency)
            .with_context(|| format!("line {} of the demo's catalogue", number + 1))?;
        // The first products of the first two sellers are those of the API document's examples.
        if !seen.contains(&new.seller) {
            seen.push(new.seller);
            match seen.len() {
                1 => ids.give_own()?,
                2 => ids.give_to_order()?,
                _ => {}
            }
        }
        let (seller, delivery) = (new.seller, new.delivery);
        listed.push(Listed {
            id: marketplace.products.create(new).await?.id,
            seller,
            delivery,
        });
    }
    ensure!(listed.len() >= 200, "the demo's catalogue is too small");
    Ok(listed)
}

fn read(line: &str, sellers: &[UserId], currency: kernel::Currency) -> anyhow::Result<NewProduct> {
    let columns: Vec<&str> = line.split('\t').collect();
    let &[category, seller, name, price, stock, description] = columns.as_slice() else {
        anyhow::bail!("it has {} columns", columns.len());
    };
    let seller = seller
        .parse::<usize>()?
        .checked_sub(1)
        .and_then(|place| sellers.get(place));
    Ok(NewProduct {
        seller: *seller.context("there is no such seller")?,
        name: ProductName::parse(name)?,
        description: Description::parse(description)?,
        price: Money::positive(price.parse()?, currency)?,
        stock: Stock::parse(stock.parse()?)?,
        category: Category::parse(category)?,
        delivery: if category == PICKED_UP {
            Delivery::None
        } else {
            Delivery::Shipped
        },
    })
}
