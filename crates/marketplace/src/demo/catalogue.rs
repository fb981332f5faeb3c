//! The demo's catalogue: lists the products of `assets/demo/catalogue.tsv`, as their sellers would, each with an image.

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use kernel::{Money, ProductId, UserId};
use product_service::{
    AltText, Category, Delivery, Description, NewProduct, NewStatus, NewVariant, Options,
    PriceEdit, ProductName, Sku, Stock, Traits,
};

use super::drawing;
use super::examples::DemoIds;
use super::tree::attributes;
use crate::composition::Marketplace;

const CATALOGUE: &str = include_str!("../../assets/demo/catalogue.tsv");

/// What is in this category is picked up at the seller's; everything else is shipped.
const PICKED_UP: &str = "Books";

/// Images that are added at once.
const TOGETHER: usize = 4;

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
    let mut to_show = Vec::new();
    for (number, line) in CATALOGUE.lines().enumerate().skip(1) {
        let new = read(line, sellers, marketplace.deps.currency)
            .with_context(|| format!("line {} of the demo's catalogue", number + 1))?;
        // The first products of the first two sellers are those of the API document's examples.
        if !seen.contains(&new.seller) {
            seen.push(new.seller);
            match seen.len() {
                1 => ids.give_own_product()?,
                2 => ids.give_to_order()?,
                _ => {}
            }
        }
        let (seller, delivery) = (new.seller, new.delivery);
        let product = marketplace.products.create(new).await?;
        let listing = Listed {
            id: product.id,
            seller,
            delivery,
        };
        let name = product.name.into_string();
        if listed.is_empty() {
            // The one image that the examples name.
            ids.give_own()?;
            show(marketplace, listing, &name, 0).await?;
        } else {
            let views = if listed.len() == 1 { 3 } else { 1 };
            to_show.extend((0..views).map(|view| (listing, name.clone(), view)));
        }
        listed.push(listing);
    }
    for some in to_show.chunks(TOGETHER) {
        let shown = some
            .iter()
            .map(|(product, name, view)| show(marketplace, *product, name, *view));
        try_join_all(shown).await?;
    }
    ensure!(listed.len() >= 200, "the demo's catalogue is too small");
    Ok(listed)
}

/// Adds an image of a product.
async fn show(
    marketplace: &Marketplace,
    product: Listed,
    name: &str,
    view: u8,
) -> anyhow::Result<()> {
    let alt = AltText::parse(&format!("A drawing of shapes that stands for {name}"))?;
    let file = drawing::draw(name, view)?;
    let products = &marketplace.products;
    let added = products.add_image(product.id, product.seller, alt, file);
    added.await?.map_err(anyhow::Error::msg)
}

fn read(line: &str, sellers: &[UserId], currency: kernel::Currency) -> anyhow::Result<NewProduct> {
    let columns: Vec<&str> = line.split('\t').collect();
    let (&[category, seller, name, price, stock, description], more) = columns
        .split_first_chunk()
        .with_context(|| format!("it has {} columns", columns.len()))?;
    let (traits, variants) = variants(more)?;
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
        category: Category::parse(category)?.into(),
        attributes: attributes(category, description)?,
        delivery: if category == PICKED_UP {
            Delivery::None
        } else {
            Delivery::Shipped
        },
        status: NewStatus::Active,
        traits,
        variants,
        metadata: None,
    })
}

/// The traits of the default variant and the further variants, from a column that a product without variants does not have:
/// `TEE; Size=M; Size=L 20; Size=XL 5 2190` are a default variant, 20 of another at the same price, and 5 at a price of their own. Their
/// SKUs are `TEE-M`, `TEE-L` and `TEE-XL`.
fn variants(column: &[&str]) -> anyhow::Result<(Traits, Vec<NewVariant>)> {
    let &[column] = column else {
        ensure!(column.is_empty(), "it has too many columns");
        return Ok((Traits::default(), Vec::new()));
    };
    let mut all = column.split("; ");
    let stem = all.next().unwrap_or_default();
    let default = traits(stem, all.next().unwrap_or_default())?;
    let further = all.map(|variant| {
        let mut words = variant.split(' ');
        let mut next = || words.next();
        let (named, stock, price) = (next().unwrap_or_default(), next(), next());
        let price = price.map(str::parse).transpose()?;
        Ok(NewVariant {
            traits: traits(stem, named)?,
            price: price.map(|amount| PriceEdit {
                amount,
                currency: None,
            }),
            stock: Stock::parse(stock.context("a variant has no stock")?.parse()?)?,
        })
    });
    Ok((default, further.collect::<anyhow::Result<_>>()?))
}

/// The traits of the variant `Name=Value`.
fn traits(stem: &str, named: &str) -> anyhow::Result<Traits> {
    let (name, value) = named
        .split_once('=')
        .with_context(|| format!("{named} is no option"))?;
    Ok(Traits {
        sku: Some(Sku::parse(&format!("{stem}-{value}"))?),
        barcode: None,
        options: Options::parse([(name.to_owned(), value.to_owned())].into())?,
    })
}
