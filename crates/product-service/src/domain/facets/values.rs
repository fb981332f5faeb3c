//! Values as numbers: each different one is kept once, and products refer to it.

use std::collections::HashMap;
use std::hash::Hash;

/// Numbers values from 0 on, in the order in which they come.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    all: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    /// The number of `value`, a new one if it is new.
    pub(super) fn number(&mut self, value: &T) -> usize {
        if let Some(known) = self.numbers.get(value) {
            return *known;
        }
        let next = self.all.len();
        self.all.push(value.clone());
        self.numbers.insert(value.clone(), next);
        next
    }

    /// The number of `value`, if it has one.
    pub(super) fn known(&self, value: &T) -> Option<usize> {
        self.numbers.get(value).copied()
    }

    /// The values, by their numbers.
    pub(super) fn all(&self) -> &[T] {
        &self.all
    }

    /// For each number, whether `is_chosen` says so of its value.
    pub(super) fn mask(&self, is_chosen: impl Fn(&T) -> bool) -> Vec<bool> {
        self.all.iter().map(is_chosen).collect()
    }
}
