//! How many payload blocks are in which state.

use crate::format::vhdx::bat::{Bat, BatEntry, PayloadState};

/// One count per payload state.
///
/// A VHD's table tells only blocks that are in the file from those that are not: they count as fully present, in a
/// differencing disk too, and as not present.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockCounts {
    by_state: [u64; 8],
}

impl BlockCounts {
    /// Counts in the order of [`PayloadState::ALL`].
    pub fn of_states(by_state: [u64; 8]) -> Self {
        Self { by_state }
    }

    /// The counts in the order of [`PayloadState::ALL`].
    pub fn by_state(&self) -> [u64; 8] {
        self.by_state
    }

    /// Number of blocks in a state.
    pub fn get(&self, state: PayloadState) -> u64 {
        self.by_state.into_iter().zip(PayloadState::ALL).find(|(_, of)| *of == state).map_or(0, |(count, _)| count)
    }

    /// Number of blocks in either reserved state.
    pub fn reserved(&self) -> u64 {
        self.get(PayloadState::Reserved4).saturating_add(self.get(PayloadState::Reserved5))
    }

    /// Number of blocks that are in the file, wholly or in part.
    pub fn present(&self) -> u64 {
        self.get(PayloadState::FullyPresent).saturating_add(self.get(PayloadState::PartiallyPresent))
    }

    /// Number of blocks that are not left to the parent: a block that was zeroed or trimmed has a content of its own
    /// without lying in the file.
    pub fn settled(&self) -> u64 {
        self.total().saturating_sub(self.get(PayloadState::NotPresent))
    }

    /// Number of blocks in all states.
    pub fn total(&self) -> u64 {
        self.by_state.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Counts `count` more blocks in a state.
    pub fn add_blocks(&mut self, state: PayloadState, count: u64) {
        let slot = self.by_state.iter_mut().zip(PayloadState::ALL).find(|(_, of)| *of == state);
        if let Some((slot, _)) = slot {
            *slot = slot.saturating_add(count);
        }
    }

    /// Counts all entries in view.
    pub fn add(&mut self, entries: Bat<'_>) {
        for group in entries.groups(StateLanes::MOST) {
            let mut lanes = StateLanes::default();
            group.iter().for_each(|entry| lanes.add(entry));
            self.add_lanes(lanes);
        }
    }

    /// Adds what was counted in lanes.
    #[inline]
    pub(super) fn add_lanes(&mut self, lanes: StateLanes) {
        for (count, lane) in self.by_state.iter_mut().zip(lanes.0.to_le_bytes()) {
            *count = count.saturating_add(lane.into());
        }
    }

    /// Adds other counts.
    pub(super) fn append(&mut self, other: &Self) {
        for (count, more) in self.by_state.iter_mut().zip(other.by_state) {
            *count = count.saturating_add(more);
        }
    }
}

/// Eight counts of eight bits in one word, one lane a state: an addition instead of a load, an addition and a store an
/// entry. Up to [`MOST`](Self::MOST) entries, then they go to [`BlockCounts::add_lanes`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StateLanes(u64);

impl StateLanes {
    /// Most entries that can be counted in lanes: each lane ends at 255.
    pub(super) const MOST: usize = 128;

    /// One in the lane of each state.
    const ONES: [u64; 8] = [1, 1 << 8, 1 << 16, 1 << 24, 1 << 32, 1 << 40, 1 << 48, 1 << 56];

    /// Counts one entry.
    #[inline]
    pub(super) fn add(&mut self, entry: BatEntry) {
        let one = Self::ONES.get(usize::from(entry.raw_state())).copied().unwrap_or_default();
        self.0 = self.0.wrapping_add(one);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equals_counting_one_by_one(states in prop::collection::vec(0_u64..8, 0..1000)) {
            let bytes: Vec<u8> = states.iter().flat_map(|state| (state | 0xABC << 20).to_le_bytes()).collect();
            let mut counts = BlockCounts::default();
            counts.add(Bat::new(&bytes));
            let mut singly = BlockCounts::default();
            for state in &states {
                singly.add_blocks(PayloadState::ALL[*state as usize], 1);
            }
            prop_assert_eq!(counts, singly);
            prop_assert_eq!(counts.total(), states.len() as u64);
        }
    }
}
