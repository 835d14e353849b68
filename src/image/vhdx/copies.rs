//! Two copies of a structure, each with its own verdict, and the rule which of them counts.

use crate::error::{Error, Result};
use crate::format::vhdx::header::{self, Header};
use crate::format::vhdx::region_table::{self, RegionTable};
use crate::format::vhdx::{HEADER_1_OFFSET, HEADER_2_OFFSET, REGION_TABLE_1_OFFSET, REGION_TABLE_2_OFFSET};
use crate::image::surveyed::{CopyState, Surveyed};
use crate::limits;
use crate::source::{ReadAt, read_with};

/// Why one of two copies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyChoice {
    /// Both are valid, and it has the higher sequence number.
    HigherSequenceNumber,
    /// Both are valid and the same.
    Same,
    /// The other is not valid.
    OnlyValid,
    /// It is the first, and valid; no more is needed.
    First,
}

impl CopyChoice {
    /// A few words for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::HigherSequenceNumber => "higher sequence number",
            Self::Same => "both copies say the same",
            Self::OnlyValid => "the only valid copy",
            Self::First => "the first valid copy",
        }
    }
}

/// Reads both headers. I/O errors stay with the copy they befell.
pub(super) fn headers(source: &dyn ReadAt) -> [Surveyed<Header>; 2] {
    [(header::STRUCTURES[0], HEADER_1_OFFSET), (header::STRUCTURES[1], HEADER_2_OFFSET)].map(|(structure, at)| {
        let parsed = read_with(source, structure, at, header::SIZE, |bytes| Header::parse(structure, at, bytes));
        Surveyed::new(structure, at, parsed, |header| {
            if header.signature != header::SIGNATURE {
                CopyState::BadSignature
            } else if header.checksum != header.computed_checksum {
                CopyState::BadChecksum
            } else {
                CopyState::Valid
            }
        })
    })
}

/// Which header counts (MS-VHDX 2.2.2): the valid one with the higher sequence number. Two valid headers with one
/// number are accepted when they say the same, as Disk2vhd writes them.
pub(super) fn current_header(headers: &[Surveyed<Header>; 2]) -> Result<usize> {
    let [first, second] = headers;
    match (first.valid(), second.valid()) {
        (Some(a), Some(b)) if a.sequence_number == b.sequence_number && a != b => Err(Error::malformed(
            "headers",
            second.at,
            format!("both copies are valid with sequence number {} and differ", a.sequence_number),
        )),
        (Some(a), Some(b)) => Ok(usize::from(b.sequence_number > a.sequence_number)),
        (Some(_), None) => Ok(0),
        (None, Some(_)) => Ok(1),
        (None, None) => Err(Error::malformed(
            "headers",
            first.at,
            format!(
                "no valid header: {} has {}, {} has {}",
                first.structure,
                article(first.state),
                second.structure,
                article(second.state)
            ),
        )),
    }
}

fn article(state: CopyState) -> String {
    match state {
        CopyState::Unreadable => "too few bytes".to_owned(),
        CopyState::BadCount => "an impossible entry count".to_owned(),
        _ => format!("a {}", state.describe()),
    }
}

/// Reads one of the two region tables.
pub(super) fn region_table(source: &dyn ReadAt, number: usize) -> Surveyed<RegionTable> {
    let (structure, at) = match number {
        0 => (region_table::STRUCTURES[0], REGION_TABLE_1_OFFSET),
        _ => (region_table::STRUCTURES[1], REGION_TABLE_2_OFFSET),
    };
    let parsed = read_with(source, structure, at, region_table::SIZE, |bytes| RegionTable::parse(structure, at, bytes));
    Surveyed::new(structure, at, parsed, |table| {
        if table.signature != region_table::SIGNATURE {
            CopyState::BadSignature
        } else if table.checksum != table.computed_checksum {
            CopyState::BadChecksum
        } else if table.entry_count > limits::MAX_REGION_ENTRIES {
            CopyState::BadCount
        } else {
            CopyState::Valid
        }
    })
}

/// The error when neither region table can be trusted.
pub(super) fn no_region_table(first: &Surveyed<RegionTable>, second: &Surveyed<RegionTable>) -> Error {
    Error::malformed(
        "region tables",
        first.at,
        format!(
            "no valid region table: {} has {}, {} has {}",
            first.structure,
            article(first.state),
            second.structure,
            article(second.state)
        ),
    )
}
