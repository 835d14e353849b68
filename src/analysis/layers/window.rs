//! The planes of some files over one stretch of the virtual disk, cut into the same units.

use crate::image::planes::words;
use crate::units::VirtualOffset;

use super::{Cut, Kept, Layer};

/// A stretch of the virtual disk.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) start: VirtualOffset,
    /// Number of units.
    pub(super) units: u64,
    /// Bytes of a unit.
    pub(super) unit: u64,
    /// By the number of the file; those that were not asked for are empty.
    pub(super) layers: Vec<Laid>,
}

/// What one file says about the units of a window. A unit that has no bit in any plane is the parent's.
#[derive(Debug, Default)]
pub(super) struct Laid {
    /// In the file.
    pub(super) full: Vec<u64>,
    /// Zeros, whatever the parent has; all units behind the end of the file's disk are.
    pub(super) zero: Vec<u64>,
    /// Only its sectors tell.
    pub(super) open: Vec<u64>,
    /// Whether any bit of `open` is set.
    pub(super) has_open: bool,
    /// Whether any bit of `full` is.
    pub(super) has_full: bool,
    /// Whether any bit of `full` or `zero` is.
    pub(super) settles: bool,
}

/// Bits of memory that a unit of a window takes with so many files: their planes, and what is worked out from them.
pub(super) fn bits_per_unit(layers: usize) -> u64 {
    u64::try_from(layers).unwrap_or(u64::MAX).saturating_mul(8)
}

impl Window {
    pub(super) fn reset(&mut self, layers: usize, start: VirtualOffset, units: u64, cut: &Cut) {
        (self.start, self.units, self.unit) = (start, units, cut.unit);
        self.layers.resize_with(layers, Laid::default);
    }

    /// Number of words of a plane.
    pub(super) fn words(&self) -> usize {
        words::words_for(self.units)
    }

    /// Where a unit starts.
    pub(super) fn at(&self, unit: u64) -> VirtualOffset {
        VirtualOffset(self.start.0.saturating_add(unit.saturating_mul(self.unit)))
    }

    /// Units up to the end of a disk of so many bytes, those that reach over it not counted; and the same with them.
    pub(super) fn units_before(&self, end: u64) -> (u64, u64) {
        let len = end.saturating_sub(self.start.0);
        let whole = len.checked_div(self.unit).unwrap_or_default();
        (whole.min(self.units), len.div_ceil(self.unit.max(1)).min(self.units))
    }

    pub(super) fn laid(&self, layer: usize) -> Option<&Laid> {
        self.layers.get(layer)
    }

    /// Puts the planes of a file in place.
    pub(super) fn lay(&mut self, number: usize, layer: &Layer) {
        let (whole, some) = self.units_before(layer.blocks.virtual_size().0);
        let len = self.words();
        let (start, unit, units) = (self.start.0, self.unit.max(1), self.units);
        let Some(laid) = self.layers.get_mut(number) else { return };
        laid.reset(len);
        if let Kept::Unreadable(_) = layer.kept {
            words::fill(&mut laid.open, 0, some);
        } else {
            let block = layer.blocks.block_size().0;
            let planes = &layer.planes;
            if block == unit {
                let from = (start / unit).saturating_sub(planes.first());
                laid.copy(layer, from, some);
            } else {
                laid.spread(layer, start / unit, some, block / unit);
            }
        }
        // A unit in which the disk ends has sectors on both sides.
        if whole < some && !words::get(&laid.zero, whole) {
            if let Some(word) = word_of(&mut laid.full, whole) {
                *word &= !bit_of(whole);
            }
            words::fill(&mut laid.open, whole, some);
        }
        laid.end(some, units);
    }
}

fn word_of(plane: &mut [u64], bit: u64) -> Option<&mut u64> {
    usize::try_from(bit / words::BITS).ok().and_then(|at| plane.get_mut(at))
}

const fn bit_of(bit: u64) -> u64 {
    1 << (bit % words::BITS)
}

impl Laid {
    fn reset(&mut self, len: usize) {
        for plane in [&mut self.full, &mut self.zero, &mut self.open] {
            plane.clear();
            plane.resize(len, 0);
        }
    }

    /// Units of the size of the file's blocks, from one of them on.
    fn copy(&mut self, layer: &Layer, from: u64, count: u64) {
        let planes = &layer.planes;
        let (data, mark, invalid) = (planes.data(), planes.mark(), planes.invalid());
        let skip = usize::try_from(from / words::BITS).unwrap_or(usize::MAX);
        if from.is_multiple_of(words::BITS) {
            let words = data.get(skip..).unwrap_or_default().iter().zip(mark.get(skip..).unwrap_or_default());
            let laid = self.full.iter_mut().zip(&mut self.zero).zip(&mut self.open);
            for (((full, zero), open), (data, mark)) in laid.zip(words) {
                (*full, *zero, *open) = (data & !mark, mark & !data, data & mark);
            }
            for ((full, open), invalid) in
                self.full.iter_mut().zip(&mut self.open).zip(invalid.get(skip..).unwrap_or_default())
            {
                *full &= !invalid;
                *open |= invalid;
            }
        } else {
            let laid = self.full.iter_mut().zip(&mut self.zero).zip(&mut self.open);
            for (((full, zero), open), number) in laid.zip(0_u64..) {
                let at = from.saturating_add(number.saturating_mul(words::BITS));
                let [data, mark, invalid] = [data, mark, invalid].map(|plane| words::from(plane, at));
                (*full, *zero, *open) = (data & !mark & !invalid, mark & !data, (data & mark) | invalid);
            }
        }
        // What lies behind the units was copied along.
        let kept = usize::try_from(count / words::BITS).unwrap_or(usize::MAX);
        for plane in [&mut self.full, &mut self.zero, &mut self.open] {
            let mask = words::ones(count % words::BITS);
            for (place, word) in plane.iter_mut().skip(kept).enumerate() {
                *word &= if place == 0 { mask } else { 0 };
            }
        }
    }

    /// Units of which `ratio` make a block of the file, from the unit `first` of the disk on.
    fn spread(&mut self, layer: &Layer, first: u64, count: u64, ratio: u64) {
        let planes = &layer.planes;
        let ratio = ratio.max(1);
        let first_block = first / ratio;
        let blocks = first.saturating_add(count).div_ceil(ratio).saturating_sub(first_block);
        let from = first_block.saturating_sub(planes.first());
        let mut at = 0;
        while at < blocks {
            let place = from.saturating_add(at);
            let [data, mark, invalid] =
                [planes.data(), planes.mark(), planes.invalid()].map(|plane| words::from(plane, place));
            let group = blocks.saturating_sub(at).min(words::BITS);
            let spread = |plane: &mut Vec<u64>, word: u64| {
                for (start, end, set) in words::runs(&[word], group) {
                    if set {
                        let unit = |block: u64| {
                            let block = first_block.saturating_add(at).saturating_add(block);
                            block.saturating_mul(ratio).saturating_sub(first).min(count)
                        };
                        words::fill(plane, unit(start), unit(end));
                    }
                }
            };
            spread(&mut self.full, data & !mark & !invalid);
            spread(&mut self.zero, mark & !data);
            spread(&mut self.open, (data & mark) | invalid);
            at = at.saturating_add(group);
        }
    }

    /// Zeros from the end of the disk on.
    fn end(&mut self, end: u64, units: u64) {
        words::fill(&mut self.zero, end, units);
        self.has_open = self.open.iter().any(|word| *word != 0);
        self.has_full = self.full.iter().any(|word| *word != 0);
        self.settles = self.has_full || self.zero.iter().any(|word| *word != 0);
    }
}
