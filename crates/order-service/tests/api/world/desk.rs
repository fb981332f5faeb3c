//! A stub for reservations.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use async_trait::async_trait;
use contracts::reservations::{
    CurrentPrice, Delivery, PriceChanged, Refusal, RequestedLine, ReserveRequest, ReservedLine,
    Shortage,
};
use kernel::{Currency, Money, OrderId, ProductId, UserId};
use order_service::{ReservationRefusal, Reservations};

/// Holds stock.
pub(crate) struct Desk {
    pub(crate) stock: Mutex<HashMap<ProductId, (UserId, i64)>>,
    /// The products that are shipped.
    pub(crate) shipped: Mutex<HashSet<ProductId>>,
    pub(crate) asked: Mutex<Vec<OrderId>>,
    /// What one of each product costs.
    pub(crate) price: Mutex<i64>,
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
        } in request.lines
        {
            let Some((seller, left)) = stock.get_mut(&product) else {
                return Err(Refusal::UnknownProducts(vec![product]).into());
            };
            if *seller == request.buyer {
                return Err(Refusal::OwnProducts(vec![product]).into());
            }
            if !agreed.allows(price, 1) {
                let current = CurrentPrice {
                    product,
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
                    requested,
                    available: *left,
                };
                return Err(Refusal::OutOfStock(vec![shortage]).into());
            }
            *left -= requested;
            let is_shipped = self.shipped.lock().unwrap().contains(&product);
            lines.push(ReservedLine {
                product,
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
