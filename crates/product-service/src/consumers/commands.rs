//! Commands of the order service. All kinds share one queue and are handled in batches.

use std::sync::Arc;

use async_trait::async_trait;
use bus::{Batched, Receiver, Subscription};
use contracts::product::{ConfirmReservation, ReleaseReservation, ReturnStock, ReturnedLine};
use contracts::reservations::Article;
use contracts::{Envelope, MalformedMessage};
use store::StoreResult;

use super::{MAX_BATCH, name};
use crate::app::{App, Ask, Command, Return, settle_reservations};
use crate::domain::Returned;

/// The queue of all commands to the product service.
pub const QUEUE: &str = "product.commands";

/// Subscribes to all commands.
pub(crate) fn commands(app: Arc<App>) -> Subscription {
    Subscription {
        queue: QUEUE,
        messages: vec![
            name::<ConfirmReservation>(),
            name::<ReleaseReservation>(),
            name::<ReturnStock>(),
        ],
        handler: Arc::new(Batched(Commands(app))),
        max_batch: MAX_BATCH,
    }
}

struct Commands(Arc<App>);

#[async_trait]
impl Receiver for Commands {
    type Command = Command;

    fn decode(&self, message: &Envelope) -> Result<Command, MalformedMessage> {
        let (order, ask) = if message.name == name::<ConfirmReservation>() {
            let asked: ConfirmReservation = message.open()?;
            (asked.order_id, Ask::Confirm)
        } else if message.name == name::<ReleaseReservation>() {
            let asked: ReleaseReservation = message.open()?;
            (asked.order_id, Ask::Release)
        } else if message.name == name::<ReturnStock>() {
            let asked: ReturnStock = message.open()?;
            let ask = Return {
                id: contracts::return_id(&asked.return_id)?,
                lines: returned(&asked.lines)?,
            };
            (asked.order_id, Ask::Return(ask))
        } else {
            let what = format!("{} is no command to the product service", message.name);
            return Err(MalformedMessage(what));
        };
        Ok(Command {
            message: message.id,
            order: contracts::order_id(&order)?,
            ask,
        })
    }

    async fn receive(&self, commands: Vec<Command>) -> StoreResult<Vec<StoreResult<()>>> {
        settle_reservations(&self.0, commands).await
    }
}

/// What came back: something of at least one article.
fn returned(lines: &[ReturnedLine]) -> Result<Vec<Returned>, MalformedMessage> {
    if lines.is_empty() {
        return Err(MalformedMessage("a return of nothing".to_owned()));
    }
    let read = |line: &ReturnedLine| {
        let product = contracts::product_id(&line.product_id)?;
        let variant = contracts::variant_id(&line.variant_id)?;
        let article = Article::new(product, variant);
        Returned::new(article, line.restocked, line.written_off)
            .map_err(|invalid| MalformedMessage(format!("a returned line {invalid}")))
    };
    lines.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use contracts::id_bytes;
    use kernel::{ProductId, SystemIds, VariantId};

    use super::*;

    #[test]
    fn a_return_has_lines_and_each_returns_something() {
        let product = ProductId::new(&SystemIds::default());
        let line = |restocked, written_off| ReturnedLine {
            product_id: id_bytes(product.as_uuid()),
            restocked,
            written_off,
            variant_id: id_bytes(product.as_uuid()).slice(..0),
        };
        let read = returned(&[line(2, 0), line(0, 1)]).unwrap();
        let counts: Vec<_> = read
            .iter()
            .map(|one| (one.restocked, one.written_off))
            .collect();
        assert_eq!(counts, [(2, 0), (0, 1)]);
        let variant = VariantId::new(&SystemIds::default());
        let of_variant = ReturnedLine {
            variant_id: id_bytes(variant.as_uuid()),
            ..line(1, 0)
        };
        let read = returned(std::slice::from_ref(&of_variant)).unwrap();
        assert_eq!(read[0].variant, Some(variant));
        let cut = ReturnedLine {
            variant_id: of_variant.variant_id.slice(..15),
            ..of_variant
        };
        for malformed in [
            vec![],
            vec![line(1, 0), line(0, 0)],
            vec![line(-1, 5)],
            vec![cut],
        ] {
            assert!(returned(&malformed).is_err(), "{malformed:?}");
        }
    }
}
