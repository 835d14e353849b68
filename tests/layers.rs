//! Files laid over one another as bit planes: each stretch, sum and error against the byte model and against the one
//! reader of blocks, which goes run by run.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "support/made.rs"]
mod made;

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use vhdxray::analysis::layers::{Detail, Holds, LayerMaps};
use vhdxray::chain::{Bottom, ExtentState, VirtualDisk};
use vhdxray::image::vhdx::Depth;
use vhdxray::image::{Content, FileKind, Image, OpenOptions, Runs};
use vhdxray::testkit::damage::{Seal, Structure, flip};
use vhdxray::testkit::model::Source;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};
use vhdxray::testkit::{Disk, Mark, Model, SparseImage, Style, forest, pattern};
use vhdxray::units::{ByteLen, VirtualOffset};

use made::Made;

const MIB: u64 = 1 << 20;

fn image(kind: FileKind, bytes: &SparseImage) -> Arc<Image> {
    let options = OpenOptions { depth: Depth::Open, as_on_disk: false };
    Arc::new(Image::open(Arc::new(Made(bytes.clone())), kind, options).unwrap())
}

/// The files of a model.
fn images(model: &Model, style: Style) -> Vec<Arc<Image>> {
    (0..model.layers().len()).map(|layer| image(FileKind::Vhdx, &model.vhdx(layer, style).image)).collect()
}

/// From each layer without children down to its base.
fn chains(model: &Model) -> Vec<Vec<usize>> {
    let parents: BTreeSet<usize> = model.layers().iter().filter_map(|layer| layer.parent).collect();
    let leaves = (0..model.layers().len()).filter(|layer| !parents.contains(layer));
    leaves.map(|leaf| std::iter::successors(Some(leaf), |layer| model.layers()[*layer].parent).collect()).collect()
}

/// What a layer says by the one reader of blocks: the end of each run, and whether it is data, zeros or transparent.
fn runs(image: &Image) -> Vec<(u64, Holds)> {
    let size = image.virtual_size().unwrap();
    let mut runs = Runs::new(image).unwrap();
    let (mut at, mut found) = (VirtualOffset(0), Vec::new());
    while at.0 < size.0 {
        let run = runs.at(at, VirtualOffset(size.0)).unwrap();
        let holds = match run.content {
            Content::Data(_) => Holds::Data,
            Content::Transparent => Holds::Nothing,
            _ => Holds::Zeros,
        };
        at = run.range.end();
        found.push((at.0, holds));
    }
    found.push((u64::MAX, Holds::Zeros));
    found
}

/// The chain cut at all edges of its layers' runs: where each part ends and what each layer has.
fn parts(chain: &[usize], all: &[Vec<(u64, Holds)>], size: u64) -> Vec<(u64, Vec<Holds>)> {
    let edges: BTreeSet<u64> =
        chain.iter().flat_map(|layer| all[*layer].iter().map(|run| run.0.min(size))).filter(|end| *end > 0).collect();
    let of = |layer: usize, end: u64| all[layer].iter().find(|run| run.0 >= end).unwrap().1;
    edges.into_iter().map(|end| (end, chain.iter().map(|layer| of(*layer, end)).collect())).collect()
}

/// Neighbours that say the same as one.
fn joined(parts: Vec<(u64, Vec<Holds>)>) -> Vec<(u64, Vec<Holds>)> {
    let mut found: Vec<(u64, Vec<Holds>)> = Vec::new();
    for (end, holds) in parts {
        match found.last_mut() {
            Some(last) if last.1 == holds => last.0 = end,
            _ => found.push((end, holds)),
        }
    }
    found
}

fn plain(holds: Holds) -> Holds {
    match holds {
        Holds::Room => Holds::Nothing,
        Holds::ZeroRoom => Holds::Zeros,
        other => other,
    }
}

fn walked(maps: &mut LayerMaps, chain: &[usize], detail: Detail) -> Vec<(u64, Vec<Holds>)> {
    let (mut found, mut at) = (Vec::new(), 0);
    maps.walk(chain, detail, &mut |stretch| {
        assert_eq!(stretch.range.start.0, at);
        assert!(stretch.range.len.0 > 0);
        at = stretch.range.end().0;
        found.push((at, stretch.layers.iter().map(|holds| plain(*holds)).collect()));
        Ok(())
    })
    .unwrap();
    joined(found)
}

