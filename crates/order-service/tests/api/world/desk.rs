//! A stub for reservations.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use async_trait::async_trait;
use contracts::reservations::{
    Article, CurrentPrice, Delivery, PriceChanged, Refusal, RequestedLine, ReserveRequest,
    ReservedLine, ReturnPolicy, Shortage,
};
use kernel::{Currency, Money, OrderId, ProductId, UserId};
use order_service::{ReservationRefusal, Reservations};

/// Holds stock.
pub(crate) struct Desk {
    pub(crate) stock: Mutex<HashMap<ProductId, (UserId, i64)>>,
    /// The products that are shipped.
    pub(crate) shipped: Mutex<HashSet<ProductId>>,
    pub(crate) asked: Mutex<Vec<OrderId>>,
    /// The variants besides the default ones. They share their product's stock.
    pub(crate) variants: Mutex<HashSet<Article>>,
    /// What one of each product costs.
    pub(crate) price: Mutex<i64>,
    /// What sellers take back.
    pub(crate) returns: Mutex<ReturnPolicy>,
}

#[async_trait]
impl Reservations for Desk {
    async fn reserve(
        &self,
        request: ReserveRequest,
    ) -> Result<Vec<ReservedLine>, ReservationRefusal> {
        self.asked.lock().unwrap().push(request.order);
        let mut kept = self.stock.lock().unwrap();
        let mut stock = kept.clone();
        let mut lines = Vec::new();
        let price = Money::new(*self.price.lock().unwrap(), Currency::USD);
        for RequestedLine {
            product,
            quantity,
            agreed,
            variant,
        } in request.lines
        {
            let Some((seller, left)) = stock.get_mut(&product) else {
                return Err(Refusal::UnknownProducts(vec![product]).into());
            };
            let article = Article::new(product, variant);
            if variant.is_some() && !self.variants.lock().unwrap().contains(&article) {
                return Err(Refusal::UnknownVariants(vec![article]).into());
            }
            if *seller == request.buyer {
                return Err(Refusal::OwnProducts(vec![product]).into());
            }
            if !agreed.allows(price, 1) {
                let current = CurrentPrice {
                    product,
                    variant,
                    unit_price: price,
                    version: 1,
                };
                let (lines, total) = (vec![current], Some(price));
                return Err(Refusal::PriceChanged(PriceChanged { lines, total }).into());
            }
            let requested = i64::from(quantity);
            if *left < requested {
                let shortage = Shortage {
                    product,
                    variant,
                    requested,
                    available: *left,
                };
                return Err(Refusal::OutOfStock(vec![shortage]).into());
            }
            *left -= requested;
            let is_shipped = self.shipped.lock().unwrap().contains(&product);
            lines.push(ReservedLine {
                returns: *self.returns.lock().unwrap(),
                product,
                variant,
                options: variant
                    .map(|id| ("Size".to_owned(), id.to_string()))
                    .into_iter()
                    .collect(),
                seller: *seller,
                seller_name: Some("Grace".to_owned()),
                category: "Light".to_owned(),
                delivery: if is_shipped {
                    Delivery::Shipped
                } else {
                    Delivery::None
                },
                name: "Lamp".to_owned(),
                unit_price: price,
                quantity,
            });
        }
        *kept = stock;
        Ok(lines)
    }
}
