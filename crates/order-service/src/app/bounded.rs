//! Pages of lists whose filters no index answers: a request looks at a bounded number of rows. A page may hold fewer items than requested,
//! even none, while the list continues.

use kernel::{Cursor, Limit, Page};

/// Most rows that a request looks at.
pub(super) const MOST: usize = 2_000;

/// Rows that are read at a time.
pub(super) const CHUNK: usize = 200;

/// A page that is being filled.
pub(super) struct Filling<T, P> {
    items: Vec<T>,
    limit: usize,
    looked_at: usize,
    /// The place of the row that was looked at last.
    last: Option<P>,
}

/// What a chunk of rows has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filled {
    /// The page is full, or enough was looked at: the list goes on after the last place.
    Enough,
    /// More rows are to be looked at.
    GoOn,
    /// The list is at its end.
    End,
}

impl<T, P: Copy> Filling<T, P> {
    pub(super) fn new(limit: Limit) -> Self {
        Self {
            items: Vec::new(),
            limit: limit.get(),
            looked_at: 0,
            last: None,
        }
    }

    /// The place that the next chunk begins after.
    pub(super) fn place(&self) -> Option<P> {
        self.last
    }

    /// Looks at a chunk, for which `asked` rows were asked: keeps those that `fits` lets pass.
    pub(super) fn take(
        &mut self,
        rows: Vec<T>,
        asked: usize,
        place: impl Fn(&T) -> P,
        fits: impl Fn(&T) -> bool,
    ) -> Filled {
        let is_last = rows.len() < asked;
        for row in rows {
            // One row beyond a full page tells that the list goes on.
            if self.items.len() >= self.limit || self.looked_at >= MOST {
                return Filled::Enough;
            }
            self.looked_at += 1;
            self.last = Some(place(&row));
            if fits(&row) {
                self.items.push(row);
            }
        }
        if is_last { Filled::End } else { Filled::GoOn }
    }

    /// The page. `filled` is how the last chunk ended.
    pub(super) fn page(self, filled: Filled, cursor: impl FnOnce(&P) -> Cursor) -> Page<T> {
        let goes_on = filled != Filled::End;
        Page {
            items: self.items,
            next_cursor: self.last.as_ref().filter(|_| goes_on).map(cursor),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::CursorScope;

    use super::*;

    /// Walks the numbers from `from` down to 1 by chunks, and keeps those that `fits` lets pass.
    fn walk(from: i64, limit: i64, fits: impl Fn(&i64) -> bool) -> (Vec<i64>, Option<i64>) {
        let scope = CursorScope::new("numbers", "");
        let mut filling = Filling::new(Limit::new(limit).unwrap());
        let filled = loop {
            let after = filling.place().unwrap_or(from + 1);
            let chunk = (1..after).rev().take(CHUNK).collect();
            match filling.take(chunk, CHUNK, |row| *row, &fits) {
                Filled::GoOn => {}
                end @ (Filled::Enough | Filled::End) => break end,
            }
        };
        let page = filling.page(filled, |place| scope.cursor(place));
        let next = page
            .next_cursor
            .map(|next| scope.read(next.as_str()).unwrap());
        (page.items, next)
    }

    #[test]
    fn a_full_page_goes_on_only_if_a_row_follows() {
        assert_eq!(walk(3, 3, |_| true), (vec![3, 2, 1], None));
        assert_eq!(walk(4, 3, |_| true), (vec![4, 3, 2], Some(2)));
        assert_eq!(walk(0, 3, |_| true), (vec![], None));
    }

    #[test]
    fn a_request_looks_at_a_bounded_number_of_rows_and_says_where_it_stopped() {
        let most = i64::try_from(MOST).unwrap();
        assert_eq!(walk(most + 5, 3, |row| *row == 2), (vec![], Some(6)));
        assert_eq!(walk(5, 3, |row| *row == 2), (vec![2], None));
        assert_eq!(walk(most, 3, |row| *row == 1), (vec![1], None));
    }

    #[test]
    fn pages_one_after_the_other_have_every_row_that_fits_once() {
        let (mut from, mut seen) = (7_001, Vec::new());
        loop {
            let (items, next) = walk(from - 1, 5, |row| row % 700 == 0);
            seen.extend(items);
            match next {
                Some(place) => from = place,
                None => break,
            }
        }
        assert_eq!(
            seen,
            [7000, 6300, 5600, 4900, 4200, 3500, 2800, 2100, 1400, 700]
        );
    }
}
