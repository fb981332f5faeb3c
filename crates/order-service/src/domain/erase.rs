//! What is left of an order when a person in it is no more: what was sold at which price, and what became of it.

use kernel::{Timestamp, UserId};

use super::{FulfilmentStatus, Order, OrderState};

impl Order {
    /// Whether it and all of its parts are over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.state {
            OrderState::Pending | OrderState::Cancelling | OrderState::Refunding => false,
            OrderState::Declined | OrderState::Cancelled | OrderState::Refunded => true,
            OrderState::Paid => self.fulfilments.iter().all(|part| match part.status {
                FulfilmentStatus::Open
                | FulfilmentStatus::Shipped
                | FulfilmentStatus::Delivered => false,
                FulfilmentStatus::Completed | FulfilmentStatus::Cancelled => true,
            }),
        }
    }

    /// The order without what `user` said and without what says who they are. The address stays as long as the order is not over. None if
    /// there is nothing of them in it.
    #[must_use]
    pub fn erased(&self, user: UserId, now: Timestamp) -> Option<Self> {
        let mut order = self.clone();
        if order.buyer == user {
            order.buyer_name = None;
            order.note = None;
            order.metadata = None;
            if order.is_over() {
                order.address = None;
            }
            for part in &mut order.fulfilments {
                for back in &mut part.returns {
                    back.comment = None;
                }
                for dispute in &mut part.disputes {
                    dispute.comment.clear();
                }
            }
        }
        for part in &mut order.fulfilments {
            for comment in part.comments_mut() {
                comment.erase(user);
            }
            if part.seller == user {
                part.seller_name = None;
                for back in &mut part.returns {
                    back.answer = None;
                }
            }
        }
        (order != *self).then(|| Self {
            version: order.version.saturating_add(1),
            updated_at: now,
            ..order
        })
    }
}
