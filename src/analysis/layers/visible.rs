//! What is seen of each file: by one chain, or by any of several that share files.

use crate::error::{Error, Result};
use crate::image::planes::words;
use crate::units::ByteLen;

use super::sectors::{Bits, SectorPiece, WORDS, descend};
use super::{Cut, LayerMaps};

/// What chains see of files.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Bytes of each file that at least one of the chains sees, by the number of the file.
    pub by_any: Vec<ByteLen>,
    /// What each chain sees, in the order in which they were given.
    pub views: Vec<View>,
}

/// What one chain shows.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// What each of its layers owns, in the order of the chain.
    pub layers: Vec<Owned>,
    /// Bytes about which no layer says anything.
    pub below: ByteLen,
    /// Why the disk cannot be read to the end; the sums then are of what can, in part.
    pub problem: Option<Error>,
}

/// What one layer owns of a disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owned {
    /// Bytes of its data that are seen.
    pub data: ByteLen,
    /// Bytes that are zeros because it says so.
    pub zeros: ByteLen,
}

impl View {
    /// Bytes that are data, in whichever layer.
    pub fn data(&self) -> ByteLen {
        self.layers.iter().fold(ByteLen::ZERO, |sum, owned| sum.saturating_add(owned.data))
    }
}

impl LayerMaps {
    /// What a single chain sees: the layer that is asked first in front. The sums are those of the disk as that has it.
    pub fn view(&mut self, chain: &[usize]) -> Result<View> {
        let mut seen = self.seen(&[chain.to_vec()])?;
        let view = seen.views.pop().unwrap_or_default();
        match view.problem {
            Some(problem) => Err(problem),
            None => Ok(view),
        }
    }

    /// What chains see of the files, each read once. A chain that cannot be read has its reason beside its sums, and
    /// counts no more from there on.
    pub fn seen(&mut self, chains: &[Vec<usize>]) -> Result<Seen> {
        let layers = all_layers(chains);
        let size = self.largest(chains);
        let mut pass = SeenPass::new(self, chains);
        self.each_window(&layers, size, |maps, cut| {
            pass.window(maps, cut);
            Ok(())
        })?;
        Ok(pass.finish())
    }

    /// Bytes of the largest disk that one of the chains shows.
    pub(super) fn largest(&self, chains: &[Vec<usize>]) -> ByteLen {
        let sizes = chains.iter().filter_map(|chain| self.virtual_size(*chain.first()?));
        sizes.max().unwrap_or_default()
    }
}

/// The files of all chains, each once, in order.
pub(super) fn all_layers(chains: &[Vec<usize>]) -> Vec<usize> {
    let mut layers: Vec<usize> = chains.iter().flatten().copied().collect();
    layers.sort_unstable();
    layers.dedup();
    layers
}

/// The sums as they grow.
pub(super) struct SeenPass<'a> {
    chains: &'a [Vec<usize>],
    seen: Seen,
    /// Units that some chain sees whole, by the number of the file.
    any: Vec<Vec<u64>>,
    /// Sectors of the piece at hand that some chain sees, by the number of the file.
    any_sectors: Vec<Option<Box<Bits>>>,
    /// The files that have any of them.
    in_piece: Vec<usize>,
    /// Units that each chain has to look into, as far as it is still read.
    open: Vec<Vec<u64>>,
    reached: Vec<u64>,
}

impl<'a> SeenPass<'a> {
    pub(super) fn new(maps: &LayerMaps, chains: &'a [Vec<usize>]) -> Self {
        let views = chains.iter().map(|chain| View { layers: vec![Owned::default(); chain.len()], ..View::default() });
        let seen = Seen { by_any: vec![ByteLen::ZERO; maps.len()], views: views.collect() };
        Self {
            chains,
            seen,
            any: vec![Vec::new(); maps.len()],
            any_sectors: vec![None; maps.len()],
            in_piece: Vec::new(),
            open: vec![Vec::new(); chains.len()],
            reached: Vec::new(),
        }
    }

