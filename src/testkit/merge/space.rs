//! Free space, looked up unit by unit.

use std::ops::Range;

use super::Policy;

/// Which units of a file are taken.
#[derive(Clone, Debug)]
pub(super) struct Space {
    taken: Vec<bool>,
    unit: u64,
}

impl Space {
    /// A file of `len` bytes in which nothing is taken.
    pub(super) fn new(len: u64, unit: u64) -> Self {
        Self { taken: vec![false; crate::testkit::size(len.div_ceil(unit))], unit }
    }

    /// Takes a range.
    pub(super) fn take(&mut self, range: Range<u64>) {
        let (first, end) = (crate::testkit::size(range.start / self.unit), range.end.div_ceil(self.unit));
        let end = crate::testkit::size(end);
        if self.taken.len() < end {
            self.taken.resize(end, false);
        }
        if let Some(units) = self.taken.get_mut(first..end) {
            units.fill(true);
        }
    }

    /// Takes `len` bytes and says where.
    pub(super) fn find(&mut self, len: u64, policy: Policy) -> u64 {
        let units = crate::testkit::size(len.div_ceil(self.unit));
        let mut place = self.taken.len();
        if policy == Policy::Reuse {
            let mut free = 0;
            let mut found = None;
            for (unit, taken) in self.taken.iter().enumerate() {
                free = if *taken { 0 } else { free + 1 };
                if free == units {
                    found = Some(unit + 1 - units);
                    break;
                }
            }
            // What is free at the end of the file goes on behind it.
            place = found.unwrap_or(self.taken.len() - free);
        }
        let at = place as u64 * self.unit;
        self.take(at..at + len);
        at
    }
}
