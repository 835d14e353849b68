//! Chains that the testkit makes, and cases by name.

use super::kit::{self, Chain, check, check_methods, cost_of};
use proptest::prelude::*;
use vhdxray::analysis::merge::{ByteRange, Method, Place};
use vhdxray::testkit::merge::{self, File};
use vhdxray::testkit::vhd;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};
use vhdxray::testkit::{Disk, Mark, Model, SparseImage, Style, forest, pattern};
use vhdxray::units::ByteLen;

const MIB: u64 = 1 << 20;

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(64), ..ProptestConfig::default() })]

    #[test]
    fn a_random_chain_costs_what_its_merge_takes(seed in any::<u64>(), quirky in any::<bool>(), cut in 0_usize..6) {
        let model = forest::chain(seed);
        let style = if quirky { Style::Quirky(seed) } else { Style::Plain };
        let leaf = model.layers().len() - 1;
        let chain = Chain::of_vhdx(&model, leaf, style);
        check(&chain, 1 + cut % (chain.images.len() - 1))?;
    }

    #[test]
    fn a_random_chain_of_vhd_costs_what_its_merge_takes(seed in any::<u64>(), cut in 0_usize..6) {
        let model = kit::vhd_model(seed);
        let chain = Chain::of_vhd(&model, model.layers().len() - 1);
        check(&chain, 1 + cut % (chain.images.len() - 1))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(24), ..ProptestConfig::default() })]

    /// Forks, several trees, blocks of up to 256 MiB, disks of more than one chunk.
    #[test]
    fn a_random_forest_costs_what_its_merges_take(seed in any::<u64>(), quirky in any::<bool>(), cut in 0_usize..6) {
        let model = forest::random(seed);
        let style = if quirky { Style::Quirky(seed) } else { Style::Plain };
        for leaf in 0..model.layers().len() {
            let chain = Chain::of_vhdx(&model, leaf, style);
            if chain.images.len() > 1 {
                check(&chain, 1 + cut % (chain.images.len() - 1))?;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(32), ..ProptestConfig::default() })]

    #[test]
    fn an_export_takes_what_was_said(seed in any::<u64>(), quirky in any::<bool>(), log2 in 20_u32..26) {
        let model = forest::chain(seed);
        let style = if quirky { Style::Quirky(seed) } else { Style::Plain };
        let leaf = model.layers().len() - 1;
        let chain = Chain::of_vhdx(&model, leaf, style);
        let disk = model.layers()[leaf].disk;
        for block_size in [None, Some(ByteLen(1 << log2))] {
            let cost = cost_of(&chain, 1, Method::Export(block_size));
            let (step, block) = (&cost.steps[0], block_size.map_or(disk.block_size, |_| 1 << log2));
            let files: Vec<File> = chain.images.iter().map(|image| File::open(image.clone()).unwrap()).collect();
            let made = merge::export(&files, block, disk.logical_sector_size);
            prop_assert_eq!(step.read.payload.get(), made.read_payload);
            prop_assert_eq!(step.blocks.allocated, made.blocks);
            prop_assert_eq!(step.size_after, ByteRange::exactly(ByteLen(made.image.len())));
            kit::equal_content(&chain, &made.image)?;
        }
    }
}

/// As many as are asked for, or what a run of all tests has time for.
pub(crate) fn cases(usual: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual)
}

/// One sector in each block of 32 MiB of a base, written to a child with blocks of 2 MiB: the base grows sixteen times
/// as much as the child takes.
#[test]
fn amplification_of_small_blocks_in_a_base_with_large_ones() {
    let (child_block, base_block, blocks) = (2 * MIB, 32 * MIB, 8);
    let mut model = Model::new(16);
    let disk = Disk::new(blocks * base_block);
    let base = model.base(disk.blocks_of(32 << 20));
    let child = model.child(base, disk.blocks_of(2 << 20));
    for block in 0..blocks {
        model.write(child, block * base_block..block * base_block + child_block, 1);
    }
    let chain = Chain::of_vhdx(&model, child, Style::Plain);
    let cost = cost_of(&chain, 1, Method::SinglePass);
    let payload_of_child = blocks * child_block;
    assert_eq!(cost.read().payload.get(), payload_of_child);
    assert_eq!((cost.growth().least.get(), cost.growth().most.get()), (16 * payload_of_child, 16 * payload_of_child));
    // The rule of thumb, "as much free space as all files together", would have been far too low.
    let sum_of_files: u64 = chain.images.iter().map(SparseImage::len).sum();
    assert_eq!(sum_of_files, (4 + 16 + 4) * MIB, "structures, content of the child, structures");
    assert_eq!(cost.growth().least.get(), 256 * MIB);
    check(&chain, 1).unwrap();
}

