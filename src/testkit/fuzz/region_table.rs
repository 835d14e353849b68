//! Both region tables behind a sound header (MS-VHDX 2.2.3).

use std::sync::Arc;

use crate::format::vhdx::region_table::RegionTable;
use crate::image::vhdx::{CopyState, Depth, OpenOptions, Surveyed, VhdxSurvey};
use crate::testkit::SparseImage;
use crate::testkit::record::{Checksum, Record};
use crate::testkit::vhdx::region::REGION_TABLE_SIZE;
use crate::testkit::vhdx::{self, HEADER_OFFSETS, Header, REGION_TABLE_OFFSETS, RegionEntry};
use crate::units::FileOffset;

use super::bytes::{crc_without, guid, le32, le64};
use super::held::Held;
use super::input::{Input, piece, without_zeros};

const MOST_ENTRIES: u32 = 2047;

/// Flags (bit 0 and 1: seal that copy), a length with the first copy, the second copy.
pub fn region_table(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let (first, second) = (input.piece(), input.rest());
    if let Ok(table) = RegionTable::parse("region table 1", FileOffset(0), second) {
        assert!(second.len() as u64 >= REGION_TABLE_SIZE && table.entries.len() <= second.len() / 32);
    } else {
        assert!((second.len() as u64) < REGION_TABLE_SIZE);
    }
    let copies = [(first, flags & 1), (second, flags & 2)].map(|(bytes, seal)| {
        let size = crate::testkit::size(REGION_TABLE_SIZE);
        let mut record = Record::new(size);
        record.put(0, bytes.get(..size).unwrap_or(bytes));
        if seal != 0 {
            record.seal(4, Checksum::Right);
        }
        record.into_bytes()
    });
    let mut image = SparseImage::new(1 << 20);
    image.write(0, &vhdx::header::identifier(&[]));
    image.write(HEADER_OFFSETS[0], &Header::new(1 << 20, 1 << 20).to_bytes());
    for (offset, copy) in REGION_TABLE_OFFSETS.into_iter().zip(&copies) {
        image.write(offset, copy);
    }
    let source = Arc::new(Held(Arc::new(image)));
    let options = OpenOptions { depth: Depth::Full, ..OpenOptions::default() };
    let (survey, _) = VhdxSurvey::read(source, options);
    assert_eq!(survey.region_tables.len(), 2);
    for ((found, bytes), offset) in survey.region_tables.iter().zip(&copies).zip(REGION_TABLE_OFFSETS) {
        same_fields(found, bytes, offset);
    }
    let valid = |bytes: &[u8]| state(bytes) == CopyState::Valid;
    let expected = match copies.each_ref().map(|copy| valid(copy)) {
        [true, _] => Some(0),
        [false, true] => Some(1),
        [false, false] => None,
    };
    assert_eq!(survey.current_region_table.as_ref().ok().copied(), expected);
    assert_eq!(survey.region_table().is_some(), expected.is_some());
    assert!(!survey.blockers.is_empty() || survey.geometry().is_some(), "no sizes, and nothing said why");
}

fn same_fields(found: &Surveyed<RegionTable>, bytes: &[u8], offset: u64) {
    let Some(table) = found.content() else { unreachable!("a table of 64 KiB was not read") };
    assert_eq!((table.entry_count, table.checksum), (le32(bytes, 8), le32(bytes, 4)));
    assert_eq!(table.computed_checksum, crc_without(bytes, 4));
    assert_eq!(found.state, state(bytes));
    assert_eq!(table.entries.len() as u64, u64::from(table.entry_count.min(MOST_ENTRIES)));
    for (number, entry) in table.entries.iter().enumerate() {
        let at = 16 + 32 * number;
        assert_eq!(entry.at.get(), offset + at as u64);
        assert_eq!((entry.guid, entry.file_offset.get()), (guid(bytes, at), le64(bytes, at + 16)));
        assert_eq!((entry.length, entry.flags), (le32(bytes, at + 24), le32(bytes, at + 28)));
        assert!(entry.range().end() >= entry.range().start);
        assert!(table.find(entry.guid).is_some_and(|first| first.at <= entry.at));
    }
}

fn state(bytes: &[u8]) -> CopyState {
    if !bytes.starts_with(b"regi") {
        CopyState::BadSignature
    } else if le32(bytes, 4) != crc_without(bytes, 4) {
        CopyState::BadChecksum
    } else if le32(bytes, 8) > MOST_ENTRIES {
        CopyState::BadCount
    } else {
        CopyState::Valid
    }
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let table = vhdx::Builder::dynamic(8 << 20).build().layout.region_table;
    let seed = |flags: u8, first: &vhdx::RegionTable, second: &vhdx::RegionTable| {
        let [first, second] = [first, second].map(vhdx::RegionTable::to_bytes);
        [&[flags][..], &piece(without_zeros(&first)), without_zeros(&second)].concat()
    };
    let mut seeds = vec![("both", seed(0, &table, &table)), ("both-sealed", seed(3, &table, &table))];
    let mut other = table.clone();
    other.entries.push(RegionEntry { guid: uuid::Uuid::max(), file_offset: u64::MAX, length: u32::MAX, flags: 1 });
    other.entries.reverse();
    seeds.push(("unknown-and-required", seed(3, &other, &table)));
    other.entry_count = Some(u32::MAX);
    seeds.push(("impossible-count", seed(3, &other, &table)));
    other.entry_count = Some(MOST_ENTRIES);
    other.signature = *b"iger";
    seeds.push(("second-only", seed(3, &other, &table)));
    seeds
}
