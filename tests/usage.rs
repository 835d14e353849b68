//! Every file cut into ranges by their use: the ranges tile it, and what leaves see of each file is what a byte model
//! says.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use support::corpus::Corpus;
use support::ledger::Ledger as Disagreements;
use vhdxray::analysis::ledger::Ledger;
use vhdxray::analysis::partition::{Piece, Usage, partition};
use vhdxray::analysis::residue::Residue;
use vhdxray::estate::Silent;
use vhdxray::image::vhdx::Depth;
use vhdxray::image::{FileKind, Image, OpenOptions};
use vhdxray::inspect::{Inspection, Request, inspect};
use vhdxray::source::MemorySource;
use vhdxray::testkit::damage::{Seal, Structure, flip};
use vhdxray::testkit::model::Source;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Built, Locator};
use vhdxray::testkit::{Disk, Mark, Model, SparseImage, Style, forest, pattern, vhd};

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

/// The content of these disks names the layer that wrote each sector, so that reading it tells what is seen of each.
#[test]
fn live_bytes_are_the_sectors_that_each_layer_wrote() {
    let Some(corpus) = Corpus::open() else { return };
    let inspection = inspected(&corpus.root().join("ov-chain5-2m-512"));
    let usage = inspection.usage(false, &mut |_| {});
    assert_eq!((inspection.chains.len(), usage.files.len()), (1, 5));
    let files = &inspection.chains[0].files;
    let opened = inspection.open_disk(files[0], vhdxray::inspect::ChainPolicy::default()).unwrap();
    let mut written = [0_u64; 6];
    let mut reader = std::io::BufReader::with_capacity(1 << 20, opened.disk.reader());
    let mut sector = [0; 512];
    while reader.read_exact(&mut sector).is_ok() {
        if let Some(tag) = sector.strip_prefix(b"layer") {
            written[usize::from(tag[3] - b'0')] += 512;
        }
    }
    // The base is layer 1; its blocks hold zeros as well where nothing was written.
    for (number, file) in (1..).zip(files.iter().rev()) {
        let usage = usage.files.iter().find(|usage| usage.file == *file).unwrap();
        assert!(written[number] > 0);
        if number == 1 {
            assert!(usage.live.0 >= written[1] && usage.live.0 - written[1] < 2 * MIB);
        } else {
            assert_eq!(usage.live.0, written[number], "layer {number}");
        }
    }
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
        let (model, _) = blocks(seed, 2 << 20, false);
        let folder = tempfile::tempdir().unwrap();
        model.write_vhd(folder.path()).unwrap();
        for (_, file) in inspected(folder.path()).files() {
            let pieces = tiled(file.image.as_ref().unwrap()).map_err(TestCaseError::fail)?;
            prop_assert_eq!(length(&pieces, |usage| usage == Usage::Unknown), 0);
        }
    }

    #[test]
    fn what_leaves_see_is_what_the_byte_model_says(seed in any::<u64>(), mixed in any::<bool>()) {
        let (model, leaves) = blocks(seed, 1 << 20, mixed);
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
            // What the file has in common with each below it, and what its content would take in other blocks.
            let own = own_data(&model, layer);
            let below = std::iter::successors(model.layers()[layer].parent, |below| model.layers()[*below].parent);
            let both = |below: usize| {
                let both = own.iter().zip(own_data(&model, below)).filter(|(own, other)| **own && *other);
                (paths[below].clone(), both.count() as u64 * 4096)
            };
            let expected: Vec<(PathBuf, u64)> = below.map(both).collect();
            let found = file.overlaps.as_ref().unwrap().iter();
            let found: Vec<(PathBuf, u64)> =
                found.map(|(below, bytes)| (inspection.file(*below).unwrap().path.clone(), bytes.0)).collect();
            prop_assert_eq!(found, expected);
            let in_blocks = |size: u64| own.chunks(usize::try_from(size / 4096).unwrap()).filter(|block| block.contains(&true));
            match &file.smaller_blocks {
                None => prop_assert!(model.layers()[layer].parent.is_none()),
                Some(costs) => {
                    for cost in costs {
                        prop_assert_eq!(cost.needed.0, in_blocks(cost.block_size.0).count() as u64 * cost.block_size.0);
                        prop_assert_eq!(cost.saved.0, file.blocks().0.saturating_sub(cost.needed.0));
                    }
                }
            }
            let block = file.block_size.unwrap().0;
            let full = in_blocks(block).filter(|block| !block.contains(&false)).count() as u64;
            let fill = file.fill.unwrap();
            prop_assert_eq!((fill.total() * block, fill.empty), (file.blocks().0, 0));
            // The last block of a disk may reach past its end, and is then never full.
            prop_assert!(fill.full == full || (fill.full + 1 == full && model.layers()[layer].disk.size % block != 0));
        }
    }
}

/// The bytes of a file as an image.
fn image(kind: FileKind, bytes: &SparseImage, as_on_disk: bool) -> Image {
    let options = OpenOptions { depth: Depth::Full, as_on_disk };
    Image::open(Arc::new(MemorySource::new(bytes.to_vec())), kind, options).unwrap()
}

