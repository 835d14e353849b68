//! Both headers in front of nothing, and the rule which of them counts (MS-VHDX 2.2.2).

use std::sync::Arc;

use crate::error::ErrorKind;
use crate::format::vhdx::header::Header;
use crate::image::vhdx::{CopyState, LogState, OpenOptions, Surveyed, VhdxSurvey};
use crate::testkit::SparseImage;
use crate::testkit::record::{Checksum, Record};
use crate::testkit::vhdx::{self, HEADER_OFFSETS};
use crate::units::FileOffset;

use super::bytes::{crc_without, guid, le16, le32, le64};
use super::held::Held;
use super::input::{Input, piece, without_zeros};

const SIZE: usize = 4096;

/// Flags (bit 0 and 1: seal that copy), a length with the first copy, the second copy.
pub fn header(data: &[u8]) {
    let mut input = Input::new(data);
    let flags = input.byte();
    let (first, second) = (input.piece(), input.rest());
    parse_alone(second);
    let mut image = SparseImage::new(320 << 10);
    image.write(0, &vhdx::header::identifier(&[]));
    let copies = [(first, flags & 1), (second, flags & 2)].map(|(bytes, seal)| {
        let mut record = Record::new(SIZE);
        record.put(0, bytes.get(..SIZE).unwrap_or(bytes));
        if seal != 0 {
            record.seal(4, Checksum::Right);
        }
        record.into_bytes()
    });
    for (offset, copy) in HEADER_OFFSETS.into_iter().zip(&copies) {
        image.write(offset, copy);
    }
    let (survey, _) = VhdxSurvey::read(Arc::new(Held(Arc::new(image))), OpenOptions::default());
    for (found, bytes) in survey.headers.iter().zip(&copies) {
        same_fields(found, bytes);
    }
    choice(&survey, &copies);
    assert!(!survey.blockers.is_empty(), "a file without region tables can be read");
    assert!(survey.geometry.is_none() && survey.metadata.is_none() && !survey.replayed);
}

fn parse_alone(bytes: &[u8]) {
    match Header::parse("header 1", FileOffset(7), bytes) {
        Ok(_) => assert!(bytes.len() >= SIZE),
        Err(error) => {
            assert!(bytes.len() < SIZE && error.offset() == Some(FileOffset(7)), "{error}");
            assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
        }
    }
}

fn same_fields(found: &Surveyed<Header>, bytes: &[u8]) {
    let Some(header) = found.content() else { unreachable!("a header of 4 KiB was not read") };
    assert_eq!(header.sequence_number, le64(bytes, 8));
    assert_eq!(header.file_write_guid, guid(bytes, 16));
    assert_eq!(header.data_write_guid, guid(bytes, 32));
    assert_eq!(header.log_guid, guid(bytes, 48));
    assert_eq!((header.log_version, header.version), (le16(bytes, 64), le16(bytes, 66)));
    assert_eq!((header.log_length, header.log_offset.get()), (le32(bytes, 68), le64(bytes, 72)));
    assert_eq!((header.checksum, header.computed_checksum), (le32(bytes, 4), crc_without(bytes, 4)));
    assert_eq!(found.state, state(bytes));
}

fn state(bytes: &[u8]) -> CopyState {
    if !bytes.starts_with(b"head") {
        CopyState::BadSignature
    } else if le32(bytes, 4) != crc_without(bytes, 4) {
        CopyState::BadChecksum
    } else {
        CopyState::Valid
    }
}

fn choice(survey: &VhdxSurvey, [first, second]: &[Vec<u8>; 2]) {
    let valid = |bytes: &[u8]| state(bytes) == CopyState::Valid;
    let expected = match (valid(first), valid(second)) {
        (false, false) => None,
        (true, false) => Some(0),
        (false, true) => Some(1),
        (true, true) if le64(first, 8) == le64(second, 8) => (first == second).then_some(0),
        (true, true) => Some(usize::from(le64(second, 8) > le64(first, 8))),
    };
    assert_eq!(survey.current_header.as_ref().ok().copied(), expected);
    let current = expected.map(|number| if number == 0 { first } else { second });
    let state = current.map(|bytes| if guid(bytes, 48).is_nil() { LogState::Clean } else { LogState::Corrupt });
    assert_eq!(survey.log_state(), state, "there is no log behind the end of this file");
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let built = vhdx::Builder::dynamic(8 << 20).seed(3).build();
    let [mut first, mut second] = built.layout.headers;
    let seed = |flags: u8, first: &vhdx::Header, second: &vhdx::Header| {
        let [first, second] = [first, second].map(vhdx::Header::to_bytes);
        [&[flags][..], &piece(without_zeros(&first)), without_zeros(&second)].concat()
    };
    let mut seeds = vec![("second-is-newer", seed(0, &first, &second)), ("sealed", seed(3, &first, &second))];
    second.sequence_number = first.sequence_number;
    seeds.push(("equal-as-disk2vhd-writes-them", seed(3, &first, &second)));
    second.data_write_guid = second.file_write_guid;
    seeds.push(("one-number-and-different", seed(3, &first, &second)));
    first.log_guid = first.data_write_guid;
    first.sequence_number = u64::MAX;
    second.signature = *b"haed";
    seeds.push(("first-only-with-a-log", seed(3, &first, &second)));
    second.checksum = Checksum::Wrong;
    seeds.push(("short", seed(1, &first, &second).get(..40).unwrap_or_default().to_vec()));
    seeds
}
