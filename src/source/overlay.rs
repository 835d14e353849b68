//! Patches laid over another source: what a log replay would have written, without writing it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::error::Result;
use crate::units::{ByteLen, FileOffset, FileRange};

use super::{ReadAt, check_range};

/// A source with patches on top. A later patch hides what an earlier one put in the same place.
///
/// A run of zeros of any length costs a few words, for its length comes from the file under inspection.
#[derive(Debug)]
pub struct Overlay<S> {
    below: S,
    /// Disjoint patches by their first byte.
    patches: BTreeMap<u64, Patch>,
    size: ByteLen,
}

#[derive(Clone, Debug)]
struct Patch {
    /// First byte after the patch.
    end: u64,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Zeros,
    /// The patch shows `bytes[skip..]`.
    Bytes {
        bytes: Arc<[u8]>,
        skip: usize,
    },
}

impl Content {
    /// The content without its first `len` bytes.
    fn skip(&self, len: u64) -> Self {
        match self {
            Self::Zeros => Self::Zeros,
            Self::Bytes { bytes, skip } => Self::Bytes {
                bytes: Arc::clone(bytes),
                skip: skip.saturating_add(usize::try_from(len).unwrap_or(usize::MAX)),
            },
        }
    }
}

impl<S: ReadAt> Overlay<S> {
    /// An overlay without patches, as long as the source below.
    pub fn new(below: S) -> Self {
        let size = below.size();
        Self { below, patches: BTreeMap::new(), size }
    }

    /// The source below.
    pub fn below(&self) -> &S {
        &self.below
    }

    /// Whether nothing is laid over the source.
    pub fn is_empty(&self) -> bool {
        self.patches.is_empty() && self.size == self.below.size()
    }

    /// Makes the source at least `size` long; what lies past the end of the source below reads as zero.
    pub fn extend_to(&mut self, size: ByteLen) {
        self.size = self.size.max(size);
    }

    /// Lays `bytes` at `offset`.
    pub fn put(&mut self, offset: FileOffset, bytes: Arc<[u8]>) {
        let len = ByteLen::from(bytes.len());
        self.insert(FileRange::new(offset, len), Content::Bytes { bytes, skip: 0 });
    }

    /// Lays zeros over `range`.
    pub fn put_zeros(&mut self, range: FileRange) {
        self.insert(range, Content::Zeros);
    }

    /// The patched ranges, in order.
    pub fn patched(&self) -> impl Iterator<Item = FileRange> + '_ {
        self.patches.iter().map(|(&start, patch)| FileRange::new(FileOffset(start), ByteLen(patch.end - start)))
    }

    fn insert(&mut self, range: FileRange, content: Content) {
        if range.len.is_zero() {
            return;
        }
        let (start, end) = (range.start.0, range.end().0);
        self.cut_at(start);
        self.cut_at(end);
        let hidden: Vec<u64> = self.patches.range(start..end).map(|(&at, _)| at).collect();
        for at in hidden {
            self.patches.remove(&at);
        }
        self.patches.insert(start, Patch { end, content });
        self.size = self.size.max(ByteLen(end));
    }

    /// Splits the patch that covers `at` in two, so that one of them starts there.
    fn cut_at(&mut self, at: u64) {
        let Some((&start, patch)) = self.patches.range_mut(..at).next_back() else { return };
        if patch.end <= at {
            return;
        }
        let tail = Patch { end: patch.end, content: patch.content.skip(at - start) };
        patch.end = at;
        self.patches.insert(at, tail);
    }

    /// Fills `buf` from the source below, and with zeros where that has ended.
    fn read_below(&self, structure: &'static str, offset: u64, buf: &mut [u8]) -> Result<()> {
        let have = self.below.read_up_to(structure, FileOffset(offset), buf)?;
        if let Some(rest) = buf.get_mut(have..) {
            rest.fill(0);
        }
        Ok(())
    }
}

impl<S: ReadAt> ReadAt for Overlay<S> {
    fn size(&self) -> ByteLen {
        self.size
    }

    fn path(&self) -> Option<&Path> {
        self.below.path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        check_range(self, structure, offset, ByteLen::from(buf.len()))?;
        if self.patches.is_empty() {
            return self.read_below(structure, offset.0, buf);
        }
        let mut at = offset.0;
        let mut rest = buf;
        while !rest.is_empty() {
            let covering = self.patches.range(..=at).next_back().filter(|(_, patch)| patch.end > at);
            let (until, patch) = match covering {
                Some((&start, patch)) => (patch.end, Some(patch.content.skip(at - start))),
                None => (self.patches.range(at..).next().map_or(u64::MAX, |(&next, _)| next), None),
            };
            let len = usize::try_from(until - at).unwrap_or(usize::MAX).min(rest.len());
            let (part, after) = rest.split_at_mut(len);
            match patch {
                None => self.read_below(structure, at, part)?,
                Some(Content::Zeros) => part.fill(0),
                Some(Content::Bytes { bytes, skip }) => {
                    if let Some(bytes) = bytes.get(skip..skip.saturating_add(len)) {
                        part.copy_from_slice(bytes);
                    }
                }
            }
            rest = after;
            at = at.saturating_add(ByteLen::from(len).0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::MemorySource;
    use super::*;

    #[test]
    fn a_huge_run_of_zeros_costs_nothing_and_extends_the_file() {
        let mut overlay = Overlay::new(MemorySource::new(vec![1_u8; 16]));
        overlay.put_zeros(FileRange::new(FileOffset(8), ByteLen(1 << 60)));
        overlay.put(FileOffset(1 << 50), Arc::from([9_u8; 3]));
        let mut buf = [7; 5];
        overlay.read_exact_at("test", FileOffset((1 << 50) - 1), &mut buf).unwrap();
        assert_eq!(buf, [0, 9, 9, 9, 0]);
        assert_eq!(overlay.size(), ByteLen((1 << 60) + 8));
        assert_eq!(overlay.patched().count(), 3);
    }

    proptest! {
        #[test]
        fn equals_writing_the_patches_into_a_copy(
            below in prop::collection::vec(any::<u8>(), 0..200),
            patches in prop::collection::vec((0_u64..250, 0_usize..60, any::<Option<u8>>()), 0..12),
            reads in prop::collection::vec((0_u64..300, 0_usize..120), 1..12),
        ) {
            let mut copy = below.clone();
            let mut overlay = Overlay::new(MemorySource::new(below));
            for (at, len, fill) in patches {
                let end = at as usize + len;
                if len > 0 && copy.len() < end {
                    copy.resize(end, 0);
                }
                match fill {
                    Some(fill) => overlay.put(FileOffset(at), vec![fill; len].into()),
                    None => overlay.put_zeros(FileRange::new(FileOffset(at), ByteLen(len as u64))),
                }
                if len > 0 {
                    copy[at as usize..end].fill(fill.unwrap_or(0));
                }
            }
            prop_assert_eq!(overlay.size().0 as usize, copy.len());
            for (at, len) in reads {
                let mut buf = vec![0xAA; len];
                let result = overlay.read_exact_at("test", FileOffset(at), &mut buf);
                match copy.get(at as usize..at as usize + len) {
                    Some(bytes) => {
                        prop_assert!(result.is_ok());
                        prop_assert_eq!(&buf[..], bytes);
                    }
                    None => prop_assert!(result.is_err()),
                }
            }
        }
    }
}