/// A child whose blocks are in every state, and which keeps old content.
fn every_state() -> Built {
    let locator = Locator::new().linkage(uuid::Uuid::from_u128(7)).entry("relative_path", r".\a.vhdx");
    let data = |block: u64| pattern::image(1, block * MIB, MIB);
    Builder::differencing(7 * MIB + 512, locator)
        .block(0, Block::full(data(0)))
        .block(1, Block::partial(data(1)).present(3..90))
        .block(2, Block::unmapped().anchored(data(2)))
        .block(3, Block::zero())
        .block(4, Block::full(data(4)))
        .block(7, Block::full(data(7)))
        .gap(MIB)
        .trailing(b"end")
        .build()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn damaged_files_are_tiled(
        changes in prop::collection::vec((0_usize..6, any::<prop::sample::Index>(), any::<u8>()), 1..12),
        length in prop::option::of(0_u64..12 * MIB),
        as_on_disk in any::<bool>(),
    ) {
        let mut built = every_state();
        for (structure, at, mask) in changes {
            let structure = [
                Structure::Bat,
                Structure::BatEntry(structure as u64),
                Structure::RegionTable1,
                Structure::Header2,
                Structure::MetadataTable,
                Structure::Bitmap(0),
            ][structure];
            // Where something stands: the first bytes of each structure.
            let len = structure.range(&built).end.saturating_sub(structure.range(&built).start).min(160);
            flip(&mut built, structure, at.index(usize::try_from(len).unwrap()) as u64, mask, Seal::Renew);
        }
        if let Some(length) = length {
            built.image.set_len(length);
        }
        let pieces = tiled(&image(FileKind::Vhdx, &built.image, as_on_disk)).map_err(TestCaseError::fail)?;
        prop_assert!(pieces.is_empty() == built.image.is_empty());
    }

    #[test]
    fn damaged_files_of_version_1_are_tiled(
        changes in prop::collection::vec((0_u64..4096, any::<u8>()), 1..12),
        length in prop::option::of(0_u64..8 * MIB),
    ) {
        let block = |number: u64| vhd::Block::new(pattern::image(1, number * 2 * MIB, 2 * MIB)).present(5..2000);
        let mut built = vhd::Builder::dynamic(5 * MIB).block(0, block(0)).block(2, block(2)).build();
        for (at, mask) in changes {
            let byte = built.image.read(at, 1)[0];
            built.image.write(at, &[byte ^ mask]);
        }
        if let Some(length) = length {
            built.image.set_len(length);
        }
        let pieces = tiled(&image(FileKind::Vhd, &built.image, false)).map_err(TestCaseError::fail)?;
        prop_assert!(pieces.is_empty() == built.image.is_empty());
    }
}

#[test]
fn each_byte_of_a_made_file_has_the_use_that_it_was_made_for() {
    let built = every_state();
    let pieces = tiled(&image(FileKind::Vhdx, &built.image, false)).unwrap();
    let bytes = |name: &str| length(&pieces, |usage| usage.name() == name);
    let sector = 512;
    assert_eq!(bytes("payload"), 2 * MIB + 87 * sector + sector);
    assert_eq!(bytes("clear_sectors"), MIB - 87 * sector);
    assert_eq!(bytes("past_virtual_end"), MIB - sector);
    assert_eq!((bytes("trimmed"), bytes("bitmap"), bytes("tail")), (MIB, MIB, 3));
    assert_eq!(bytes("bat"), built.layout.shape.entries * 8);
    assert_eq!(bytes("bat") + bytes("bat_gap"), built.layout.bat.end - built.layout.bat.start);
    assert_eq!(bytes("stale_log"), built.layout.log.end - built.layout.log.start);
    assert_eq!(bytes("header") + bytes("header_gap"), MIB);
    // Block 1's data lies where its bits say.
    let block = built.layout.blocks[&1];
    let first = pieces.iter().find(|piece| piece.range.start.0 == block + 3 * sector).unwrap();
    let at = vhdxray::units::VirtualOffset(MIB + 3 * sector);
    assert_eq!(first.usage, Usage::Payload { block: vhdxray::units::BlockIndex(1), at });
    assert_eq!(first.range.len.0, 87 * sector);
}

/// A random forest whose layers hold whole blocks, and parts of blocks where they have a parent, so that what the model
/// calls data is what the files hold; and its leaves. Blocks have the given size or, if `mixed`, up to four times that.
fn blocks(seed: u64, smallest: u32, mixed: bool) -> (Model, Vec<usize>) {
    let mut rng = Rng::new(seed);
    let mut model = Model::new(seed);
    let size = rng.between(1, 12) * u64::from(smallest);
    let mut is_leaf = Vec::new();
    for layer in 0..usize::try_from(rng.between(1, 6)).unwrap() {
        let block_size = if mixed { smallest << rng.below(3) } else { smallest };
        let disk = Disk::new(size).blocks_of(block_size);
        if layer == 0 {
            model.base(disk);
        } else {
            let parent = usize::try_from(rng.below(layer as u64)).unwrap();
            model.child(parent, disk);
            is_leaf[parent] = false;
        }
        is_leaf.push(true);
        for block in 0..size.div_ceil(u64::from(block_size)) {
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

/// Units of 4 KiB for which a layer of such a forest has data of its own.
fn own_data(model: &Model, layer: usize) -> Vec<bool> {
    let here = &model.layers()[layer];
    let mut units = vec![false; usize::try_from(here.disk.size / 4096).unwrap()];
    for (range, mark) in here.marks.cover(0..here.disk.size) {
        if matches!(mark, Some(Mark::Data(_))) {
            units[usize::try_from(range.start / 4096).unwrap()..usize::try_from(range.end / 4096).unwrap()].fill(true);
        }
    }
    units
}
