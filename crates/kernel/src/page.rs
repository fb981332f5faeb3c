//! Keyset pagination: a slice of a list and the cursor of the next one. No offsets, no total counts.

use crate::{Cursor, Invalid};

/// The maximum number of items on a page, 1 to 100; 20 by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = u8, minimum = 1, maximum = 100, default = 20))]
pub struct Limit(u8);

impl Limit {
    /// Accepts `count` as a page size.
    ///
    /// # Errors
    /// `out_of_range` outside 1 to 100.
    pub fn new(count: i64) -> Result<Self, Invalid> {
        u8::try_from(count)
            .ok()
            .filter(|n| (1..=100).contains(n))
            .map(Self)
            .ok_or_else(|| Invalid::new("out_of_range", "must be between 1 and 100"))
    }

    /// The page size.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }

    /// One more than the page size: a store requests this many rows to learn whether another page follows.
    #[must_use]
    pub fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// At most `limit` items.
    pub items: Vec<T>,
    /// Where the next page starts; None on the last page.
    pub next_cursor: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit.and_one()` rows that a store read in order. `cursor_of` returns a row's position.
    pub fn cut(mut rows: Vec<T>, limit: Limit, cursor_of: impl FnOnce(&T) -> Cursor) -> Self {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let next_cursor = rows.last().filter(|_| more).map(cursor_of);
        Self {
            items: rows,
            next_cursor,
        }
    }

    /// The same page with each item converted to another type.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(turn).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CursorScope;

    #[test]
    fn the_row_beyond_the_limit_only_tells_that_a_page_follows() {
        let scope = CursorScope::new("test", "");
        let page = Page::cut(vec![3i64, 2, 1], Limit::new(2).unwrap(), |row| {
            scope.cursor(row)
        });
        assert_eq!(page.items, [3, 2]);
        assert_eq!(page.next_cursor, Some(scope.cursor(&2i64)));
        let last = Page::cut(vec![1i64], Limit::new(2).unwrap(), |row| scope.cursor(row));
        assert_eq!(last.next_cursor, None);
    }

    #[test]
    fn a_limit_lies_between_one_and_a_hundred() {
        assert_eq!(Limit::default().get(), 20);
        for bad in [0, -1, 101, i64::MAX] {
            assert_eq!(Limit::new(bad).unwrap_err().code, "out_of_range");
        }
    }
}
