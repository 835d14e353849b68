//! The same one level down: bits of sectors, where a unit is in some file in part.

use crate::error::{Error, Result};
use crate::image::planes::{BlockHolds, words};
use crate::units::{ByteLen, VirtualOffset};

use super::{Kept, Layer, LayerMaps};

/// Most sectors that are told apart at a time: blocks of 2 MiB in sectors of 512 bytes.
const MOST: u64 = 4096;
/// Words that they take.
pub(super) const WORDS: usize = 64;

/// One bit a sector.
pub(super) type Bits = [u64; WORDS];

const NONE: Bits = [0; WORDS];

/// What files say about the sectors of one piece of the disk.
#[derive(Debug)]
pub(super) struct Sectors {
    /// By the number of the file.
    cells: Vec<Option<Box<Cell>>>,
    /// Tells what a cell says about the piece at hand from what it said about another.
    stamp: u64,
}

/// A piece of the disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct SectorPiece {
    pub(super) at: VirtualOffset,
    /// Number of sectors: 4,096 at most.
    pub(super) count: u64,
    /// Bytes of one.
    pub(super) sector: u64,
}

/// What one file says about the sectors of a piece. A sector without a bit in either plane is zeros.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    stamp: u64,
    /// In the file.
    pub(super) data: Bits,
    /// The parent's.
    pub(super) clear: Bits,
    /// What the block says that the piece lies in.
    pub(super) holds: BlockHolds,
    /// Whether the block must not be read.
    pub(super) invalid: bool,
    /// Why its bits cannot be told.
    pub(super) problem: Option<Error>,
}

impl Sectors {
    pub(super) fn new(layers: usize) -> Self {
        Self { cells: vec![None; layers], stamp: 0 }
    }

    /// What a file says, if it was asked since the last piece.
    pub(super) fn cell(&self, layer: usize) -> Option<&Cell> {
        self.cells.get(layer)?.as_deref().filter(|cell| cell.stamp == self.stamp)
    }
}

impl SectorPiece {
    /// The pieces of a part of the disk, which lies in one unit.
    pub(super) fn all(start: VirtualOffset, end: VirtualOffset, sector: u64) -> impl Iterator<Item = Self> {
        let most = MOST.saturating_mul(sector);
        let mut at = start;
        std::iter::from_fn(move || {
            if at >= end || sector == 0 {
                return None;
            }
            let count = end.0.saturating_sub(at.0).min(most).div_ceil(sector);
            let piece = Self { at, count, sector };
            at = at.saturating_add(ByteLen(most));
            Some(piece)
        })
    }

    /// Where a sector lies.
    pub(super) fn sector_at(&self, number: u64) -> VirtualOffset {
        self.at.saturating_add(ByteLen(number.saturating_mul(self.sector)))
    }

    /// Bytes of so many sectors.
    pub(super) fn bytes(&self, sectors: u64) -> u64 {
        sectors.saturating_mul(self.sector)
    }

    /// All sectors.
    pub(super) fn all_bits(&self) -> Bits {
        let mut bits = [0; WORDS];
        words::fill(&mut bits, 0, self.count);
        bits
    }
}

impl LayerMaps {
    /// Turns to another piece.
    pub(super) fn turn(&mut self) {
        self.sectors.stamp = self.sectors.stamp.wrapping_add(1);
    }

    /// What a file says about the sectors of the piece at hand.
    pub(super) fn ask(&mut self, number: usize, piece: &SectorPiece) -> Option<&Cell> {
        let stamp = self.sectors.stamp;
        let slot = self.sectors.cells.get_mut(number)?;
        let cell = slot.get_or_insert_with(Box::default);
        if cell.stamp != stamp {
            let layer = self.layers.get_mut(number)?;
            layer.tell(piece, cell, &mut self.budget);
            cell.stamp = stamp;
        }
        Some(cell)
    }

    /// The reason why some of the reached sectors of a file must not be read, if there is one. `reached` are those for
    /// which it was asked.
    pub(super) fn problem(&self, number: usize, piece: &SectorPiece, reached: &Bits) -> Option<Error> {
        let cell = self.sectors.cell(number)?;
        let layer = self.layers.get(number)?;
        if reached.iter().all(|word| *word == 0) {
            return None;
        }
        if let Some(problem) = &cell.problem {
            return Some(problem.clone());
        }
        if !cell.invalid {
            return None;
        }
        if cell.holds != BlockHolds::Some {
            return Some(layer.wrong(piece, first(reached)));
        }
        // In a VHD some sectors of a block may be well and the rest lie behind the end; if the last is well, all are.
        let mut wanted = *reached;
        wanted.iter_mut().zip(&cell.data).for_each(|(word, data)| *word &= data);
        let last = last(&wanted)?;
        layer.blocks.check(piece.sector_at(last)).err()?;
        let sectors = words::runs(&wanted, piece.count).filter(|run| run.2).flat_map(|(start, end, _)| start..end);
        for sector in sectors {
            if let Err(error) = layer.blocks.check(piece.sector_at(sector)) {
                return Some(error);
            }
        }
        None
    }
}

