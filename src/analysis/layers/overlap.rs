//! What two files both have.

use crate::error::{Error, Result};
use crate::image::planes::words;
use crate::units::ByteLen;

use super::sectors::SectorPiece;
use super::{Cut, LayerMaps};

/// What files have in common with those below them.
#[derive(Clone, Debug, Default)]
pub struct Overlaps {
    /// By the number of the file: each of the layers below that was asked about, with the bytes of the virtual disk for
    /// which both have data.
    pub below: Vec<Vec<(usize, ByteLen)>>,
    /// Why it cannot be told of a file, by its number.
    pub problems: Vec<Option<Error>>,
}

impl LayerMaps {
    /// What pairs of files have in common, whoever sees it. `below` names, by the number of the file, the layers that it
    /// is to be compared with.
    pub fn overlaps(&mut self, below: &[Vec<usize>]) -> Result<Overlaps> {
        let mut pass = OverlapPass::new(self, below);
        let layers = pass.layers();
        let size = layers.iter().filter_map(|layer| self.virtual_size(*layer)).max().unwrap_or_default();
        if layers.is_empty() {
            return Ok(pass.finish());
        }
        self.each_window(&layers, size, |maps, cut| {
            pass.window(maps, cut);
            Ok(())
        })?;
        Ok(pass.finish())
    }
}

/// The sums as they grow.
pub(super) struct OverlapPass {
    found: Overlaps,
    open: Vec<u64>,
    /// What each file has of the unit at hand.
    holds: Vec<UnitHolds>,
}

impl OverlapPass {
    pub(super) fn new(maps: &LayerMaps, below: &[Vec<usize>]) -> Self {
        let pairs = |layers: &Vec<usize>| layers.iter().map(|layer| (*layer, ByteLen::ZERO)).collect();
        let found = Overlaps { below: below.iter().map(pairs).collect(), problems: vec![None; maps.len()] };
        Self { found, open: Vec::new(), holds: vec![UnitHolds::None; maps.len()] }
    }

    /// The files of all pairs, each once, in order.
    pub(super) fn layers(&self) -> Vec<usize> {
        let pairs = self.found.below.iter().enumerate().filter(|(_, below)| !below.is_empty());
        let mut layers: Vec<usize> =
            pairs.flat_map(|(above, below)| below.iter().map(|(layer, _)| *layer).chain([above])).collect();
        layers.sort_unstable();
        layers.dedup();
        layers
    }

    pub(super) fn finish(self) -> Overlaps {
        self.found
    }

    /// Adds a window.
    pub(super) fn window(&mut self, maps: &mut LayerMaps, cut: &Cut) {
        let unit = maps.window.unit;
        self.open.clear();
        self.open.resize(maps.window.words(), 0);
        let mut has_open = false;
        for (above, pairs) in self.found.below.iter_mut().enumerate() {
            let Some(upper) = maps.window.laid(above).filter(|laid| laid.has_full || laid.has_open) else { continue };
            for (below, sum) in pairs {
                let Some(lower) = maps.window.laid(*below).filter(|laid| laid.has_full || laid.has_open) else {
                    continue;
                };
                if upper.has_full && lower.has_full {
                    let both = upper.full.iter().zip(&lower.full);
                    let units = both.fold(0_u64, |sum, (a, b)| sum.wrapping_add((a & b).count_ones().into()));
                    *sum = sum.saturating_add(ByteLen(units.saturating_mul(unit)));
                }
                if upper.has_open || lower.has_open {
                    let planes = upper.full.iter().zip(&upper.open).zip(lower.full.iter().zip(&lower.open));
                    for (open, ((full, own), (below_full, below_own))) in self.open.iter_mut().zip(planes) {
                        *open |= (own & (below_full | below_own)) | (full & below_own);
                        has_open |= *open != 0;
                    }
                }
            }
        }
        if has_open {
            self.open_units(maps, cut);
        }
    }

    fn open_units(&mut self, maps: &mut LayerMaps, cut: &Cut) {
        let units = maps.window.units;
        let open = std::mem::take(&mut self.open);
        let marked = words::runs(&open, units).filter(|run| run.2).flat_map(|(start, end, _)| start..end);
        for unit in marked {
            let (start, end) = (maps.window.at(unit), maps.window.at(unit.saturating_add(1)));
            for piece in SectorPiece::all(start, end, cut.sector) {
                maps.turn();
                self.piece(maps, unit, &piece);
            }
        }
        self.open = open;
    }

    fn piece(&mut self, maps: &mut LayerMaps, unit: u64, piece: &SectorPiece) {
        for (layer, holds) in self.holds.iter_mut().enumerate() {
            *holds = UnitHolds::of(maps, layer, unit);
            if *holds == UnitHolds::Some {
                let problem = maps.ask(layer, piece).and_then(|cell| cell.problem.clone());
                if let (Some(problem), Some(slot)) = (problem, self.found.problems.get_mut(layer)) {
                    slot.get_or_insert(problem);
                }
            }
        }
        for ((above, pairs), upper) in self.found.below.iter_mut().enumerate().zip(&self.holds) {
            if *upper == UnitHolds::None {
                continue;
            }
            for (below, sum) in pairs {
                let bytes = match (upper, self.holds.get(*below)) {
                    // Pairs of which both have the whole unit are counted already.
                    (_, None | Some(UnitHolds::None)) | (UnitHolds::All, Some(UnitHolds::All)) => continue,
                    (UnitHolds::All, _) => maps.sectors.cell(*below).map(|cell| words::count(&cell.data)),
                    (_, Some(UnitHolds::All)) => maps.sectors.cell(above).map(|cell| words::count(&cell.data)),
                    (_, Some(UnitHolds::Some)) => {
                        let cells = maps.sectors.cell(above).zip(maps.sectors.cell(*below));
                        cells.map(|(upper, lower)| {
                            let both = upper.data.iter().zip(&lower.data);
                            both.fold(0_u64, |sum, (a, b)| sum.wrapping_add((a & b).count_ones().into()))
                        })
                    }
                };
                let bytes = ByteLen(piece.bytes(bytes.unwrap_or_default()));
                *sum = sum.saturating_add(bytes);
            }
        }
    }
}

/// What a file has of a unit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum UnitHolds {
    None,
    /// As much as its sectors tell.
    Some,
    All,
}

impl UnitHolds {
    fn of(maps: &LayerMaps, layer: usize, unit: u64) -> Self {
        match maps.window.laid(layer) {
            Some(laid) if words::get(&laid.open, unit) => Self::Some,
            Some(laid) if words::get(&laid.full, unit) => Self::All,
            _ => Self::None,
        }
    }
}
