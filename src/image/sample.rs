//! Places of one kind: the first few, and how many there are.

use crate::limits::MAX_SAMPLES;

/// The first of many alike, and their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample<T> {
    /// How many there are.
    pub count: u64,
    /// The first [`MAX_SAMPLES`] of them, in the order in which they were met.
    pub first: Vec<T>,
}

impl<T> Default for Sample<T> {
    fn default() -> Self {
        Self { count: 0, first: Vec::new() }
    }
}

impl<T> Sample<T> {
    /// Counts one more, and keeps it if it is among the first.
    pub fn push(&mut self, one: T) {
        if self.first.len() < MAX_SAMPLES {
            self.first.push(one);
        }
        self.count = self.count.saturating_add(1);
    }

    /// Adds a sample of what comes after this one.
    pub(super) fn append(&mut self, later: Self) {
        let room = MAX_SAMPLES.saturating_sub(self.first.len());
        self.first.extend(later.first.into_iter().take(room));
        self.count = self.count.saturating_add(later.count);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
