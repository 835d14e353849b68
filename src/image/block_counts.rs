//! How many payload blocks are in which state.

use crate::format::vhdx::bat::{Bat, PayloadState};

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
    ///
    /// Eight counts of eight bits in one word, one lane a state, emptied before a lane can overflow: an add a lane
    /// instead of a load, an add and a store an entry.
    pub fn add(&mut self, entries: Bat<'_>) {
        const GROUP: usize = 128;
        let mut lanes: u64 = 0;
        let mut in_group = 0_usize;
        for entry in entries.iter() {
            let shift = u32::from(entry.raw_state()).wrapping_mul(8);
            lanes = lanes.wrapping_add(1_u64.wrapping_shl(shift));
            in_group = in_group.wrapping_add(1);
            if in_group == GROUP {
                self.empty(lanes);
                (lanes, in_group) = (0, 0);
            }
        }
        self.empty(lanes);
    }

    fn empty(&mut self, lanes: u64) {
        for (count, lane) in self.by_state.iter_mut().zip(lanes.to_le_bytes()) {
            *count = count.saturating_add(lane.into());
        }
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
