//! What each layer of a chain has, stretch by stretch along the virtual disk.

use crate::error::{Error, Result};
use crate::image::planes::{BlockHolds, words};
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::sectors::{Bits, SectorPiece, WORDS};
use super::{Cut, LayerMaps};

/// What one layer has of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holds {
    /// Nothing: the layer below speaks.
    Nothing,
    /// Room in a block that is in the file, without content: the layer below speaks.
    Room,
    /// Zeros, by the state of the block or because the layer's disk ends before; whatever lies below is settled.
    Zeros,
    /// Zeros in a block that is in the file: sectors that a dynamic VHD never wrote.
    ZeroRoom,
    /// Data.
    Data,
    /// It cannot be said, for the block or its bits cannot be read; only below a layer that settles the stretch.
    Unknown,
}

impl Holds {
    /// Whether the layer below speaks.
    pub fn is_transparent(self) -> bool {
        matches!(self, Self::Nothing | Self::Room)
    }

    /// Whether the stretch takes room in the file.
    pub fn has_room(self) -> bool {
        matches!(self, Self::Room | Self::ZeroRoom | Self::Data)
    }
}

/// How much is told of a stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Who owns it; what lies below the owner counts as [`Holds::Nothing`], and its sector bitmaps are not read.
    Owner,
    /// What every layer has of it.
    All,
}

/// A stretch of the virtual disk in which no layer changes.
#[derive(Clone, Copy, Debug)]
pub struct Stretch<'a> {
    /// Where it lies; never empty.
    pub range: VirtualRange,
    /// What the layers of the chain have, in the order of the chain.
    pub layers: &'a [Holds],
}

impl Stretch<'_> {
    /// The layer that settles the stretch, with data or zeros, by its place in the chain; `None` where none does, and
    /// what lies below the chain speaks.
    pub fn owner(&self) -> Option<usize> {
        self.layers.iter().position(|holds| !holds.is_transparent())
    }

    /// The layer whose data a reader gets; `None` where it gets zeros, or what lies below the chain.
    pub fn data_owner(&self) -> Option<usize> {
        self.owner().filter(|owner| self.layers.get(*owner) == Some(&Holds::Data))
    }

    /// The layers below the owner that have data here as well, which nobody sees through this chain.
    pub fn shadowed(&self) -> impl Iterator<Item = usize> + '_ {
        let behind = self.owner().map_or(usize::MAX, |owner| owner.saturating_add(1));
        let layers = self.layers.iter().enumerate().skip(behind);
        layers.filter(|(_, holds)| **holds == Holds::Data).map(|(place, _)| place)
    }
}

impl LayerMaps {
    /// Goes along the virtual disk of a chain, the layer that is asked first in front, and calls `each` for every
    /// stretch in order; together they tile the disk as the first layer has it. Neighbours differ.
    ///
    /// # Errors
    ///
    /// What reading the disk would fail with: where a layer that is asked has a block that must not be read. And what
    /// `each` fails with.
    pub fn walk(
        &mut self,
        chain: &[usize],
        detail: Detail,
        each: &mut dyn FnMut(Stretch<'_>) -> Result<()>,
    ) -> Result<()> {
        let size = chain.first().and_then(|first| self.virtual_size(*first)).unwrap_or_default();
        let mut walk = Walk { chain, detail, size, each, pending: None, layers: Vec::new(), now: Vec::new() };
        self.each_window(chain, size, |maps, cut| walk.window(maps, cut))?;
        walk.finish()
    }
}

struct Walk<'a> {
    chain: &'a [usize],
    detail: Detail,
    size: ByteLen,
    each: &'a mut dyn FnMut(Stretch<'_>) -> Result<()>,
    /// The last stretch, which may go on, and what its layers have.
    pending: Option<VirtualRange>,
    layers: Vec<Holds>,
    /// What the layers have of the stretch that is put next.
    now: Vec<Holds>,
}

