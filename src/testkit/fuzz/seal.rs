//! Makes the checksums of a changed file right again, so that changes reach what lies behind them.

use std::ops::Range;

use crate::testkit::record::{Checksum, Record};
use crate::testkit::vhdx::region::REGION_TABLE_SIZE;
use crate::testkit::vhdx::{HEADER_OFFSETS, HEADER_SIZE, REGION_TABLE_OFFSETS};
use crate::testkit::{SparseImage, size};

use super::bytes::le32;

const SECTOR: u64 = 4096;

/// Headers and region tables of a VHDX file.
pub(super) fn vhdx_tables(image: &mut SparseImage) {
    let headers = HEADER_OFFSETS.map(|at| at..at + HEADER_SIZE);
    let tables = REGION_TABLE_OFFSETS.map(|at| at..at + REGION_TABLE_SIZE);
    for range in headers.into_iter().chain(tables) {
        let mut record = Record::new(size(range.end - range.start));
        record.put(0, &image.read(range.start, range.end - range.start)).seal(4, Checksum::Right);
        image.write(range.start + 4, record.bytes().get(4..8).unwrap_or_default());
    }
}

/// Every log entry that starts with its signature and is no longer than the ring.
pub(super) fn log_entries(image: &mut SparseImage, ring: &Range<u64>) {
    let len = ring.end - ring.start;
    let starts: Vec<u64> = image
        .extents()
        .filter(|extent| extent.start < ring.end && extent.end > ring.start)
        .flat_map(|extent| extent.start.max(ring.start) / SECTOR..extent.end.min(ring.end).div_ceil(SECTOR))
        .map(|sector| sector * SECTOR - ring.start)
        .collect();
    for start in starts {
        let head = image.read(ring.start + start, 12);
        let entry_len = u64::from(le32(&head, 8));
        if head.starts_with(b"loge") && entry_len >= 64 && entry_len <= len {
            let before_end = entry_len.min(len - start);
            let mut record = Record::new(size(entry_len));
            record.put(0, &image.read(ring.start + start, before_end));
            record.put(size(before_end), &image.read(ring.start, entry_len - before_end));
            record.seal(4, Checksum::Right);
            image.write(ring.start + start + 4, record.bytes().get(4..8).unwrap_or_default());
        }
    }
}

/// A footer or a dynamic disk header of a VHD file: the ones' complement of the sum of its bytes.
pub(super) fn vhd_structure(image: &mut SparseImage, range: &Range<u64>, checksum_at: u64) {
    image.write(range.start + checksum_at, &[0; 4]);
    let sum = image
        .read(range.start, range.end - range.start)
        .iter()
        .fold(0_u32, |sum, byte| sum.wrapping_add((*byte).into()));
    image.write(range.start + checksum_at, &(!sum).to_be_bytes());
}