fn owner(holds: &[Holds]) -> Option<usize> {
    holds.iter().position(|holds| *holds != Holds::Nothing)
}

/// Everything that can be asked of files laid over one another, against their runs one by one.
fn compare(images: &[Arc<Image>], chains: &[Vec<usize>], maps: &mut LayerMaps) {
    let all: Vec<Vec<(u64, Holds)>> = images.iter().map(|image| runs(image)).collect();
    let size = |layer: usize| images[layer].virtual_size().unwrap().0;
    let seen = maps.seen(chains).unwrap();
    for (chain, view) in chains.iter().zip(&seen.views) {
        let parts = parts(chain, &all, size(chain[0]));
        assert_eq!(walked(maps, chain, Detail::All), joined(parts.clone()));
        let only_owner = |(end, holds): &(u64, Vec<Holds>)| {
            let owner = owner(holds);
            let kept = holds.iter().enumerate().map(
                |(place, holds)| {
                    if Some(place) == owner { *holds } else { Holds::Nothing }
                },
            );
            (*end, kept.collect())
        };
        assert_eq!(walked(maps, chain, Detail::Owner), joined(parts.iter().map(only_owner).collect()));
        let mut sums = vec![(0, 0); chain.len()];
        let (mut at, mut below) = (0, 0);
        for (end, holds) in &parts {
            match owner(holds) {
                Some(owner) if holds[owner] == Holds::Data => sums[owner].0 += end - at,
                Some(owner) => sums[owner].1 += end - at,
                None => below += end - at,
            }
            at = *end;
        }
        let found: Vec<(u64, u64)> = view.layers.iter().map(|owned| (owned.data.0, owned.zeros.0)).collect();
        assert_eq!((found, view.below.0), (sums.clone(), below));
        assert!(view.problem.is_none());
        let alone = maps.view(chain).unwrap();
        assert_eq!((alone.layers, alone.below), (view.layers.clone(), view.below));
    }
    let everyone: Vec<usize> = (0..images.len()).collect();
    let largest = everyone.iter().map(|layer| size(*layer)).max().unwrap();
    let parts = parts(&everyone, &all, largest);
    let mut by_any = vec![0; images.len()];
    let mut both = vec![vec![0; images.len()]; images.len()];
    let mut at = 0;
    for (end, holds) in &parts {
        let owners: BTreeSet<usize> = chains
            .iter()
            .filter(|chain| at < size(chain[0]))
            .filter_map(|chain| chain.iter().copied().find(|layer| holds[*layer] != Holds::Nothing))
            .filter(|layer| holds[*layer] == Holds::Data)
            .collect();
        for owner in owners {
            by_any[owner] += end - at;
        }
        for above in 0..images.len() {
            for below in 0..images.len() {
                if holds[above] == Holds::Data && holds[below] == Holds::Data {
                    both[above][below] += end - at;
                }
            }
        }
        at = *end;
    }
    assert_eq!(seen.by_any.iter().map(|bytes| bytes.0).collect::<Vec<_>>(), by_any);
    let below: Vec<Vec<usize>> = (0..images.len()).map(|above| (0..above).collect()).collect();
    let overlaps = maps.overlaps(&below).unwrap();
    for (above, pairs) in overlaps.below.iter().enumerate() {
        for (below, bytes) in pairs {
            assert_eq!(bytes.0, both[above][*below], "{above} over {below}");
        }
    }
    assert!(overlaps.problems.iter().all(Option::is_none));
}

