//! Chains of many blocks, all of one size and most of them one thing in every file: what the arithmetic takes 64 at a
//! time.

use super::kit::{Chain, check, cost_of};
use super::random::cases;
use proptest::prelude::*;
use vhdxray::analysis::merge::Method;
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::merge::{self, File};
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};

const MIB: u64 = 1 << 20;

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(8), ..ProptestConfig::default() })]

    #[test]
    fn a_chain_of_whole_blocks_costs_what_its_merge_takes(seed in any::<u64>(), cut in 0_usize..5) {
        let chain = chain(seed);
        check(&chain, 1 + cut % (chain.images.len() - 1))?;
        let cost = cost_of(&chain, 1, Method::Export(None));
        let files: Vec<File> = chain.images.iter().map(|image| File::open(image.clone()).unwrap()).collect();
        let made = merge::export(&files, 1 << 20, 512);
        prop_assert_eq!(cost.steps[0].read.payload.get(), made.read_payload);
        prop_assert_eq!(cost.steps[0].blocks.allocated, made.blocks);
    }
}

/// Two to five files, the leaf first. One in three is calm: most of its blocks are its parent's.
fn chain(seed: u64) -> Chain {
    let mut rng = Rng::new(seed);
    let blocks = rng.between(60, 140);
    let layers = rng.between(2, 5);
    let mut size = blocks * MIB - rng.below(3) * 512;
    let mut images: Vec<SparseImage> = vec![];
    let mut parent = None;
    for number in 0..layers {
        let is_fixed = number == 0 && rng.chance(1, 5);
        if number > 0 && rng.chance(1, 8) {
            size = size - rng.below(9 * MIB).next_multiple_of(512) + 5 * MIB;
        }
        let mut builder = match parent {
            None if is_fixed => Builder::fixed(size),
            None => Builder::dynamic(size),
            Some(linkage) => Builder::differencing(size, Locator::windows(linkage, r".\a.vhdx", r"C:\a.vhdx")),
        };
        builder = builder.seed(number + 1).gap(rng.below(3) * MIB);
        let is_calm = rng.chance(1, 3);
        // In a fixed disk all blocks are there anyway.
        for block in 0..if is_fixed { 0 } else { size.div_ceil(MIB) } {
            if !is_calm || rng.chance(1, 40) {
                builder = builder.block(block, any_block(&mut rng, parent.is_some()));
            }
        }
        let built = builder.build();
        parent = Some(built.layout.data_write_guid);
        images.insert(0, built.image);
    }
    Chain { images, model: None }
}

fn any_block(rng: &mut Rng, has_parent: bool) -> Block {
    let mut data = SparseImage::new(MIB);
    data.write(rng.below(2000) * 512, &rng.next().to_le_bytes());
    match rng.below(40) {
        0..12 => Block::not_present(),
        12..23 => Block::full(data),
        23..27 => Block::zero(),
        27..30 => Block::unmapped(),
        30..33 => Block::undefined(),
        33..36 => Block::unmapped().anchored(data),
        36..38 => Block::undefined().anchored(data),
        _ if has_parent => Block::partial(data).present(rng.below(1000)..rng.between(1000, 2048)),
        _ => Block::full(data),
    }
}
