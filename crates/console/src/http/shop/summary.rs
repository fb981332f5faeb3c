//! What is in a cart, as it stands now: prices and stock of this moment beside those that the buyer saw.

use futures_util::future::join_all;
use kernel::VariantId;
use serde::Serialize;
use serde_json::Value;

use crate::cart::Line;
use crate::failure::Failure;
use crate::visit::Visit;

/// A line with what became of it.
#[derive(Serialize)]
pub(super) struct Position {
    /// The variant.
    id: String,
    /// As a cart has it, at the price of now.
    line: String,
    quantity: u32,
    /// None if it is not sold any more.
    product: Option<Value>,
    /// What the variant is: `Brass, M`. Empty if there is one variant only.
    options: String,
    /// What one costs now, in minor units.
    price: i64,
    /// What one cost when the buyer saw it, if it costs something else now.
    was: Option<i64>,
    /// How many there are, if they are fewer.
    short: Option<i64>,
    /// In minor units.
    total: i64,
}

/// What is offered as a variant of a product.
#[derive(Serialize)]
pub(super) struct Offer {
    /// In minor units.
    pub(super) price: i64,
    stock: i64,
    options: String,
}

/// A variant of `product`, if it has that one.
pub(super) fn offer(product: &Value, variant: VariantId) -> Option<Offer> {
    let variant = variant.to_string();
    let variants = product.get("variants").and_then(Value::as_array);
    let mut variants = variants.into_iter().flatten();
    let found = variants.find(|one| text(one, "/id") == variant);
    let default = text(product, "/id") == variant;
    let found = found.or(default.then_some(product))?;
    let options = found.get("options").and_then(Value::as_object);
    let options = options.into_iter().flat_map(serde_json::Map::values);
    let options: Vec<_> = options.filter_map(Value::as_str).collect();
    Some(Offer {
        price: number(found, "/price/amount"),
        stock: number(found, "/stock"),
        options: options.join(", "),
    })
}

/// What one seller sends.
#[derive(Serialize)]
pub(super) struct Parcel {
    seller: String,
    name: Option<String>,
    positions: Vec<Position>,
    total: i64,
}

/// All of it.
#[derive(Serialize)]
pub(super) struct Summary {
    pub(super) parcels: Vec<Parcel>,
    /// What is not sold any more.
    gone: Vec<Position>,
    /// In minor units of `currency`.
    pub(super) total: i64,
    pub(super) currency: String,
    /// Whether anything is shipped.
    pub(super) ships: bool,
    /// Whether it can be ordered as it stands.
    ready: bool,
}

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or(0)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or("")
}

async fn position(visit: &Visit, line: &Line) -> Result<Position, Failure> {
    let found = visit.get(format!("/api/products/{}", line.product)).await;
    let product = match found {
        Ok(product) if text(&product, "/status") == "active" => Some(product),
        Ok(_) | Err(Failure::NotFound) => None,
        Err(failure) => return Err(failure),
    };
    let offer = product
        .as_ref()
        .and_then(|product| offer(product, line.variant));
    let product = product.filter(|_| offer.is_some());
    let offer = offer.unwrap_or(Offer {
        price: line.price,
        stock: 0,
        options: String::new(),
    });
    let quantity = i64::from(line.quantity);
    let now = Line {
        price: offer.price,
        ..*line
    };
    Ok(Position {
        id: line.variant.to_string(),
        line: now.text(),
        quantity: line.quantity,
        product,
        options: offer.options,
        price: offer.price,
        was: (offer.price != line.price).then_some(line.price),
        short: (offer.stock < quantity).then_some(offer.stock),
        total: offer.price.saturating_mul(quantity),
    })
}

/// Looks `lines` up.
pub(super) async fn summary(visit: &Visit, lines: &[Line]) -> Result<Summary, Failure> {
    let looked_up = join_all(lines.iter().map(|line| position(visit, line))).await;
    let mut summary = Summary {
        parcels: Vec::new(),
        gone: Vec::new(),
        total: 0,
        currency: visit.currency().to_string(),
        ships: false,
        ready: !lines.is_empty(),
    };
    for (place, position) in looked_up.into_iter().enumerate() {
        let position = position?;
        let Some(product) = &position.product else {
            summary.ready = false;
            summary.gone.push(position);
            continue;
        };
        if place == 0 {
            text(product, "/price/currency").clone_into(&mut summary.currency);
        }
        summary.ships |= text(product, "/delivery") == "shipped";
        summary.ready &= position.short.is_none();
        summary.total = summary.total.saturating_add(position.total);
        let seller = text(product, "/sellerId").to_owned();
        let name = product.pointer("/seller/name").and_then(Value::as_str);
        let name = name.map(str::to_owned);
        let parcel = summary.parcels.iter_mut();
        match parcel.into_iter().find(|parcel| parcel.seller == seller) {
            Some(parcel) => {
                parcel.total = parcel.total.saturating_add(position.total);
                parcel.positions.push(position);
            }
            None => summary.parcels.push(Parcel {
                seller,
                name,
                total: position.total,
                positions: vec![position],
            }),
        }
    }
    Ok(summary)
}
