//! The rules of the stock book, kept in the simplest way.

use super::{ARTICLES, Back, Model};
use crate::domain::ReservationState;

impl Model {
    /// The number of lines that a request for stock holds, now or before.
    pub(super) fn reserve(
        &mut self,
        order: usize,
        lines: Vec<(usize, i64)>,
        end: i64,
    ) -> Option<usize> {
        match self.orders.get_mut(&order) {
            Some((ReservationState::Held | ReservationState::Sold, first, until)) => {
                *until = end.max(*until);
                Some(first.len())
            }
            Some(_) => None,
            None => {
                let mut left = self.available.clone();
                for (article, quantity) in &lines {
                    left[*article] -= quantity;
                }
                let unknown = lines.iter().any(|(article, _)| self.removed[*article]);
                if unknown || left.iter().any(|count| *count < 0) {
                    return None;
                }
                let count = lines.len();
                self.available = left;
                let made = (ReservationState::Held, lines, end);
                self.orders.insert(order, made);
                Some(count)
            }
        }
    }

    pub(super) fn end(&mut self, order: usize, end: ReservationState) {
        if let Some((state, lines, _)) = self.orders.get_mut(&order)
            && *state == ReservationState::Held
        {
            *state = end;
            for (article, quantity) in lines {
                self.available[*article] += *quantity;
            }
        }
    }

    pub(super) fn check(&self) {
        for article in 0..ARTICLES {
            let taken: i64 = self
                .orders
                .values()
                .filter(|(state, ..)| {
                    matches!(state, ReservationState::Held | ReservationState::Sold)
                })
                .flat_map(|(_, lines, _)| lines)
                .filter(|(line, _)| *line == article)
                .map(|(_, quantity)| quantity)
                .sum();
            let restocked: i64 = self.back.values().map(|back| back[article].0).sum();
            assert!(self.available[article] >= 0);
            assert_eq!(
                self.available[article] + taken - restocked,
                self.put_in[article]
            );
        }
    }

    /// Whether the return is made, now or before.
    pub(super) fn give_back(
        &mut self,
        order: usize,
        id: usize,
        lines: &[(usize, i64, i64)],
    ) -> bool {
        if self.returns.contains(&(order, id)) {
            return true;
        }
        let Some((state, ordered, _)) = self.orders.get_mut(&order) else {
            return self.returns.insert((order, id));
        };
        if matches!(
            state,
            ReservationState::Released | ReservationState::Expired
        ) {
            return true;
        }
        let mut back: Back = self.back.get(&order).copied().unwrap_or_default();
        for &(article, restocked, lost) in lines {
            back[article].0 += restocked;
            back[article].1 += lost;
        }
        let fits = (0..ARTICLES).all(|article| {
            let of_article = ordered.iter().filter(|(line, _)| *line == article);
            let sold: i64 = of_article.map(|(_, quantity)| quantity).sum();
            back[article].0 + back[article].1 <= sold
        });
        if fits {
            *state = ReservationState::Sold;
            for &(article, restocked, _) in lines {
                self.available[article] += restocked;
            }
            self.back.insert(order, back);
            self.returns.insert((order, id));
        }
        fits
    }
}