/// The owner of each stretch against the byte model, which knows no blocks.
fn compare_model(model: &Model, chain: &[usize], maps: &mut LayerMaps) {
    let found = walked(maps, chain, Detail::Owner);
    let owner_of = |end: u64| {
        let holds = &found.iter().find(|part| part.0 >= end).unwrap().1;
        owner(holds).map(|owner| (chain[owner], holds[owner]))
    };
    for (range, source) in model.sources(chain[0], 0..u64::MAX) {
        // Somewhere in the range an edge of a block may lie; its two ends are looked at.
        for at in [range.start + 1, range.end] {
            match source {
                Source::Data(layer) => assert_eq!(owner_of(at), Some((layer, Holds::Data)), "{range:?}"),
                Source::Zeros(layer, _) => assert_eq!(owner_of(at).map(|owner| owner.0), Some(layer), "{range:?}"),
                Source::Nothing => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn random_forests_are_what_their_runs_and_the_model_say(
        seed in any::<u64>(),
        quirky in any::<bool>(),
        budget in prop::sample::select(vec![0_u64, 300, 100_000, 256 << 20]),
        window in prop::sample::select(vec![64_u64, 128, 65_536]),
    ) {
        let model = forest::random(seed);
        let images = images(&model, if quirky { Style::Quirky(seed) } else { Style::Plain });
        let mut maps = LayerMaps::with_limits(images.clone(), ByteLen(budget), window).unwrap();
        let chains = chains(&model);
        compare(&images, &chains, &mut maps);
        for chain in &chains {
            compare_model(&model, chain, &mut maps);
        }
        // Parts of chains are answered from what is known.
        for chain in chains.iter().filter(|chain| chain.len() > 1) {
            compare(&images, &[chain[1..].to_vec(), chain[..chain.len() - 1].to_vec()], &mut maps);
        }
    }

    #[test]
    fn random_chains_of_version_1_are_what_their_runs_say(seed in any::<u64>()) {
        let (model, chain) = version_1(seed);
        let images: Vec<Arc<Image>> =
            (0..model.layers().len()).map(|layer| image(FileKind::Vhd, &model.vhd(layer).image)).collect();
        let mut maps = LayerMaps::with_limits(images.clone(), ByteLen(2000), 64).unwrap();
        compare(&images, &[chain.clone(), chain[1..].to_vec()], &mut maps);
        compare_model(&model, &chain, &mut maps);
    }

    /// What reading the disk fails with is what laying its files over one another fails with, and nothing else fails.
    #[test]
    fn damaged_maps_fail_where_reading_does(
        changes in prop::collection::vec((0_u64..6, 0_u64..8, any::<u8>()), 0..4),
        length in prop::option::of(5 * MIB..14 * MIB),
        upper in prop::collection::vec(0_u8..8, 6),
    ) {
        let base = Builder::dynamic(6 * MIB).block(0, Block::full(pattern::image(9, 0, MIB))).build();
        let locator = || Locator::new().linkage(uuid::Uuid::from_u128(7)).entry("relative_path", r".\a.vhdx");
        let mut middle = Builder::differencing(6 * MIB, locator())
            .block(0, Block::full(pattern::image(1, 0, MIB)))
            .block(1, Block::partial(pattern::image(1, MIB, MIB)).present(3..90))
            .block(2, Block::partial(pattern::image(1, 2 * MIB, MIB)))
            .block(3, Block::full(pattern::image(1, 3 * MIB, MIB)))
            .block(5, Block::full(pattern::image(1, 5 * MIB, MIB)))
            .build();
        for (entry, at, mask) in changes {
            let structure = if entry == 4 { Structure::Bitmap(0) } else { Structure::BatEntry(entry) };
            flip(&mut middle, structure, at, mask, Seal::Renew);
        }
        if let Some(length) = length {
            middle.image.set_len(length);
        }
        let mut leaf = Builder::differencing(6 * MIB, locator());
        for (block, state) in (0_u64..).zip(upper) {
            let data = pattern::image(2, block * MIB, MIB);
            leaf = match state {
                0 | 1 => leaf.block(block, Block::full(data)),
                2 => leaf.block(block, Block::partial(data).present(0..4)),
                3 => leaf.block(block, Block::zero()),
                _ => leaf,
            };
        }
        let images: Vec<Arc<Image>> = [leaf.build().image, middle.image, base.image]
            .iter()
            .map(|bytes| image(FileKind::Vhdx, bytes))
            .collect();
        let Ok(disk) = VirtualDisk::new(images.clone(), Bottom::Whole) else { return Ok(()) };
        let mut maps = LayerMaps::new(images).unwrap();
        let (mut at, mut data, mut failure) = (0, 0, None);
        for extent in disk.extents().unwrap() {
            match extent {
                Ok(extent) => {
                    at = extent.range.end().0;
                    data += if matches!(extent.state, ExtentState::Data(_)) { extent.range.len.0 } else { 0 };
                }
                Err(error) => failure = Some(error.to_string()),
            }
        }
        for detail in [Detail::Owner, Detail::All] {
            let (mut reached, mut found) = (0, 0);
            let walked = maps.walk(&[0, 1, 2], detail, &mut |stretch| {
                reached = stretch.range.end().0;
                found += if stretch.data_owner().is_some() { stretch.range.len.0 } else { 0 };
                Ok(())
            });
            prop_assert_eq!(walked.err().map(|error| error.to_string()), failure.clone());
            // What comes before a failure may still be held back, to be joined.
            prop_assert!(failure.is_some() || (reached, found) == (at, data));
        }
        let view = maps.view(&[0, 1, 2]);
        prop_assert_eq!(view.as_ref().err().map(ToString::to_string), failure);
        prop_assert!(view.is_err() || view.unwrap().data().0 == data);
    }
}

/// A chain of files of version 1, some blocks of each whole, some in part.
fn version_1(seed: u64) -> (Model, Vec<usize>) {
    let mut rng = Rng::new(seed);
    let mut model = Model::new(seed);
    let size = rng.between(1, 9 << 20).next_multiple_of(512);
    let mut chain = Vec::new();
    for layer in 0..usize::try_from(rng.between(2, 4)).unwrap() {
        let disk = Disk::new(size).blocks_of(1 << rng.between(19, 22));
        let number = if layer == 0 { model.base(disk) } else { model.child(layer - 1, disk) };
        for _ in 0..rng.below(6) {
            let start = rng.below(size / 512) * 512;
            model.mark(
                number,
                start..start + 512 * rng.between(1, 3000),
                Mark::Data(u32::try_from(layer).unwrap() + 1),
            );
        }
        chain.insert(0, number);
    }
    (model, chain)
}

/// The case of section 5.1 in numbers: two children in blocks of 2 MiB over a base in blocks of 32 MiB.
#[test]
fn blocks_of_different_sizes_are_told_apart_exactly() {
    let mut model = Model::new(3);
    let base = model.base(Disk::new(96 * MIB).blocks_of(32 << 20));
    let middle = model.child(base, Disk::new(96 * MIB).blocks_of(2 << 20));
    let leaf = model.child(middle, Disk::new(96 * MIB).blocks_of(2 << 20));
    model.write(base, 32 * MIB..64 * MIB, 1);
    model.write(middle, 30 * MIB..36 * MIB, 2);
    model.mark(middle, 40 * MIB..42 * MIB, Mark::Zero);
    model.write(leaf, 34 * MIB..34 * MIB + 8192, 3);
    let images = images(&model, Style::Plain);
    let mut maps = LayerMaps::new(images.clone()).unwrap();
    compare(&images, &[vec![leaf, middle, base]], &mut maps);
    let view = maps.view(&[leaf, middle, base]).unwrap();
    let data: Vec<u64> = view.layers.iter().map(|owned| owned.data.0).collect();
    assert_eq!(data, [8192, 6 * MIB - 8192, 32 * MIB - 4 * MIB - 2 * MIB]);
    let mut shadowed = [0; 3];
    maps.walk(&[leaf, middle, base], Detail::All, &mut |stretch| {
        stretch.shadowed().for_each(|layer| shadowed[layer] += stretch.range.len.0);
        Ok(())
    })
    .unwrap();
    assert_eq!(shadowed, [0, 8192, 6 * MIB]);
    let overlaps = maps.overlaps(&[vec![], vec![base], vec![middle, base]]).unwrap();
    let of = |above: usize| overlaps.below[above].iter().map(|(_, bytes)| bytes.0).collect::<Vec<_>>();
    assert_eq!((of(middle), of(leaf)), (vec![4 * MIB], vec![8192, 8192]));
}