/// The same number of bytes in a base that has room inside: nothing has to grow.
#[test]
fn space_inside_the_base_is_the_lower_end_of_the_range() {
    let base = Builder::dynamic(8 * MIB)
        .seed(1)
        .gap(2 * MIB)
        .block(0, Block::full(pattern::image(1, 0, MIB)))
        .block(5, Block::full(pattern::image(1, 5 * MIB, MIB)))
        .build();
    let locator = Locator::windows(base.layout.data_write_guid, r".\a.vhdx", r"C:\a.vhdx");
    let child = Builder::differencing(8 * MIB, locator)
        .seed(2)
        .block(1, Block::full(pattern::image(2, MIB, MIB)))
        .block(5, Block::zero())
        .block(6, Block::full(pattern::image(2, 6 * MIB, MIB)))
        .build();
    let chain = Chain { images: vec![child.image, base.image], model: None };
    let cost = cost_of(&chain, 1, Method::SinglePass);
    assert_eq!((cost.growth().least.get(), cost.growth().most.get()), (0, 2 * MIB));
    let blocks = cost.steps[0].blocks;
    assert_eq!((blocks.allocated, blocks.settled, blocks.freed), (2, 1, 1));
    check(&chain, 1).unwrap();
}

/// A child that is larger than its parent by so much that the parent's BAT has to move.
#[test]
fn a_bat_without_room_moves() {
    let small = 4 * MIB;
    // 131,072 entries fill the one megabyte of the parent's BAT; one block more needs another.
    let large = (131_072 + 64) * MIB;
    let mut model = Model::new(5);
    let base = model.base(Disk::new(small));
    let child = model.child(base, Disk::new(large));
    model.write(base, 0..small, 1);
    model.write(child, MIB..2 * MIB, 2);
    model.write(child, large - MIB..large, 2);
    let chain = Chain::of_vhdx(&model, child, Style::Plain);
    let cost = cost_of(&chain, 1, Method::SinglePass);
    let step = &cost.steps[0];
    assert_eq!(step.blocks.moved_bat.get(), 2 * MIB);
    // The new BAT and one block behind the file; a writer that uses space again puts the block where the BAT was.
    assert_eq!((cost.growth().least.get(), cost.growth().most.get()), (2 * MIB, 3 * MIB));
    check_methods(&chain, 1, &[Method::SinglePass]).unwrap();
}

/// The topmost state wins: data below a trimmed block is neither read nor written, and the block's space is given up.
#[test]
fn zeros_settle_blocks() {
    let mut model = Model::new(3);
    let base = model.base(Disk::new(8 * MIB));
    model.write(base, 0..8 * MIB, 1);
    let middle = model.child(base, Disk::new(8 * MIB));
    model.write(middle, 0..4 * MIB, 2);
    let top = model.child(middle, Disk::new(8 * MIB));
    model.mark(top, 0..2 * MIB, Mark::Unmapped);
    model.mark(top, 2 * MIB..3 * MIB, Mark::Zero);
    let chain = Chain::of_vhdx(&model, top, Style::Plain);
    let single = cost_of(&chain, 2, Method::SinglePass);
    assert_eq!((single.read().payload.get(), single.steps[0].blocks.settled), (MIB, 3));
    assert_eq!((single.growth().least.get(), single.growth().most.get()), (0, 0));
    let pairwise = cost_of(&chain, 2, Method::PairwiseBottomUp);
    assert_eq!(pairwise.read().payload.get(), 4 * MIB, "what is trimmed later is moved all the same");
    check(&chain, 2).unwrap();
}

/// Layers of other sizes of sectors do not belong together at all.
#[test]
fn other_sectors_are_refused() {
    let mut model = Model::new(3);
    let base = model.base(Disk::new(8 * MIB));
    let child = model.child(base, Disk { logical_sector_size: 4096, ..Disk::new(8 * MIB) });
    let chain = Chain::of_vhdx(&model, child, Style::Plain);
    assert!(chain.disk(0).unwrap_err().to_string().contains("logical sectors"));
}

