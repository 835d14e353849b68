//! The survey of a BAT against a plain walk over its entries (MS-VHDX 2.5).

use std::collections::BTreeSet;

use crate::image::Image;
use crate::image::vhdx::{BatSurvey, BitmapSurvey, Geometry, VhdxSurvey};
use crate::source::ReadAt;
use crate::testkit::vhdx::{BatShape, MIB};
use crate::testkit::{low32, size};

/// The most megabytes that are noted one by one; more only take time.
const MOST_MIB: u64 = 1 << 17;

pub(super) fn examine(image: &Image, survey: &VhdxSurvey) {
    let Some(geometry) = survey.geometry().filter(|geometry| geometry.payload_blocks <= 1 << 13) else { return };
    let view = &**image.view();
    let Some(Ok(found)) = survey.bat(view) else {
        assert!(!survey.blockers.is_empty(), "the BAT of a sound file cannot be looked through");
        return;
    };
    assert_eq!(image.count_blocks().and_then(Result::ok), Some(found.counts), "two passes count differently");
    let Some(plain) = Plain::walk(view, geometry, survey) else { return };
    let collisions = found.overlaps.count + found.on_structures.count;
    assert_eq!(collisions, plain.collisions, "{:?} {:?}", found.overlaps, found.on_structures);
    assert_eq!(found.reserved_bits.count, plain.reserved_bits);
    assert_eq!(found.beyond_end.map_or(0, |beyond| beyond.lost.0), plain.lost);
    assert_eq!(found.bitmaps.len() as u64, plain.bitmaps);
    assert!(found.overlaps.first.iter().all(|collision| collision.other.is_some_and(|other| other != collision.entry)));
    samples_are_bounded(&found);
    let free: u64 = found.used.free(None).map(|range| range.len.0).sum();
    assert!(free <= view.size().0, "more is free than there is");
    let bitmaps = BitmapSurvey::read(view, geometry, &found);
    assert!(bitmaps.is_ok(), "bitmaps inside the file cannot be read: {:?}", bitmaps.err());
}

fn samples_are_bounded(found: &BatSurvey) {
    for (count, kept) in [
        (found.reserved_bits.count, found.reserved_bits.first.len()),
        (found.partial.count, found.partial.first.len()),
        (found.overlaps.count, found.overlaps.first.len()),
        (found.on_structures.count, found.on_structures.first.len()),
    ] {
        assert_eq!(kept as u64, count.min(crate::limits::MAX_SAMPLES as u64));
    }
}

/// What a walk over single entries counts.
#[derive(Debug, Default)]
struct Plain {
    taken: BTreeSet<u64>,
    collisions: u64,
    reserved_bits: u64,
    lost: u64,
    bitmaps: u64,
}

impl Plain {
    fn walk(view: &dyn ReadAt, geometry: &Geometry, survey: &VhdxSurvey) -> Option<Self> {
        let (block_size, file) = (geometry.block_size.0, view.size().0);
        let mut plain = Self::default();
        for structure in survey.structures() {
            let (start, end) = (structure.start.get(), structure.end().get().min(file));
            if end.saturating_sub(start) > MOST_MIB * MIB / 16 {
                return None;
            }
            plain.take(start, end);
        }
        plain.collisions = 0;
        let sector = low32(geometry.logical_sector_size.0);
        let shape = BatShape::new(geometry.virtual_size.0, low32(block_size), sector, geometry.has_parent);
        let mut bytes = vec![0; size(shape.entries * 8)];
        view.read_exact_at("fuzz", geometry.bat.start, &mut bytes).ok()?;
        for (index, entry) in (0..).zip(bytes.as_chunks::<8>().0) {
            let entry = u64::from_le_bytes(*entry);
            let (state, start, reserved) = (entry & 7, entry >> 20 << 20, entry & 0xF_FFF8 != 0);
            match shape.block_at(index) {
                Some(block) if block < shape.blocks => {
                    plain.reserved_bits += u64::from(reserved);
                    if state >= 6 && start >= MIB {
                        let end = start.saturating_add(block_size);
                        let on_disk = (geometry.virtual_size.0 - block * block_size).min(block_size);
                        plain.lost += on_disk - on_disk.min(file.saturating_sub(start));
                        plain.take(start, end.min(file));
                    }
                }
                None if geometry.has_parent => {
                    plain.reserved_bits += u64::from(reserved);
                    let end = start.saturating_add(MIB);
                    if state == 6 && start >= MIB && end <= file {
                        plain.bitmaps += 1;
                        plain.take(start, end);
                    }
                }
                _ => {}
            }
            if plain.taken.len() as u64 > MOST_MIB {
                return None;
            }
        }
        Some(plain)
    }

    /// Notes each megabyte that a range touches, and a collision if one was noted before.
    fn take(&mut self, start: u64, end: u64) {
        if start >= end {
            return;
        }
        let mut collides = false;
        for unit in start / MIB..end.div_ceil(MIB) {
            collides |= !self.taken.insert(unit);
        }
        self.collisions += u64::from(collides);
    }
}
