//! /cart.

use kernel::{ProductId, VariantId};
use minijinja::context;

use super::summary::{offer, summary};
use crate::cart::Line;
use crate::failure::{Failure, Refusal};
use crate::visit::{Outcome, Reply, Visit};

pub(crate) async fn show(visit: &mut Visit) -> Outcome {
    let summary = summary(visit, visit.cart.lines()).await?;
    Ok(Reply::page("shop/cart.html", context! { summary }))
}

/// Puts a variant of a product into the cart at its price of now.
pub(crate) async fn add(visit: &mut Visit) -> Outcome {
    let product: ProductId = visit
        .form
        .get("product")
        .parse()
        .map_err(|_| Failure::NotFound)?;
    let variant = match visit.form.some("variant") {
        Some(variant) => variant.parse().map_err(|_| Failure::NotFound)?,
        None => VariantId::from_uuid(product.as_uuid()),
    };
    let found = visit.get(format!("/api/products/{product}")).await?;
    let offer = offer(&found, variant).ok_or(Failure::NotFound)?;
    let quantity = visit.form.some("quantity").unwrap_or("1");
    let quantity = quantity.parse().ok().filter(|quantity| *quantity > 0);
    let Some(quantity) = quantity else {
        return Err(Failure::Refused(Refusal::own(422, "bad_quantity")));
    };
    let line = Line {
        product,
        variant,
        quantity,
        price: offer.price,
    };
    if !visit.cart.add(line) {
        return Err(Failure::Refused(Refusal::own(409, "cart_full")));
    }
    visit.keep_cart();
    Ok(Reply::see("/cart?done=added"))
}

/// Sets quantities: `quantity.{variant}`; and takes the variant out that the pressed button names.
pub(crate) async fn change(visit: &mut Visit) -> Outcome {
    let mut wanted: Vec<(VariantId, u32)> = Vec::new();
    for (variant, quantity) in visit.form.with_prefix("quantity.") {
        match (variant.parse(), quantity.parse()) {
            (Ok(variant), Ok(quantity)) => wanted.push((variant, quantity)),
            _ => return Err(Failure::Refused(Refusal::own(422, "bad_quantity"))),
        }
    }
    if let Ok(variant) = visit.form.get("remove").parse() {
        wanted.push((variant, 0));
    }
    for (variant, quantity) in wanted {
        visit.cart.set(variant, quantity);
    }
    visit.keep_cart();
    Ok(Reply::see("/cart"))
}
