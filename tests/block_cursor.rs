//! Entries of a block map, one by one, as words of 64, and as stretches in which the table is zeros.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/made.rs"]
mod made;

use std::sync::Arc;

use proptest::prelude::*;
use vhdxray::format::vhdx::bat::PayloadState;
use vhdxray::image::{BlockCursor, BlockWord, FileKind, Image, OpenOptions};
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};
use vhdxray::units::BlockIndex;

use made::Made;

const MIB: u64 = 1 << 20;

/// A disk of several chunks, hardly any of whose blocks have an entry that is not zero.
fn quiet(seed: u64) -> (BlockCursor, u64) {
    let mut rng = Rng::new(seed);
    let blocks = rng.between(1, 20_000);
    let size = blocks * MIB - rng.below(2000) * 512;
    let builder = if rng.chance(1, 2) {
        Builder::dynamic(size)
    } else {
        Builder::differencing(size, Locator::windows(uuid::Uuid::from_u128(1), r".\a.vhdx", r"C:\a.vhdx"))
    };
    let builder = (0..rng.below(5)).fold(builder.seed(seed), |builder, _| {
        let block = match rng.below(4) {
            0 => Block::zero(),
            1 => Block::unmapped(),
            2 => Block::partial(SparseImage::new(MIB)).present(3..9),
            _ => Block::full(SparseImage::new(MIB)),
        };
        builder.block(rng.below(blocks), block)
    });
    let source = Arc::new(Made(builder.build().image));
    let image = Image::open(source, FileKind::Vhdx, OpenOptions::default()).unwrap();
    (BlockCursor::new(&image).unwrap().unwrap(), blocks)
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn words_and_untouched_stretches_say_what_the_entries_say(seed in any::<u64>()) {
        let (mut cursor, blocks) = quiet(seed);
        let mut states = vec![];
        for block in 0..blocks {
            states.push(cursor.block(BlockIndex(block)).unwrap());
        }
        let is_bare = states.iter().map(|entry| entry.state == PayloadState::NotPresent && entry.place.is_none());
        let is_bare: Vec<bool> = is_bare.collect();
        for first in (0..blocks + 70).step_by(64) {
            let found = cursor.untouched(BlockIndex(first)).unwrap();
            prop_assert!(first + found <= blocks.max(first), "{first}: {found} of {blocks}");
            prop_assert!(is_bare.iter().skip(place(first)).take(place(found)).all(|bare| *bare), "{first}: {found}");
            if first < blocks && is_bare.iter().all(|bare| *bare) {
                prop_assert_ne!(found, 0, "all entries are zero, and {} is not said to be", first);
            }
            let word = cursor.word(BlockIndex(first), 64).unwrap();
            for bit in 0..64 {
                let at = |plane: u64| plane >> bit & 1 == 1;
                let said = (at(word.zero), at(word.unmapped), at(word.undefined), at(word.full) || at(word.unclear));
                let state = states.get(place(first + bit)).map_or(PayloadState::NotPresent, |entry| entry.state);
                let expected = match state {
                    PayloadState::Zero => (true, false, false, false),
                    PayloadState::Unmapped => (false, true, false, false),
                    PayloadState::Undefined => (false, false, true, false),
                    state => (false, false, false, state.is_present()),
                };
                prop_assert_eq!(said, expected, "block {}", first + bit);
            }
        }
    }

    #[test]
    fn the_upper_word_wins(upper in prop::array::uniform5(any::<u64>()), lower in prop::array::uniform5(any::<u64>())) {
        // Each block in one plane at most.
        let word = |planes: [u64; 5]| {
            let [full, unclear, zero, unmapped, undefined] = planes;
            let unclear = unclear & !full;
            let zero = zero & !(full | unclear);
            let unmapped = unmapped & !(full | unclear | zero);
            BlockWord { full, unclear, zero, unmapped, undefined: undefined & !(full | unclear | zero | unmapped) }
        };
        let planes = |word: BlockWord| [word.full, word.unclear, word.zero, word.unmapped, word.undefined];
        let (upper, lower) = (word(upper), word(lower));
        let over = planes(upper.over(lower));
        for bit in 0..64 {
            let of = |planes: [u64; 5]| planes.map(|plane| plane >> bit & 1);
            let expected = if of(planes(upper)) == [0; 5] { of(planes(lower)) } else { of(planes(upper)) };
            prop_assert_eq!(of(over), expected);
        }
        prop_assert_eq!(planes(upper.only(7)), planes(upper).map(|plane| plane & 7));
    }
}
