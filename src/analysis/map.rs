//! Who owns how much of a virtual disk: the sums over its extents.

use crate::chain::{Extent, ExtentState, VirtualDisk};
use crate::error::Result;
use crate::units::{ByteLen, VirtualRange};

/// The states of extents, in the order in which they are listed.
pub const STATES: [&str; 5] = ["data", "zero", "unmapped", "undefined", "absent"];

/// Number and bytes of the extents of one layer that are in one state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Number of extents, merged as far as they go on.
    pub extents: u64,
    /// Their bytes on the virtual disk.
    pub bytes: ByteLen,
}

/// The sums over the part of `range` that lies on the disk. Fails where the block maps do: whoever is about to write
/// what cannot be taken back asks this first.
pub fn totals(disk: &VirtualDisk, range: VirtualRange) -> Result<MapTotals> {
    let mut totals = MapTotals::new(disk.images().len());
    for extent in disk.extents_of(range)? {
        totals.add(&extent?);
    }
    Ok(totals)
}

/// The sums over the extents of a virtual disk, by layer and state. Takes the same memory for every disk.
#[derive(Clone, Debug)]
pub struct MapTotals {
    layers: Vec<[Total; STATES.len()]>,
}

impl MapTotals {
    /// No extents yet, of a chain of so many layers.
    pub fn new(layers: usize) -> Self {
        Self { layers: vec![[Total::default(); STATES.len()]; layers] }
    }

    /// Adds an extent.
    pub fn add(&mut self, extent: &Extent) {
        let total = self.layers.get_mut(extent.layer).and_then(|layer| layer.get_mut(place(extent.state)));
        if let Some(total) = total {
            total.extents = total.extents.saturating_add(1);
            total.bytes = total.bytes.saturating_add(extent.range.len);
        }
    }

    /// What each layer owns: its number, a state and the sum, without the sums that are zero.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &'static str, Total)> + '_ {
        self.layers.iter().enumerate().flat_map(|(layer, totals)| {
            STATES.iter().zip(totals).filter(|(_, total)| total.extents > 0).map(move |(state, total)| {
                let (state, total): (&'static str, Total) = (state, *total);
                (layer, state, total)
            })
        })
    }

    /// All extents in one state, whoever owns them.
    pub fn state(&self, state: &str) -> Total {
        self.rows().filter(|(_, name, _)| *name == state).fold(Total::default(), |sum, (_, _, total)| sum.plus(total))
    }

    /// All extents: their bytes are those of the virtual disk.
    pub fn all(&self) -> Total {
        self.rows().fold(Total::default(), |sum, (_, _, total)| sum.plus(total))
    }
}

impl Total {
    fn plus(self, other: Self) -> Self {
        Self { extents: self.extents.saturating_add(other.extents), bytes: self.bytes.saturating_add(other.bytes) }
    }
}

fn place(state: ExtentState) -> usize {
    match state {
        ExtentState::Data(_) => 0,
        ExtentState::Zero => 1,
        ExtentState::Unmapped => 2,
        ExtentState::Undefined => 3,
        ExtentState::Absent => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FileOffset, VirtualOffset, VirtualRange};

    #[test]
    fn sums_stand_under_the_name_of_their_state() {
        let states = [
            ExtentState::Data(FileOffset(1)),
            ExtentState::Zero,
            ExtentState::Unmapped,
            ExtentState::Undefined,
            ExtentState::Absent,
        ];
        for state in states {
            let mut totals = MapTotals::new(2);
            let range = VirtualRange::new(VirtualOffset(0), ByteLen(7));
            totals.add(&Extent { range, state, layer: 1 });
            totals.add(&Extent { range, state, layer: 1 });
            let expected = Total { extents: 2, bytes: ByteLen(14) };
            assert_eq!(totals.rows().collect::<Vec<_>>(), [(1, state.name(), expected)]);
            assert_eq!((totals.state(state.name()), totals.all()), (expected, expected));
        }
    }
}
