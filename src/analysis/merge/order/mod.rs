//! In which order to merge, when space is short: so that space is won soonest and never runs out.
//!
//! A merge first takes space and gives some back when its sources are deleted, which need not lie on the same volume.
//! Orders are built from the merges that win the most in the least time among those that there is room for, each with the
//! merges that it needs; where an aim is given, several orders are worked out, the one by size among them, and the one
//! that reaches the aim soonest is taken.

mod choose;
mod ledger;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::units::ByteLen;

use super::{Cost, PerBlock, Place, Speeds};

/// A merge that may be done; its number is its place in the list that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<V: Ord> {
    /// Numbers of the merges that must be done before. The bytes and the time here are those that hold once they are:
    /// merges that write to, or delete, files of one another must be linked by this.
    pub needs: Vec<usize>,
    /// The most additional bytes that each volume must hold at any moment of the merge.
    pub peak: BTreeMap<V, ByteLen>,
    /// Bytes that files on each volume have grown by when it is done.
    pub used: BTreeMap<V, ByteLen>,
    /// Bytes of the files that are deleted then.
    pub freed: BTreeMap<V, ByteLen>,
    /// How long it takes.
    pub time: Duration,
}

/// What an order is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim<V: Ord> {
    /// All merges that there is room for.
    Everything,
    /// To have so many bytes more than before, as soon as possible.
    Win {
        /// How many.
        bytes: ByteLen,
        /// On this volume; on all together where none is named.
        on: Option<V>,
    },
}

/// An order of merges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule<V: Ord> {
    /// The merges in their order.
    pub merges: Vec<Scheduled<V>>,
    /// The merges that are left out, with the reason.
    pub left: Vec<Left<V>>,
    /// Whether the aim is reached.
    pub is_reached: bool,
}

/// A merge in an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheduled<V: Ord> {
    /// Which.
    pub candidate: usize,
    /// When it is done, counted from the start of the first.
    pub done_after: Duration,
    /// Bytes won since the start on all volumes together; negative while more was taken than given back.
    pub won: i64,
    /// Free bytes of each volume when it is done.
    pub free: BTreeMap<V, ByteLen>,
}

/// A merge that is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left<V: Ord> {
    /// Which.
    pub candidate: usize,
    /// Why.
    pub why: Why<V>,
}

/// Why a merge is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why<V: Ord> {
    /// When all others are done there are still bytes too few on a volume.
    NoRoom {
        /// Which volume.
        volume: V,
        /// How many more it would take.
        missing: ByteLen,
    },
    /// It is not known how much is free on a volume that it needs space on.
    UnknownRoom {
        /// Which volume.
        volume: V,
    },
    /// A merge that it needs is left out.
    Needs {
        /// Which.
        candidate: usize,
    },
    /// It needs itself, by way of others, or a merge that does not exist.
    NeverReady,
    /// The aim is reached without it.
    NotNeeded,
}

impl<V: Ord> Candidate<V> {
    /// A merge with the numbers of a cost: of each range the end that needs more space, and gives back less.
    pub fn of(
        cost: &Cost,
        volume_of: impl Fn(Place) -> V,
        speeds: Speeds,
        per_block: PerBlock,
        needs: Vec<usize>,
    ) -> Self
    where
        V: Clone,
    {
        let balances = cost.balance(volume_of);
        let map = |bytes: fn(&super::Balance) -> ByteLen| {
            balances.iter().map(|(volume, balance)| (volume.clone(), bytes(balance))).collect()
        };
        Self {
            needs,
            peak: map(|balance| balance.peak.most),
            used: map(|balance| balance.used.most),
            freed: map(|balance| balance.freed.least),
            time: cost.duration(speeds, per_block).most,
        }
    }

    /// Bytes won when it is done, on one volume or on all together; negative where it takes more than it gives back.
    pub fn win(&self, on: Option<&V>) -> i64 {
        let sum = |bytes: &BTreeMap<V, ByteLen>| match on {
            Some(volume) => bytes.get(volume).copied().unwrap_or_default(),
            None => bytes.values().fold(ByteLen::ZERO, |sum, bytes| sum.saturating_add(*bytes)),
        };
        let signed = |bytes: ByteLen| i64::try_from(bytes.get()).unwrap_or(i64::MAX);
        signed(sum(&self.freed)).saturating_sub(signed(sum(&self.used)))
    }
}

/// An order of merges under the free bytes of each volume. The same input gives the same order.
pub fn order<V: Ord + Clone>(candidates: &[Candidate<V>], free: &BTreeMap<V, ByteLen>, aim: &Aim<V>) -> Schedule<V> {
    choose::choose(candidates, free, aim)
}

#[cfg(test)]
mod tests;