    pub(super) fn finish(self) -> Seen {
        self.seen
    }

    /// Adds a window.
    pub(super) fn window(&mut self, maps: &mut LayerMaps, cut: &Cut) {
        let len = maps.window.words();
        // With one chain nothing is seen twice.
        let is_shared = self.chains.len() > 1;
        if is_shared {
            for any in &mut self.any {
                any.fill(0);
            }
        }
        let mut has_open = false;
        for number in 0..self.chains.len() {
            has_open |= self.whole_units(maps, number, len, is_shared);
        }
        if is_shared {
            for (sum, any) in self.seen.by_any.iter_mut().zip(&self.any) {
                *sum = sum.saturating_add(ByteLen(words::count(any).saturating_mul(cut.unit)));
            }
        }
        if has_open {
            self.open_units(maps, cut);
        }
    }

    /// Adds what a chain sees in units that are one thing, and notes those that are not; says whether there are such.
    fn whole_units(&mut self, maps: &LayerMaps, number: usize, len: usize, is_shared: bool) -> bool {
        let (Some(chain), Some(view), Some(open)) =
            (self.chains.get(number), self.seen.views.get_mut(number), self.open.get_mut(number))
        else {
            return false;
        };
        open.clear();
        let size = chain.first().and_then(|first| maps.virtual_size(*first)).unwrap_or_default();
        let (whole, _) = maps.window.units_before(size.0);
        let on_disk = maps.window.units_before(size.0).1;
        if view.problem.is_some() || on_disk == 0 {
            return false;
        }
        open.resize(len, 0);
        let reached = &mut self.reached;
        let start = |reached: &mut Vec<u64>| {
            reached.clear();
            reached.resize(len, 0);
            words::fill(reached, 0, on_disk);
        };
        let mut has_open = whole < on_disk;
        // The unit in which the disk ends is looked into, so that no sector behind the end counts.
        words::fill(open, whole, on_disk);
        if chain.iter().any(|layer| maps.window.laid(*layer).is_some_and(|laid| laid.has_open)) {
            start(reached);
            let laid = chain.iter().filter_map(|layer| maps.window.laid(*layer));
            for laid in laid.filter(|laid| laid.settles || laid.has_open) {
                let planes = laid.full.iter().zip(&laid.zero).zip(&laid.open);
                for ((reached, open), ((full, zero), own)) in reached.iter_mut().zip(open.iter_mut()).zip(planes) {
                    *open |= *reached & own;
                    *reached &= !(full | zero);
                }
            }
            has_open |= open.iter().any(|word| *word != 0);
        }
        start(reached);
        reached.iter_mut().zip(open.iter()).for_each(|(reached, open)| *reached &= !open);
        let unit = maps.window.unit;
        for (owned, layer) in view.layers.iter_mut().zip(chain) {
            let Some(laid) = maps.window.laid(*layer).filter(|laid| laid.settles) else { continue };
            let any = self.any.get_mut(*layer).filter(|_| is_shared);
            let (data, zeros) = match any {
                Some(any) => {
                    any.resize(len, 0);
                    settle(reached, &laid.full, &laid.zero, |word, seen| {
                        if let Some(any) = any.get_mut(word) {
                            *any |= seen;
                        }
                    })
                }
                None => settle(reached, &laid.full, &laid.zero, |_, _| {}),
            };
            owned.data = owned.data.saturating_add(ByteLen(data.saturating_mul(unit)));
            owned.zeros = owned.zeros.saturating_add(ByteLen(zeros.saturating_mul(unit)));
            if !is_shared && let Some(sum) = self.seen.by_any.get_mut(*layer) {
                *sum = sum.saturating_add(ByteLen(data.saturating_mul(unit)));
            }
        }
        view.below = view.below.saturating_add(ByteLen(words::count(reached).saturating_mul(unit)));
        has_open
    }