fn first(bits: &Bits) -> u64 {
    words::runs(bits, MOST).find(|run| run.2).map_or(0, |run| run.0)
}

fn last(bits: &Bits) -> Option<u64> {
    words::runs(bits, MOST).filter(|run| run.2).last().map(|run| run.1.saturating_sub(1))
}

impl Layer {
    fn wrong(&self, piece: &SectorPiece, sector: u64) -> Error {
        let at = piece.sector_at(sector);
        self.blocks.check(at).err().unwrap_or_else(|| {
            let what = format!("what the file says about virtual offset {at} changed while it was read");
            Error::refused("", None, what).with_path(self.blocks.image().path())
        })
    }

    fn tell(&mut self, piece: &SectorPiece, cell: &mut Cell, budget: &mut ByteLen) {
        cell.reset();
        let on_disk = self.blocks.virtual_size().0.saturating_sub(piece.at.0).div_ceil(piece.sector.max(1));
        let count = on_disk.min(piece.count);
        if count == 0 {
            return;
        }
        if let Kept::Unreadable(error) = &self.kept {
            cell.problem = Some(error.clone());
            return;
        }
        let block = piece.at.0.checked_div(self.blocks.block_size().0).unwrap_or_default();
        (cell.holds, cell.invalid) = self.planes.get(block);
        match cell.holds {
            BlockHolds::Zeros => {}
            BlockHolds::Nothing => words::fill(&mut cell.clear, 0, count),
            BlockHolds::All => words::fill(&mut cell.data, 0, count),
            BlockHolds::Some => {
                if let Err(error) = self.blocks.sector_bits(piece.at, &mut cell.data, budget) {
                    cell.data = [0; WORDS];
                    cell.problem = Some(error);
                    return;
                }
                words::fill(&mut cell.clear, 0, count);
                let is_transparent = self.blocks.is_transparent();
                for (data, clear) in cell.data.iter_mut().zip(&mut cell.clear) {
                    *data &= *clear;
                    *clear = if is_transparent { *clear & !*data } else { 0 };
                }
            }
        }
    }
}

impl Default for Cell {
    fn default() -> Self {
        Self { stamp: 0, data: [0; WORDS], clear: [0; WORDS], holds: BlockHolds::Zeros, invalid: false, problem: None }
    }
}

impl Cell {
    fn reset(&mut self) {
        *self = Self { stamp: self.stamp, ..Self::default() };
    }
}

/// Goes down from layer to layer with the first `count` sectors of a piece of a unit; `found` gets the data and the zeros
/// of each layer that has some. Gives what no layer speaks about. Only layers in which the unit is not one thing are
/// asked for its sectors.
pub(super) fn descend(
    maps: &mut LayerMaps,
    path: &[usize],
    unit: u64,
    piece: &SectorPiece,
    count: u64,
    mut found: impl FnMut(usize, &Bits, &Bits),
) -> Result<Bits> {
    let mut reached = [0; WORDS];
    words::fill(&mut reached, 0, count.min(piece.count));
    for (place, layer) in path.iter().enumerate() {
        if reached.iter().all(|word| *word == 0) {
            break;
        }
        let Some(laid) = maps.window.laid(*layer) else { continue };
        if !words::get(&laid.open, unit) {
            if words::get(&laid.full, unit) {
                found(place, &reached, &NONE);
                return Ok(NONE);
            }
            if words::get(&laid.zero, unit) {
                found(place, &NONE, &reached);
                return Ok(NONE);
            }
            continue;
        }
        if maps.ask(*layer, piece).is_none() {
            continue;
        }
        if let Some(problem) = maps.problem(*layer, piece, &reached) {
            return Err(problem);
        }
        let Some(cell) = maps.sectors.cell(*layer) else { continue };
        let (mut data, mut zeros) = (reached, reached);
        for (((data, zeros), (own, clear)), reached) in
            data.iter_mut().zip(&mut zeros).zip(cell.data.iter().zip(&cell.clear)).zip(&mut reached)
        {
            *data &= own;
            *zeros &= !(own | clear);
            *reached &= clear;
        }
        found(place, &data, &zeros);
    }
    Ok(reached)
}
