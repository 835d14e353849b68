//! Chains that the testkit makes, and cases by name.

use super::kit::{self, Chain, check, cost_of};
use proptest::prelude::*;
use vhdxray::analysis::merge::Method;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};
use vhdxray::testkit::{Disk, Mark, Model, Style, forest, pattern};

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

/// As many as are asked for, or what a run of all tests has time for.
fn cases(usual: u32) -> u32 {
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
    let sum_of_files: u64 = chain.images.iter().map(|image| image.len()).sum();
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
    check(&chain, 1).unwrap();
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