    /// Looks into the units that are not one thing.
    fn open_units(&mut self, maps: &mut LayerMaps, cut: &Cut) {
        let mut all = vec![0_u64; maps.window.words()];
        for open in &self.open {
            all.iter_mut().zip(open).for_each(|(all, open)| *all |= open);
        }
        let units = maps.window.units;
        let marked: Vec<(u64, u64)> =
            words::runs(&all, units).filter(|run| run.2).map(|(start, end, _)| (start, end)).collect();
        for unit in marked.into_iter().flat_map(|(start, end)| start..end) {
            let start = maps.window.at(unit);
            let end = maps.window.at(unit.saturating_add(1));
            for piece in SectorPiece::all(start, end, cut.sector) {
                maps.turn();
                for number in 0..self.chains.len() {
                    if self.open.get(number).is_some_and(|open| words::get(open, unit)) {
                        self.piece(maps, number, unit, &piece);
                    }
                }
                self.add_any(unit, &piece);
            }
        }
    }

    fn piece(&mut self, maps: &mut LayerMaps, number: usize, unit: u64, piece: &SectorPiece) {
        let (Some(chain), Some(view)) = (self.chains.get(number), self.seen.views.get_mut(number)) else { return };
        let size = chain.first().and_then(|first| maps.virtual_size(*first)).unwrap_or_default();
        if view.problem.is_some() || piece.at.0 >= size.0 {
            return;
        }
        let on_disk = size.0.saturating_sub(piece.at.0).div_ceil(piece.sector.max(1));
        let (any_sectors, in_piece) = (&mut self.any_sectors, &mut self.in_piece);
        let layers = &mut view.layers;
        let below = descend(maps, chain, unit, piece, on_disk, |place, data, zeros| {
            if let Some(owned) = layers.get_mut(place) {
                owned.data = owned.data.saturating_add(ByteLen(piece.bytes(words::count(data))));
                owned.zeros = owned.zeros.saturating_add(ByteLen(piece.bytes(words::count(zeros))));
            }
            let Some(layer) = chain.get(place) else { return };
            if let Some(any) = any_sectors.get_mut(*layer) {
                let any = any.get_or_insert_with(|| Box::new([0; WORDS]));
                any.iter_mut().zip(data).for_each(|(any, data)| *any |= data);
                in_piece.push(*layer);
            }
        });
        match below {
            Ok(below) => {
                view.below = view.below.saturating_add(ByteLen(piece.bytes(words::count(&below))));
            }
            Err(problem) => view.problem = Some(problem),
        }
    }

    /// Adds the sectors that some chain sees, but for files of which another sees the whole unit.
    fn add_any(&mut self, unit: u64, piece: &SectorPiece) {
        self.in_piece.sort_unstable();
        self.in_piece.dedup();
        for layer in self.in_piece.drain(..) {
            let (Some(sum), Some(Some(bits))) = (self.seen.by_any.get_mut(layer), self.any_sectors.get_mut(layer))
            else {
                continue;
            };
            // With one chain the units that it sees whole are not noted, for it cannot look into them as well.
            if !self.any.get(layer).is_some_and(|whole| words::get(whole, unit)) {
                *sum = sum.saturating_add(ByteLen(piece.bytes(words::count(&**bits))));
            }
            bits.fill(0);
        }
    }
}

/// Takes from `reached` what a layer settles; number of units that are data and zeros.
#[inline]
fn settle(reached: &mut [u64], full: &[u64], zero: &[u64], mut each: impl FnMut(usize, u64)) -> (u64, u64) {
    let (mut data, mut zeros) = (0_u64, 0_u64);
    for (place, (reached, (full, zero))) in reached.iter_mut().zip(full.iter().zip(zero)).enumerate() {
        let (seen, empty) = (*reached & full, *reached & zero);
        data = data.wrapping_add(seen.count_ones().into());
        zeros = zeros.wrapping_add(empty.count_ones().into());
        each(place, seen);
        *reached &= !(full | zero);
    }
    (data, zeros)
}