impl Walk<'_> {
    fn window(&mut self, maps: &mut LayerMaps, cut: &Cut) -> Result<()> {
        let len = maps.window.words();
        let mut open = vec![0_u64; len];
        let mut reached = vec![u64::MAX; len];
        let mut changes = vec![0_u64; len];
        for layer in self.chain {
            let Some(laid) = maps.window.laid(*layer) else { continue };
            for (open, (reached, laid)) in open.iter_mut().zip(reached.iter_mut().zip(&laid.open)) {
                *open |= if self.detail == Detail::All { *laid } else { *laid & *reached };
            }
            for plane in [&laid.full, &laid.zero] {
                mark_changes(plane, &mut changes);
                reached.iter_mut().zip(plane).for_each(|(reached, settled)| *reached &= !settled);
            }
        }
        mark_changes(&open, &mut changes);
        let units = maps.window.units;
        let mut unit = 0;
        while unit < units {
            let is_open = words::get(&open, unit);
            let next = if is_open { unit.saturating_add(1) } else { next_change(&changes, unit, units) };
            let (start, end) = (maps.window.at(unit), maps.window.at(next).min(VirtualOffset(self.size.0)));
            if is_open {
                for piece in SectorPiece::all(start, end, cut.sector) {
                    self.piece(maps, &piece)?;
                }
            } else {
                self.whole(maps, unit);
                self.put(VirtualRange::between(start, end))?;
            }
            unit = next;
        }
        Ok(())
    }

    /// What the layers have of a unit that is one thing in each that matters.
    fn whole(&mut self, maps: &LayerMaps, unit: u64) {
        self.now.clear();
        for layer in self.chain {
            let laid = maps.window.laid(*layer);
            let is_set = |plane: Option<&Vec<u64>>| plane.is_some_and(|plane| words::get(plane, unit));
            self.now.push(if is_set(laid.map(|laid| &laid.full)) {
                Holds::Data
            } else if is_set(laid.map(|laid| &laid.zero)) {
                Holds::Zeros
            } else {
                Holds::Nothing
            });
        }
        self.hide();
    }

    /// Leaves out what lies below the owner, if only that is wanted.
    fn hide(&mut self) {
        if self.detail == Detail::Owner {
            let owner = self.now.iter().position(|holds| !holds.is_transparent());
            let behind = owner.map_or(usize::MAX, |owner| owner.saturating_add(1));
            self.now.iter_mut().skip(behind).for_each(|holds| *holds = Holds::Nothing);
        }
    }

    fn piece(&mut self, maps: &mut LayerMaps, piece: &SectorPiece) -> Result<()> {
        maps.turn();
        let mut reached = piece.all_bits();
        let mut changes = [0; WORDS];
        let mut asked = 0;
        for layer in self.chain {
            if self.detail == Detail::Owner && reached.iter().all(|word| *word == 0) {
                break;
            }
            asked = usize::saturating_add(asked, 1);
            maps.ask(*layer, piece).ok_or_else(|| Error::refused("chain", None, "no such layer"))?;
            if let Some(problem) = maps.problem(*layer, piece, &reached) {
                return Err(problem);
            }
            let Some(cell) = maps.sectors.cell(*layer) else { continue };
            for plane in [&cell.data, &cell.clear] {
                mark_changes(plane, &mut changes);
            }
            reached.iter_mut().zip(&cell.clear).for_each(|(reached, clear)| *reached &= clear);
        }
        let mut sector = 0;
        while sector < piece.count {
            let next = next_change(&changes, sector, piece.count);
            self.now.clear();
            for (place, layer) in self.chain.iter().enumerate() {
                let cell = if place < asked { maps.sectors.cell(*layer) } else { None };
                let size = maps.virtual_size(*layer).unwrap_or_default();
                let is_on_disk = piece.sector_at(sector).0 < size.0;
                self.now.push(cell.map_or(Holds::Nothing, |cell| {
                    let bits = |plane: &Bits| words::get(plane, sector);
                    match (bits(&cell.data), bits(&cell.clear)) {
                        _ if cell.problem.is_some() => Holds::Unknown,
                        (true, _) if cell.invalid && cell.holds != BlockHolds::Some => Holds::Unknown,
                        (true, _) => Holds::Data,
                        (_, true) if cell.holds == BlockHolds::Some => Holds::Room,
                        (_, true) => Holds::Nothing,
                        _ if cell.holds == BlockHolds::Some && is_on_disk => Holds::ZeroRoom,
                        _ => Holds::Zeros,
                    }
                }));
            }
            self.hide();
            let end = piece.sector_at(next).min(VirtualOffset(self.size.0));
            self.put(VirtualRange::between(piece.sector_at(sector), end))?;
            sector = next;
        }
        Ok(())
    }

    fn put(&mut self, range: VirtualRange) -> Result<()> {
        match &mut self.pending {
            _ if range.len.is_zero() => {}
            Some(pending) if self.layers == self.now && pending.end() == range.start => {
                *pending = VirtualRange::between(pending.start, range.end());
            }
            pending => {
                if let Some(before) = pending.replace(range) {
                    (self.each)(Stretch { range: before, layers: &self.layers })?;
                }
                std::mem::swap(&mut self.layers, &mut self.now);
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        match self.pending {
            Some(range) => (self.each)(Stretch { range, layers: &self.layers }),
            None => Ok(()),
        }
    }
}

/// Sets a bit wherever a plane differs from the bit before.
fn mark_changes(plane: &[u64], changes: &mut [u64]) {
    let mut carry = plane.first().copied().unwrap_or_default() & 1;
    for (word, change) in plane.iter().zip(changes) {
        *change |= word ^ (word << 1 | carry);
        carry = word >> 63;
    }
}

/// The next place behind `at` where something changes.
fn next_change(changes: &[u64], at: u64, end: u64) -> u64 {
    let mut next = at.saturating_add(1);
    while next < end {
        let word = words::from(changes, next);
        if word != 0 {
            return next.saturating_add(word.trailing_zeros().into()).min(end);
        }
        next = next.saturating_add(words::BITS);
    }
    end
}
