//! Which of the two headers counts.

use crate::error::{Error, Result};
use crate::format::hvs::HEADER_OFFSETS;
use crate::format::hvs::header::{self, Header};
use crate::source::ReadAt;
use crate::units::FileOffset;
use crate::vm::ProblemKind;
use crate::vm::problem::Problems;

/// One copy of the header as it was found.
#[derive(Clone, Debug)]
pub struct HeaderCopy {
    /// Name of the copy in errors and findings.
    pub structure: &'static str,
    /// Where it lies.
    pub at: FileOffset,
    /// What it says, or why it could not be read.
    pub parsed: Result<Header>,
}

impl HeaderCopy {
    /// The copy's content if signature and checksum are right.
    pub fn valid(&self) -> Option<&Header> {
        self.parsed
            .as_ref()
            .ok()
            .filter(|header| header.signature == header::SIGNATURE && header.checksum == header.computed_checksum)
    }

    /// What is wrong with the copy.
    fn fault(&self) -> Option<Error> {
        let what = match &self.parsed {
            Err(error) => return Some(error.clone()),
            Ok(_) if self.valid().is_some() => return None,
            Ok(header) if header.signature != header::SIGNATURE => "wrong signature",
            Ok(_) => "wrong checksum",
        };
        Some(Error::malformed(self.structure, self.at, what))
    }
}

/// Reads both copies.
pub(super) fn read(source: &dyn ReadAt) -> [HeaderCopy; 2] {
    let [first, second] = HEADER_OFFSETS;
    [(header::STRUCTURES[0], first), (header::STRUCTURES[1], second)].map(|(structure, at)| {
        let parsed =
            source.read_vec(structure, at, header::SIZE).and_then(|bytes| Header::parse(structure, at, &bytes));
        HeaderCopy { structure, at, parsed }
    })
}

/// The valid copy with the newer sequence number. The numbers go around from 65,535 to 0, so that the newer one is the
/// successor where they are neighbours.
pub(super) fn current(copies: &[HeaderCopy; 2], problems: &mut Problems) -> Option<usize> {
    let [first, second] = copies;
    match (first.valid(), second.valid()) {
        (Some(a), Some(b)) => {
            let ahead = b.sequence_number.wrapping_sub(a.sequence_number);
            Some(usize::from(ahead != 0 && ahead < 0x8000))
        }
        (Some(_), None) => {
            second.fault().into_iter().for_each(|error| problems.add(ProblemKind::HeaderDamaged, error));
            Some(0)
        }
        (None, Some(_)) => {
            first.fault().into_iter().for_each(|error| problems.add(ProblemKind::HeaderDamaged, error));
            Some(1)
        }
        (None, None) => {
            for error in [first, second].into_iter().filter_map(HeaderCopy::fault) {
                problems.add(ProblemKind::NoValidHeader, error);
            }
            None
        }
    }
}
