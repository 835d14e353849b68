//! The pass over the BAT against a plain reading of the same entries, one by one.
#![cfg(feature = "testkit")]

use std::sync::Arc;

use proptest::prelude::*;
use vhdxray::format::vhdx::bat::PayloadState;
use vhdxray::image::vhdx::{BatSurvey, OpenOptions, VhdxSurvey};
use vhdxray::source::{MemorySource, ReadAt};
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};
use vhdxray::units::ByteLen;

const MIB: u64 = 1 << 20;

/// Reads an image without unpacking it.
#[derive(Debug)]
struct Sparse(SparseImage);

impl ReadAt for Sparse {
    fn size(&self) -> ByteLen {
        ByteLen(self.0.len())
    }

    fn read_exact_at(
        &self,
        _structure: &'static str,
        offset: vhdxray::units::FileOffset,
        buf: &mut [u8],
    ) -> vhdxray::Result<()> {
        assert_eq!(self.0.read_into(offset.0, buf), buf.len());
        Ok(())
    }
}

#[cfg(test)]
fn survey(image: SparseImage) -> BatSurvey {
    let (survey, view) = VhdxSurvey::read(Arc::new(Sparse(image)), OpenOptions::default());
    survey.bat(&*view).unwrap().unwrap()
}

/// Entries as they come in files: runs, equal ones, and single odd ones.
fn entries() -> impl Strategy<Value = Vec<u64>> {
    let run = (4_u64..60, 1_u64..150).prop_map(|(start, len)| (0..len).map(|n| (start + n) << 20 | 6).collect());
    let equal = (prop::sample::select(vec![0_u64, 1, 2, 3, 4, 0x0050_0003, 0x0050_0006]), 1_usize..150)
        .prop_map(|(entry, len)| vec![entry; len]);
    let odd = (0_u64..60, 0_u64..8, prop::bool::weighted(0.1))
        .prop_map(|(mib, state, reserved)| vec![mib << 20 | state | u64::from(reserved) << 7]);
    prop::collection::vec(prop_oneof![run, equal, odd], 1..12).prop_map(|parts: Vec<Vec<u64>>| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn one_pass_equals_a_plain_loop(entries in entries(), file_mib in 4_u64..80) {
        let mut builder = Builder::dynamic(entries.len() as u64 * MIB);
        for (number, entry) in entries.iter().enumerate() {
            builder = builder.block(number as u64, Block::raw(*entry));
        }
        let found = survey(builder.file_length(file_mib * MIB).build().image);
        let mut taken = [false; 200];
        taken[..4].fill(true); // Header section, log, metadata and BAT are the first four megabytes.
        let (mut overlaps, mut on_structures, mut without_place, mut beyond, mut anchored) = (0, 0, 0, 0, 0);
        for entry in &entries {
            let (state, mib) = (entry & 7, (entry >> 20) as usize);
            match state {
                6 | 7 if mib == 0 => without_place += 1,
                6 | 7 if mib as u64 >= file_mib => beyond += 1,
                6 | 7 if mib < 4 => on_structures += 1,
                6 | 7 => overlaps += u64::from(std::mem::replace(&mut taken[mib], true)),
                0..=3 if mib != 0 => anchored += 1,
                _ => {}
            }
        }
        for (number, state) in PayloadState::ALL.into_iter().enumerate() {
            let expected = entries.iter().filter(|entry| **entry & 7 == number as u64).count();
            prop_assert_eq!(found.counts.get(state), expected as u64);
        }
        prop_assert_eq!(found.overlaps.count, overlaps);
        prop_assert_eq!(found.on_structures.count, on_structures);
        prop_assert_eq!(found.without_place.count, without_place);
        prop_assert_eq!(found.beyond_end.map_or(0, |all| all.count), beyond);
        prop_assert_eq!(found.beyond_end.map_or(0, |all| all.lost.0), beyond * MIB);
        prop_assert_eq!(found.anchored.iter().map(|all| all.count).sum::<u64>(), anchored);
        let reserved = entries.iter().filter(|entry| **entry >> 3 & 0x1_FFFF != 0).count();
        prop_assert_eq!(found.reserved_bits.count, reserved as u64);
        let free: u64 = found.used.free(None).map(|range| range.len.0).sum();
        let expected = taken[..usize::try_from(file_mib).unwrap()].iter().filter(|taken| !**taken).count() as u64;
        prop_assert_eq!(free, expected * MIB);
        for overlap in &found.overlaps.first {
            let other = overlap.other.unwrap();
            prop_assert_eq!(other.entry.file_offset(), overlap.entry.entry.file_offset());
            prop_assert!(other.at < overlap.entry.at);
        }
    }
}

#[test]
fn two_blocks_on_one_place_are_both_named() {
    let mut built = Builder::dynamic(300 * MIB).other_blocks(Block::full(SparseImage::new(0))).build();
    let twin = vhdxray::testkit::vhdx::bat::entry(6, built.layout.blocks[&7]);
    built.set_entry(290, twin);
    let found = survey(built.image);
    assert_eq!(found.overlaps.count, 1);
    let overlap = found.overlaps.first[0];
    assert_eq!(overlap.entry.at.0, built.layout.bat.start + 8 * 290);
    assert_eq!(overlap.other.unwrap().at.0, built.layout.bat.start + 8 * 7);
}

#[test]
fn the_largest_file_claims_little_memory() {
    let locator = Locator::new();
    let image = Builder::differencing(64 * MIB, locator).file_length(1 << 62).build().image;
    let free: u64 = survey(image).used.free(None).map(|range| range.len.0).sum();
    assert_eq!(free, vhdxray::limits::MAX_FILE.0 - 4 * MIB);
}

#[test]
fn an_image_too_short_for_its_bat_is_an_error() {
    let image = Builder::dynamic(64 * MIB).file_length(3 * MIB + 100).build().image;
    let source = Arc::new(MemorySource::new(image.to_vec()));
    let (survey, view) = VhdxSurvey::read(source, OpenOptions::default());
    assert!(survey.bat(&*view).unwrap().is_err());
}
