//! What the product service does with an order's commands: its book of the order's stock.

use std::collections::{BTreeMap, BTreeSet};

use contracts::product::{
    ConfirmReservation, ReleaseReservation, ReservationConfirmed, ReservationExpired, ReturnStock,
    StockReturned,
};
use contracts::reservations::Article;
use contracts::{Contract, Envelope, product_id, return_id, variant_id};
use kernel::Timestamp;
use uuid::Uuid;

use crate::domain::Order;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    Held,
    Sold,
    /// Released, or the lease has run out.
    Over,
}

/// What became of the stock of an article.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) sold: i64,
    pub(super) restocked: i64,
    pub(super) written_off: i64,
}

pub(super) struct Stock {
    order: Uuid,
    pub(super) hold: Hold,
    ordered: Vec<(Article, i64)>,
    pub(super) books: BTreeMap<Article, Book>,
    returns: BTreeSet<Uuid>,
}

impl Stock {
    pub(super) fn of(order: &Order) -> Self {
        let ordered = order.lines.iter();
        Self {
            order: order.id.as_uuid(),
            hold: Hold::Held,
            ordered: ordered
                .map(|line| (line.article(), line.quantity.into()))
                .collect(),
            books: BTreeMap::new(),
            returns: BTreeSet::new(),
        }
    }

    fn say<M: Contract>(&self, step: &str, message: &M) -> Envelope {
        let time = Timestamp::from_millis(0);
        Envelope::about(self.order, step, message, time)
    }

    /// The answer to a command, if it is one for the product service and has one.
    pub(super) fn obey(&mut self, command: &Envelope) -> Option<Envelope> {
        if let Ok(ConfirmReservation { order_id }) = command.open() {
            self.sell();
            return Some(match self.hold {
                Hold::Sold => self.say("confirmed", &ReservationConfirmed { order_id }),
                Hold::Over => self.say("expired", &ReservationExpired { order_id }),
                Hold::Held => unreachable!(),
            });
        }
        if command.open::<ReleaseReservation>().is_ok() && self.hold == Hold::Held {
            self.hold = Hold::Over;
        }
        let ReturnStock {
            order_id,
            return_id: id,
            lines,
        } = command.open().ok()?;
        self.sell();
        let key = return_id(&id).unwrap();
        if self.hold == Hold::Sold && self.returns.insert(key) {
            for line in lines {
                let product = product_id(&line.product_id).unwrap();
                let article = Article::new(product, variant_id(&line.variant_id).unwrap());
                let book = self.books.get_mut(&article).unwrap();
                assert!(line.restocked >= 0 && line.written_off >= 0);
                assert!(line.restocked + line.written_off > 0);
                book.restocked += line.restocked;
                book.written_off += line.written_off;
                assert!(
                    book.restocked + book.written_off <= book.sold,
                    "returned more than was sold"
                );
            }
        }
        let step = format!("stock-returned {key}");
        let returned = StockReturned {
            order_id,
            return_id: id,
        };
        Some(self.say(&step, &returned))
    }

    fn sell(&mut self) {
        if self.hold == Hold::Held {
            self.hold = Hold::Sold;
            for (article, quantity) in &self.ordered {
                self.books.entry(*article).or_default().sold += quantity;
            }
        }
    }
}
