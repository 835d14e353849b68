//! Some of the checks, picked once for a run over many files.

use super::check::{Check, Cost};
use super::codes::CHECKS;

/// Some of the checks, in the order of their codes; none by default.
#[derive(Clone, Debug, Default)]
pub struct CheckSet {
    checks: Vec<&'static Check>,
    reads_blocks: bool,
}

impl CheckSet {
    /// The checks that `wanted` picks.
    pub fn of(wanted: impl Fn(&Check) -> bool) -> Self {
        let checks: Vec<&'static Check> = CHECKS.iter().copied().filter(|check| wanted(check)).collect();
        let reads_blocks = checks.iter().any(|check| check.cost() >= Cost::Blocks);
        Self { checks, reads_blocks }
    }

    /// The checks that cost at most this.
    pub fn up_to(most: Cost) -> Self {
        Self::of(|check| check.cost() <= most)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether one of them reads block allocation tables.
    pub fn reads_blocks(&self) -> bool {
        self.reads_blocks
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &'static Check> + '_ {
        self.checks.iter().copied()
    }

    pub(super) fn has(&self, check: &Check) -> bool {
        self.iter().any(|one| one.code == check.code)
    }
}
