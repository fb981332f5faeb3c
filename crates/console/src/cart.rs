//! The cart, which a browser keeps in a cookie. It is no secret, and anything may come back: what cannot be read is left out.

use kernel::{Money, ProductId, VariantId};

/// Most products in a cart: a cookie holds some 4 000 characters.
const MOST: usize = 35;
/// Most of one product, as in an order.
const MOST_OF_ONE: u32 = 10_000;

/// A product in the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) product: ProductId,
    /// Which of its variants. The id of the default one is the product's.
    pub(crate) variant: VariantId,
    pub(crate) quantity: u32,
    /// What one cost when it was put there, in minor units.
    pub(crate) price: i64,
}

/// What somebody means to buy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cart(Vec<Line>);

impl Line {
    /// Reads `product.quantity.price`, and `.variant` unless it is the default one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let product: ProductId = parts.next()?.parse().ok()?;
        let quantity = parts.next()?.parse().ok()?;
        let price = parts.next()?.parse().ok()?;
        let variant = match parts.next() {
            Some(variant) => variant.parse().ok()?,
            None => VariantId::from_uuid(product.as_uuid()),
        };
        let is_sane = parts.next().is_none()
            && (1..=MOST_OF_ONE).contains(&quantity)
            && (0..=Money::MAX_AMOUNT).contains(&price);
        is_sane.then_some(Self {
            product,
            variant,
            quantity,
            price,
        })
    }

    /// What [`parse`](Self::parse) reads.
    pub(crate) fn text(&self) -> String {
        let Self {
            product,
            variant,
            quantity,
            price,
        } = self;
        if self.is_default() {
            return format!("{product}.{quantity}.{price}");
        }
        format!("{product}.{quantity}.{price}.{variant}")
    }

    /// Whether it is the product's default variant.
    pub(crate) fn is_default(&self) -> bool {
        self.variant.as_uuid() == self.product.as_uuid()
    }
}

impl Cart {
    /// Reads a cookie: lines with `~` between them.
    pub(crate) fn parse(text: &str) -> Self {
        let mut cart = Self::default();
        for line in text.split('~').filter_map(Line::parse) {
            cart.add(line);
        }
        cart
    }

    /// The cookie.
    pub(crate) fn text(&self) -> String {
        let lines = self.0.iter().map(Line::text);
        lines.collect::<Vec<_>>().join("~")
    }

    /// Adds a line, at the price of now. Returns whether there was room.
    pub(crate) fn add(&mut self, new: Line) -> bool {
        let here = self.0.iter_mut().find(|line| line.variant == new.variant);
        if let Some(line) = here {
            line.quantity = line.quantity.saturating_add(new.quantity).min(MOST_OF_ONE);
            line.price = new.price;
            return true;
        }
        let room = self.0.len() < MOST;
        if room {
            self.0.push(new);
        }
        room
    }

    /// Sets the quantity of a variant in the cart; 0 takes it out.
    pub(crate) fn set(&mut self, variant: VariantId, quantity: u32) {
        if let Some(line) = self.0.iter_mut().find(|line| line.variant == variant) {
            line.quantity = quantity.min(MOST_OF_ONE);
        }
        self.0.retain(|line| line.quantity > 0);
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.0
    }

    /// How many items are in it.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|line| u64::from(line.quantity)).sum()
    }
}

#[cfg(test)]
mod tests {
    use kernel::SystemIds;

    use super::*;

    fn line(ids: &SystemIds, quantity: u32, price: i64) -> Line {
        let product = ProductId::new(ids);
        Line {
            product,
            variant: VariantId::from_uuid(product.as_uuid()),
            quantity,
            price,
        }
    }

    #[test]
    fn a_cart_comes_back_from_its_cookie_and_garbage_is_left_out() {
        let ids = SystemIds::default();
        let (lamp, vase) = (line(&ids, 2, 1299), line(&ids, 1, 500));
        let blue = Line {
            variant: VariantId::new(&ids),
            ..vase
        };
        let mut cart = Cart::default();
        for new in [lamp, vase, blue] {
            assert!(cart.add(new));
        }
        let cheaper = Line {
            quantity: 1,
            price: 1199,
            ..lamp
        };
        assert!(cart.add(cheaper));
        assert_eq!(Cart::parse(&cart.text()), cart);
        assert_eq!((cart.count(), cart.lines().len()), (5, 3));
        let id = lamp.product;
        let garbage = format!(
            "x~{id}.1~{id}.1.-5~{id}.0.5~{id}.1.2.3~{id}.1.2.{id}.4~{}",
            cart.text()
        );
        assert_eq!(Cart::parse(&garbage), cart);
        cart.set(lamp.variant, 0);
        assert_eq!(cart.count(), 2);
    }

    #[test]
    fn a_full_cart_fits_a_cookie() {
        let ids = SystemIds::default();
        let mut cart = Cart::default();
        let any = || Line {
            variant: VariantId::new(&ids),
            ..line(&ids, MOST_OF_ONE, 99_999_999)
        };
        for _ in 0..MOST {
            assert!(cart.add(any()));
        }
        assert!(!cart.add(any()));
        assert!(cart.text().len() < 3_800, "{}", cart.text().len());
    }
}
