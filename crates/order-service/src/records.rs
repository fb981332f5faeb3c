//! What use cases load and save. The engines map it in `store/`.

use kernel::{MessageId, OrderId, Timestamp};
use store::Record;

use crate::domain::{Order, OrderState, Reason};

/// An order, with what is only ever read together with it: the messages it has handled, and how it stood when its request was
/// answered. Both cost no row of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderRecord {
    /// The order.
    pub(crate) order: Order,
    /// Messages that it has handled (idempotent receiver, Hohpe & Woolf). A saga has few steps, and each repeat of a reply has the
    /// same id, so the list stays short.
    pub(crate) handled: Vec<MessageId>,
    /// How it stood when its request was answered. None if it is not answered yet, or came without an Idempotency-Key.
    pub(crate) answered: Option<Answered>,
}

/// The part of an answer that later changes of the order would alter. Rendering it again gives the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answered {
    /// [`Order::state`].
    pub(crate) state: OrderState,
    /// [`Order::reason`].
    pub(crate) reason: Option<Reason>,
    /// [`Order::version`].
    pub(crate) version: i64,
    /// [`Order::updated_at`].
    pub(crate) updated_at: Timestamp,
}

impl Record for OrderRecord {
    const NAME: &'static str = "order";
    type Key = OrderId;

    fn key(&self) -> OrderId {
        self.order.id
    }
}

impl OrderRecord {
    /// A new order, which has handled nothing.
    pub(crate) const fn new(order: Order) -> Self {
        Self {
            order,
            handled: Vec::new(),
            answered: None,
        }
    }

    /// Notes that the order's request is answered with the order as it stands. The first answer is final. A request without a key
    /// needs no note, since it cannot be repeated.
    pub(crate) fn answer(&mut self) {
        let order = &self.order;
        if order.request.is_some() && self.answered.is_none() {
            self.answered = Some(Answered {
                state: order.state,
                reason: order.reason,
                version: order.version,
                updated_at: order.updated_at,
            });
        }
    }

    /// The order as it stood when its request was answered, if it was.
    pub(crate) fn as_answered(&self) -> Option<Order> {
        self.answered.map(|answered| Order {
            state: answered.state,
            reason: answered.reason,
            version: answered.version,
            updated_at: answered.updated_at,
            ..self.order.clone()
        })
    }
}
