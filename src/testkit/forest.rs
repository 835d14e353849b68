//! Random chains and trees for property tests: one seed, one forest, on every machine.

use std::ops::Range;

use super::model::{Disk, Mark, Model};
use super::rng::Rng;

/// Most layers of a forest.
const LAYERS: u64 = 7;

/// Most marks of a layer.
const MARKS: u64 = 10;

/// Most bytes that one mark writes as data, so that files stay small.
const DATA: u64 = 192 << 10;

/// A random forest: one to seven layers with forks and now and then a second tree; one logical sector size of 512 or
/// 4096 bytes for all; physical sector sizes, block sizes from 1 to 256 MiB and virtual sizes of their own for each
/// layer, odd ones included; in one of six forests disks of more than one chunk. Marks lie on and around the edges of
/// blocks, chunks and disks as often as anywhere else.
pub fn random(seed: u64) -> Model {
    let mut rng = Rng::new(seed);
    let mut model = Model::new(rng.next());
    let sector = if rng.chance(2, 3) { 512 } else { 4096 };
    let wide = rng.chance(1, 6);
    for number in 0..rng.between(1, LAYERS) {
        let parent = if number == 0 || rng.chance(1, 10) { None } else { Some(super::size(rng.below(number))) };
        let below = parent.and_then(|parent| model.layers().get(parent)).map(|layer| layer.disk.size);
        let size = match below {
            // Most children are as large as their parents; a resize makes them larger or smaller.
            Some(size) if rng.chance(4, 5) => size,
            Some(size) => size.saturating_sub(rng.below(4 << 20)).max(1) + rng.below(8 << 20),
            None => any_size(&mut rng, sector, wide),
        };
        let largest_block = if wide || rng.chance(1, 4) { 28 } else { 22 };
        let disk = Disk {
            size: size.next_multiple_of(sector),
            block_size: 1 << rng.between(20, largest_block),
            logical_sector_size: super::low32(sector),
            physical_sector_size: if rng.chance(1, 2) { 512 } else { 4096 },
        };
        let layer = match parent {
            Some(parent) => model.child(parent, disk),
            None => model.base(disk),
        };
        for _ in 0..rng.below(MARKS + 1) {
            let (range, mark) = any_mark(&mut rng, &disk, super::low32(number) + 1);
            match mark {
                Some(mark) => model.mark(layer, range, mark),
                None => model.clear(layer, range),
            }
        }
    }
    model
}

/// A random chain of two to six layers, the base first, made as those of [`random`] are, with blocks of at most 8 MiB
/// and disks of at most 280 MiB, so that merging it for real takes little time. One base in four is fixed to the marks
/// that it has: all of its blocks hold data.
pub fn chain(seed: u64) -> Model {
    let mut rng = Rng::new(seed);
    let mut model = Model::new(rng.next());
    let sector = if rng.chance(2, 3) { 512 } else { 4096 };
    let more = if rng.chance(1, 3) { rng.between(64, 256) << 20 } else { 0 };
    let mut size = (any_size(&mut rng, sector, false) + more).next_multiple_of(sector);
    for number in 0..rng.between(2, 6) {
        if number > 0 && rng.chance(1, 4) {
            size = (size.saturating_sub(rng.below(4 << 20)).max(1) + rng.below(8 << 20)).next_multiple_of(sector);
        }
        let disk = Disk {
            size,
            block_size: 1 << rng.between(20, 23),
            logical_sector_size: super::low32(sector),
            physical_sector_size: if rng.chance(1, 2) { 512 } else { 4096 },
        };
        let layer = match number {
            0 => model.base(disk),
            _ => model.child(super::size(number - 1), disk),
        };
        if number == 0 && more == 0 && rng.chance(1, 4) {
            model.write(layer, 0..size, 1);
        }
        for _ in 0..rng.below(MARKS + 1) {
            let (range, mark) = any_mark(&mut rng, &disk, super::low32(number) + 1);
            match mark {
                Some(mark) => model.mark(layer, range, mark),
                None => model.clear(layer, range),
            }
        }
    }
    model
}

