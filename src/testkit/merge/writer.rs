//! What both formats do when content comes into a block.

use std::ops::Range;

use super::{Counts, Says, bytes};
use crate::testkit::sparse::SparseImage;

/// What the sources say about the parts of a block.
#[derive(Debug)]
pub(super) struct Parts(pub(super) Vec<(Range<u64>, Option<Says>)>);

impl Parts {
    /// Bytes of which `wanted` is true.
    fn sum(&self, wanted: impl Fn(Option<Says>) -> bool) -> u64 {
        self.0.iter().filter(|(_, says)| wanted(*says)).map(|(range, _)| range.end - range.start).sum()
    }

    pub(super) fn says_nothing(&self) -> bool {
        self.sum(|says| says.is_some()) == 0
    }

    pub(super) fn says_all(&self) -> bool {
        self.sum(|says| says.is_none()) == 0
    }

    pub(super) fn has_data(&self) -> bool {
        self.sum(|says| matches!(says, Some(Says::Data(..)))) > 0
    }

    pub(super) fn all_are(&self, one: Says) -> bool {
        self.0.iter().all(|(_, says)| *says == Some(one))
    }

    /// Writes content, and zeros where `with_zeros`; `start` is the block's on the disk, `place` in the file.
    pub(super) fn write(
        &self,
        sources: &[&SparseImage],
        target: &mut SparseImage,
        start: u64,
        place: u64,
        with_zeros: bool,
        counts: &mut Counts,
    ) {
        for (range, says) in &self.0 {
            let at = place + (range.start - start);
            let len = range.end - range.start;
            match says {
                Some(Says::Data(number, delta)) => {
                    if let Some(source) = sources.get(*number) {
                        bytes::copy(source, range.start.wrapping_add_signed(*delta), target, at, len);
                    }
                    counts.read_payload += len;
                    counts.write_payload += len;
                }
                Some(_) if with_zeros => {
                    target.zero(at..at + len);
                    counts.write_zeros += len;
                }
                _ => {}
            }
        }
    }
}
