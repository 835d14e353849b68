//! The start of a file read once, for all who look at it: what a file is, and what its first structures say.

use std::path::Path;

use crate::error::Result;
use crate::units::{ByteLen, FileOffset};

use super::ReadAt;

/// Bytes that are read at once: the file type identifier of a VHDX takes 520, the copy of the footer and the dynamic disk
/// header of a VHD take all of them.
const START: usize = 1536;

/// A source of which the first bytes are known already.
#[derive(Debug)]
pub struct WithStart<S> {
    below: S,
    start: [u8; START],
    /// How many bytes of `start` were read: fewer where the source is shorter, none where it cannot be read.
    have: usize,
}

impl<S: ReadAt> WithStart<S> {
    /// Reads the start of a source. What goes wrong shows when it is asked for.
    pub fn new(below: S) -> Self {
        let mut start = [0; START];
        let have = below.read_up_to("", FileOffset::ZERO, &mut start).unwrap_or_default();
        Self { below, start, have }
    }

    /// The bytes that are known, if they are all of a read's.
    fn known(&self, offset: FileOffset, len: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.0).ok()?;
        self.start.get(..self.have)?.get(from..from.checked_add(len)?)
    }
}

impl<S: ReadAt> ReadAt for WithStart<S> {
    fn size(&self) -> ByteLen {
        self.below.size()
    }

    fn path(&self) -> Option<&Path> {
        self.below.path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        match self.known(offset, buf.len()) {
            Some(known) => buf.copy_from_slice(known),
            None => return self.below.read_exact_at(structure, offset, buf),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::MemorySource;
    use super::*;

    proptest! {
        #[test]
        fn bytes_and_errors_are_those_of_the_source_below(
            size in 0_usize..4000,
            reads in prop::collection::vec((0_u64..5000, 0_usize..2500), 1..12),
        ) {
            let below = MemorySource::new((0..size).map(|at| (at % 251) as u8).collect::<Vec<_>>());
            let source = WithStart::new(&below);
            for (at, len) in reads {
                let (mut own, mut other) = (vec![0xAA; len], vec![0xAA; len]);
                let results = [(&source as &dyn ReadAt, &mut own), (&below, &mut other)]
                    .map(|(source, buf)| source.read_exact_at("test", FileOffset(at), buf).map_err(|e| e.to_string()));
                prop_assert_eq!(&results[0], &results[1]);
                prop_assert!(results[0].is_err() || own == other);
            }
        }
    }
}