fn any_size(rng: &mut Rng, sector: u64, wide: bool) -> u64 {
    let chunk = sector << 23;
    match rng.below(4) {
        _ if wide => chunk * rng.between(1, 2) + rng.below(64 << 20),
        0 => rng.between(1, 4) * sector,
        1 => rng.between(1, 12) << 20,
        _ => rng.between(1, 24 << 20),
    }
}

fn any_mark(rng: &mut Rng, disk: &Disk, tag: u32) -> (Range<u64>, Option<Mark>) {
    let sector = u64::from(disk.logical_sector_size);
    let block = u64::from(disk.block_size);
    let mark = match rng.below(10) {
        0 => Some(Mark::Zero),
        1 => Some(Mark::Unmapped),
        2 => Some(Mark::Undefined),
        3 => None,
        _ => Some(Mark::Data(tag)),
    };
    let sectors = disk.size.div_ceil(sector);
    // Somewhere near an edge, or anywhere.
    let near = match rng.below(5) {
        0 => rng.below(disk.size.div_ceil(block) + 1) * block / sector,
        1 => rng.below(sectors / (1 << 23) + 1) << 23,
        2 => sectors,
        _ => rng.below(sectors),
    };
    let start = (near + rng.below(20)).saturating_sub(rng.below(40)).min(sectors.saturating_sub(1));
    let most = DATA / sector;
    let len = match mark {
        Some(Mark::Data(_)) => rng.between(1, most),
        _ if rng.chance(1, 2) => block / sector * rng.between(1, 3),
        _ => rng.between(1, most),
    };
    // A trim of whole blocks is what gives blocks a state of their own.
    let start = if len >= block / sector { start / (block / sector) * (block / sector) } else { start };
    (start * sector..(start + len) * sector, mark)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::model_vhdx::Style;
    use super::super::vhdx::state;
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_forest() {
        let (left, right) = (random(11), random(11));
        assert_eq!(left.layers().len(), right.layers().len());
        for layer in 0..left.layers().len() {
            assert_eq!(left.layers()[layer].disk, right.layers()[layer].disk);
            assert_eq!(left.layers()[layer].marks, right.layers()[layer].marks);
            let (left, right) = (left.vhdx(layer, Style::Quirky(3)), right.vhdx(layer, Style::Quirky(3)));
            assert_eq!(left.layout, right.layout);
        }
    }

    /// The forests of a few hundred seeds hold all that the property tests rely on.
    #[test]
    fn forests_hold_every_state_block_size_and_shape() {
        let mut states = [0; 8];
        let (mut block_sizes, mut sector_sizes) = (BTreeSet::new(), BTreeSet::new());
        let (mut forks, mut resized, mut chunks, mut odd) = (0, 0, 0, 0);
        for seed in 0..300 {
            let model = random(seed);
            let layers = model.layers();
            let mut parents = BTreeSet::new();
            for (number, layer) in layers.iter().enumerate() {
                let built = model.vhdx(number, Style::Quirky(seed));
                for (sum, count) in states.iter_mut().zip(built.layout.states) {
                    *sum += count;
                }
                block_sizes.insert(layer.disk.block_size);
                sector_sizes.insert((layer.disk.logical_sector_size, layer.disk.physical_sector_size));
                chunks += u64::from(layer.disk.size > u64::from(layer.disk.logical_sector_size) << 23);
                odd += u64::from(layer.disk.size % u64::from(layer.disk.block_size) != 0);
                if let Some(parent) = layer.parent {
                    forks += u64::from(!parents.insert(parent));
                    resized += u64::from(layers[parent].disk.size != layer.disk.size);
                }
                assert!(layer.disk.size > 0);
            }
        }
        for state in [0, 1, 2, 3, usize::from(state::FULLY_PRESENT), usize::from(state::PARTIALLY_PRESENT)] {
            assert!(states[state] > 20, "state {state}: {states:?}");
        }
        assert_eq!(block_sizes.len(), 9);
        assert_eq!(sector_sizes.len(), 4);
        assert!(forks > 50 && resized > 50 && chunks > 30 && odd > 300, "{forks} {resized} {chunks} {odd}");
    }
}
