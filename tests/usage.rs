//! Every file cut into ranges by their use: the ranges tile it, and what leaves see of each file is what a byte model
//! says.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::path::Path;

use proptest::prelude::*;
use support::corpus::Corpus;
use support::ledger::Ledger as Disagreements;
use vhdxray::analysis::ledger::Ledger;
use vhdxray::analysis::partition::{Piece, Usage, partition};
use vhdxray::analysis::residue::Residue;
use vhdxray::estate::Silent;
use vhdxray::image::Image;
use vhdxray::inspect::{Inspection, Request, inspect};
use vhdxray::testkit::model::Source;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::{Disk, Mark, Model, Style, forest};

const MIB: u64 = 1 << 20;

fn inspected(folder: &Path) -> Inspection {
    inspect(&Request { paths: vec![folder.to_owned()], ..Request::default() }, &Silent)
}

/// The ranges of a file in its order, or what is wrong with them.
fn tiled(image: &Image) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    partition(image, &mut |piece| pieces.push(piece));
    pieces.sort_by_key(|piece| piece.range);
    let mut at = 0;
    for piece in &pieces {
        if piece.range.start.0 != at || piece.range.len.0 == 0 {
            return Err(format!("{piece:?} does not go on at {at:#x}"));
        }
        at = piece.range.end().0;
    }
    if at != image.stored_size().0 {
        return Err(format!("the ranges end at {at}, the file at {}", image.stored_size()));
    }
    let ledger = Ledger::of(image, false).ledger;
    let residue = Residue::of(image);
    let sum = residue.used.0 + residue.unused.0 + residue.unknown.0;
    if ledger.total().0 != at || sum != at {
        return Err(format!("the ledger sums to {}, the residue to {sum}, the file to {at}", ledger.total()));
    }
    Ok(pieces)
}

fn length(pieces: &[Piece], of: impl Fn(Usage) -> bool) -> u64 {
    pieces.iter().filter(|piece| of(piece.usage)).map(|piece| piece.range.len.0).sum()
}

#[test]
fn every_file_of_the_corpus_is_tiled() {
    let Some(corpus) = Corpus::open() else { return };
    let mut found = Disagreements::default();
    let inspection = inspected(corpus.root());
    let mut images = 0;
    for (_, file) in inspection.files() {
        let Some(image) = &file.image else { continue };
        let name = file.path.strip_prefix(corpus.root()).unwrap().display().to_string();
        let pieces = tiled(image);
        found.holds(&name, pieces.is_ok(), || pieces.clone().unwrap_err());
        let unknown = length(&pieces.unwrap_or_default(), |usage| usage == Usage::Unknown);
        found.equal(
            &name,
            "bytes of unknown use in a file that can be read",
            0,
            if image.blockers().is_empty() { unknown } else { 0 },
        );
        images += 1;
    }
    assert!(images >= 80, "{images}");
    found.close(images);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn files_of_random_forests_are_tiled(seed in any::<u64>(), quirky in any::<bool>()) {
        let model = forest::random(seed);
        let folder = tempfile::tempdir().unwrap();
        model.write_vhdx(folder.path(), if quirky { Style::Quirky(seed) } else { Style::Plain }).unwrap();
        for (_, file) in inspected(folder.path()).files() {
            let pieces = tiled(file.image.as_ref().unwrap()).map_err(TestCaseError::fail)?;
            prop_assert_eq!(length(&pieces, |usage| usage == Usage::Unknown), 0);
        }
    }

    #[test]
    fn files_of_random_version_1_chains_are_tiled(seed in any::<u64>()) {
        let (model, _) = blocks(seed, 2 << 20);
        let folder = tempfile::tempdir().unwrap();
        model.write_vhd(folder.path()).unwrap();
        for (_, file) in inspected(folder.path()).files() {
            let pieces = tiled(file.image.as_ref().unwrap()).map_err(TestCaseError::fail)?;
            prop_assert_eq!(length(&pieces, |usage| usage == Usage::Unknown), 0);
        }
    }

    #[test]
    fn what_leaves_see_is_what_the_byte_model_says(seed in any::<u64>()) {
        let (model, leaves) = blocks(seed, 1 << 20);
        let folder = tempfile::tempdir().unwrap();
        let paths = model.write_vhdx(folder.path(), Style::Plain).unwrap();
        let inspection = inspected(folder.path());
        let usage = inspection.usage(false, &mut |_| {});
        for (layer, path) in paths.iter().enumerate() {
            let file = usage.files.iter().find(|file| inspection.file(file.file).unwrap().path == *path).unwrap();
            let mut seen = vec![false; usize::try_from(model.layers()[layer].disk.size / 4096).unwrap()];
            for leaf in &leaves {
                let mut by_leaf = 0;
                for (range, source) in model.sources(*leaf, 0..u64::MAX) {
                    if source == Source::Data(layer) {
                        by_leaf += range.end - range.start;
                        let units = usize::try_from(range.start / 4096).unwrap()..usize::try_from(range.end / 4096).unwrap();
                        seen[units].fill(true);
                    }
                }
                let leaf = inspection.files().find(|(_, file)| file.path == paths[*leaf]).unwrap().0;
                let found = file.seen_by.iter().find(|(of, _)| *of == leaf).map_or(0, |(_, bytes)| bytes.0);
                prop_assert_eq!(found, by_leaf, "layer {} from {:?}", layer, leaf);
            }
            let live = seen.iter().filter(|seen| **seen).count() as u64 * 4096;
            prop_assert_eq!(file.live.0, live, "layer {}", layer);
            prop_assert_eq!(file.live.0 + file.shadowed.0, file.ledger.payload.0);
            prop_assert_eq!(file.ledger.total().0, std::fs::metadata(path).unwrap().len());
        }
    }
}

/// A random forest whose layers hold whole blocks, and parts of blocks where they have a parent, so that what the model
/// calls data is what the files hold; and its leaves.
fn blocks(seed: u64, block_size: u32) -> (Model, Vec<usize>) {
    let mut rng = Rng::new(seed);
    let mut model = Model::new(seed);
    let count = rng.between(1, 12);
    let disk = Disk::new(count * u64::from(block_size)).blocks_of(block_size);
    let mut is_leaf = Vec::new();
    for layer in 0..usize::try_from(rng.between(1, 6)).unwrap() {
        if layer == 0 {
            model.base(disk);
        } else {
            let parent = usize::try_from(rng.below(layer as u64)).unwrap();
            model.child(parent, disk);
            is_leaf[parent] = false;
        }
        is_leaf.push(true);
        for block in 0..count {
            let start = block * u64::from(block_size);
            let end = start + u64::from(block_size);
            let tag = u32::try_from(layer).unwrap() + 1;
            match rng.below(5) {
                0 => model.mark(layer, start..end, Mark::Data(tag)),
                1 if layer > 0 => {
                    let from = start + rng.below(MIB / 4096) * 4096;
                    model.mark(layer, from..from + 4096 * rng.between(1, 9).min((end - from) / 4096), Mark::Data(tag));
                }
                2 => model.mark(layer, start..end, Mark::Zero),
                3 => model.mark(layer, start..end, Mark::Unmapped),
                _ => {}
            }
        }
    }
    let leaves = (0..is_leaf.len()).filter(|layer| is_leaf[*layer]).collect();
    (model, leaves)
}
