//! The books of an order: what is free, what is done, how long it took.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::units::ByteLen;

use super::{Candidate, Scheduled, Why};

/// Where an order has come to.
#[derive(Debug)]
pub(super) struct Ledger<'a, V: Ord> {
    candidates: &'a [Candidate<V>],
    free: BTreeMap<V, ByteLen>,
    is_done: Vec<bool>,
    time: Duration,
    won: i64,
    merges: Vec<Scheduled<V>>,
}

impl<'a, V: Ord + Clone> Ledger<'a, V> {
    pub(super) fn new(candidates: &'a [Candidate<V>], free: &BTreeMap<V, ByteLen>) -> Self {
        let is_done = vec![false; candidates.len()];
        Self { candidates, free: free.clone(), is_done, time: Duration::ZERO, won: 0, merges: Vec::new() }
    }

    /// The same place in an order, from which another way may be tried; its merges are counted anew.
    pub(super) fn fork(&self) -> Self {
        Self {
            candidates: self.candidates,
            free: self.free.clone(),
            is_done: self.is_done.clone(),
            time: self.time,
            won: self.won,
            merges: Vec::new(),
        }
    }

    pub(super) fn is_done(&self, number: usize) -> bool {
        self.is_done.get(number).copied().unwrap_or(false)
    }

    pub(super) fn time(&self) -> Duration {
        self.time
    }

    pub(super) fn merges(&self) -> &[Scheduled<V>] {
        &self.merges
    }

    pub(super) fn into_merges(self) -> Vec<Scheduled<V>> {
        self.merges
    }

    /// Why a merge cannot be done right now: for want of room, or of what it needs.
    pub(super) fn obstacle(&self, number: usize) -> Option<Why<V>> {
        let candidate = self.candidates.get(number)?;
        if let Some(needed) = candidate.needs.iter().find(|needed| !self.is_done(**needed)) {
            return Some(Why::Needs { candidate: *needed });
        }
        candidate.peak.iter().filter(|(_, peak)| !peak.is_zero()).find_map(|(volume, peak)| {
            match self.free.get(volume) {
                None => Some(Why::UnknownRoom { volume: volume.clone() }),
                Some(free) if peak > free => {
                    Some(Why::NoRoom { volume: volume.clone(), missing: peak.saturating_sub(*free) })
                }
                Some(_) => None,
            }
        })
    }

    /// Does a merge, if nothing stands in its way.
    pub(super) fn merge(&mut self, number: usize) -> bool {
        let Some(candidate) = self.candidates.get(number) else { return false };
        if self.is_done(number) || self.obstacle(number).is_some() {
            return false;
        }
        for (volume, used) in &candidate.used {
            if let Some(free) = self.free.get_mut(volume) {
                *free = free.saturating_sub(*used);
            }
        }
        for (volume, freed) in &candidate.freed {
            if let Some(free) = self.free.get_mut(volume) {
                *free = free.saturating_add(*freed);
            }
        }
        if let Some(done) = self.is_done.get_mut(number) {
            *done = true;
        }
        self.time = self.time.saturating_add(candidate.time);
        self.won = self.won.saturating_add(candidate.win(None));
        self.merges.push(Scheduled {
            candidate: number,
            done_after: self.time,
            won: self.won,
            free: self.free.clone(),
        });
        true
    }

    /// A merge with all that it still needs, those first; `None` where it can never be ready.
    pub(super) fn with_needs(&self, number: usize) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        // Each entry is looked at twice: when what it needs is put on top of it, and when all of that is there.
        let mut open = vec![(number, false)];
        let mut on_the_way = Vec::new();
        while let Some((number, is_ready)) = open.pop() {
            if self.is_done(number) || found.contains(&number) {
                continue;
            }
            if is_ready {
                on_the_way.pop();
                found.push(number);
                continue;
            }
            if on_the_way.contains(&number) {
                return None;
            }
            on_the_way.push(number);
            open.push((number, true));
            open.extend(self.candidates.get(number)?.needs.iter().map(|needed| (*needed, false)));
        }
        Some(found)
    }
}