/// Files on the way grow too, and what is deleted on another volume is no help where space is short.
#[test]
fn peaks_are_told_by_volume() {
    let mut model = Model::new(9);
    let base = model.base(Disk::new(8 * MIB));
    let middle = model.child(base, Disk::new(8 * MIB));
    model.write(middle, 0..MIB, 1);
    let top = model.child(middle, Disk::new(8 * MIB));
    model.write(top, 2 * MIB..5 * MIB, 2);
    let chain = Chain::of_vhdx(&model, top, Style::Plain);
    let sizes: Vec<u64> = chain.images.iter().map(SparseImage::len).collect();
    assert_eq!(sizes, [7 * MIB, 5 * MIB, 4 * MIB], "structures of 4 MiB and blocks");
    // The leaf lies on a volume of its own.
    let volume = |place: Place| if place == Place::Layer(0) { "fast" } else { "slow" };
    let top_down = cost_of(&chain, 2, Method::PairwiseTopDown);
    let slow = top_down.balance(volume)["slow"];
    // The middle grows by three blocks and goes when the base has grown by four.
    assert_eq!(slow.peak, ByteRange::exactly(ByteLen(7 * MIB)));
    assert_eq!((slow.used, slow.freed), (ByteRange::exactly(ByteLen(7 * MIB)), ByteRange::exactly(ByteLen(8 * MIB))));
    let fast = top_down.balance(volume)["fast"];
    assert_eq!((fast.peak, fast.freed), (ByteRange::default(), ByteRange::exactly(ByteLen(7 * MIB))));
    let single = cost_of(&chain, 2, Method::SinglePass);
    assert_eq!(single.peak(volume)["slow"], ByteRange::exactly(ByteLen(4 * MIB)));
    assert_eq!(single.final_size(), Some(ByteRange::exactly(ByteLen(8 * MIB))));
    // Bottom up, the middle may be gone before the leaf's blocks come, or be left.
    let bottom_up = cost_of(&chain, 2, Method::PairwiseBottomUp);
    assert_eq!(bottom_up.peak(volume)["slow"], ByteRange { least: ByteLen(MIB), most: ByteLen(4 * MIB) });
    assert_eq!(cost_of(&chain, 2, Method::DeleteCheckpoint).steps, single.steps);
    let nothing = cost_of(&chain, 2, Method::Leave);
    assert_eq!((nothing.survivor(), nothing.final_size(), nothing.read().total()), (Place::Layer(0), None, ByteLen(0)));
}

/// A hole between the blocks of a VHD is used by the one writer and not by the other; the footer moves with the end.
#[test]
fn a_hole_in_a_vhd() {
    let size = 8 * MIB;
    let block = || vhd::Block::new(pattern::image(1, 0, 4096)).present(0..4096);
    let base = vhd::Builder::dynamic(size).seed(1).block(0, block()).block(1, block()).block(2, block());
    let id = base.build().layout.footer_fields.unique_id;
    let base = base.raw_entry(1, vhd::UNUSED).build();
    let child = vhd::Builder::differencing(size, id, 0, "base.vhd")
        .block(3, vhd::Block::new(pattern::image(2, 6 * MIB, 512)).present(0..1))
        .build();
    let chain = Chain { images: vec![child.image, base.image], model: None };
    let cost = cost_of(&chain, 1, Method::SinglePass);
    assert_eq!((cost.growth().least.get(), cost.growth().most.get()), (0, 2 * MIB + 512));
    let write = cost.write();
    assert_eq!(
        (write.payload.get(), write.fill.get(), write.bitmaps.get(), write.bat.get()),
        (512, 2 * MIB - 512, 512, 4)
    );
    check(&chain, 1).unwrap();
}

/// A fixed disk keeps its length, whatever comes into it.
#[test]
fn a_fixed_base_does_not_grow() {
    let base = Builder::fixed(8 * MIB).seed(1).build();
    let locator = Locator::windows(base.layout.data_write_guid, r".\a.vhdx", r"C:\a.vhdx");
    let child = Builder::differencing(8 * MIB, locator)
        .seed(2)
        .block(1, Block::full(pattern::image(2, MIB, MIB)))
        .block(2, Block::zero())
        .block(3, Block::partial(pattern::image(2, 3 * MIB, MIB)).present(5..9))
        .build();
    let chain = Chain { images: vec![child.image, base.image], model: None };
    let cost = cost_of(&chain, 1, Method::SinglePass);
    assert_eq!(cost.growth(), ByteRange::default());
    // The zeros are written out: a fixed disk gives up no block.
    assert_eq!((cost.write().payload.get(), cost.write().zeros.get()), (MIB + 2048, MIB));
    check(&chain, 1).unwrap();
}

/// A block that was trimmed and kept its place is filled again where it is, or gets a new place behind everything.
#[test]
fn a_place_that_was_kept_is_used_again() {
    let base = Builder::dynamic(8 * MIB)
        .seed(1)
        .block(0, Block::unmapped().anchored(pattern::image(9, 0, MIB)))
        .block(1, Block::unmapped())
        .build();
    let locator = Locator::windows(base.layout.data_write_guid, r".\a.vhdx", r"C:\a.vhdx");
    let child = Builder::differencing(8 * MIB, locator)
        .seed(2)
        .block(0, Block::partial(pattern::image(2, 0, MIB)).present(5..9))
        .block(1, Block::partial(pattern::image(2, MIB, MIB)).present(5..9))
        .build();
    let chain = Chain { images: vec![child.image, base.image], model: None };
    let cost = cost_of(&chain, 1, Method::SinglePass);
    assert_eq!((cost.steps[0].blocks.anchored, cost.steps[0].blocks.allocated), (1, 1));
    assert_eq!((cost.growth().least.get(), cost.growth().most.get()), (MIB, 2 * MIB));
    check(&chain, 1).unwrap();
}
