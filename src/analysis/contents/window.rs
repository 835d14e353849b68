//! A part of a virtual disk, read in small pieces.

use std::borrow::Cow;

use crate::chain::VirtualDisk;
use crate::error::Result;
use crate::limits::MAX_CONTENTS_READ;
use crate::source::with_scratch;
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

/// A part of a disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    disk: &'a VirtualDisk,
    start: VirtualOffset,
    len: ByteLen,
    /// The first bytes of the disk, which are asked for again and again; empty where they cannot be read at once.
    head: &'a [u8],
    /// How many of the first bytes are zeros by the block maps, so that they are not asked for at all.
    hole: ByteLen,
}

/// Bytes of the start of a volume in which every signature lies that is known here: the last is that of Btrfs.
pub(super) const HEAD: u64 = 68 << 10;

impl<'a> Window<'a> {
    /// Looks at the whole disk.
    pub(super) fn whole<T>(disk: &VirtualDisk, look: impl FnOnce(&Window<'_>) -> T) -> T {
        let whole = Window { disk, start: VirtualOffset::ZERO, len: disk.size(), head: &[], hole: ByteLen::ZERO };
        if whole.is_hole(0, HEAD) {
            return look(&Window { hole: ByteLen(HEAD), ..whole });
        }
        let len = ByteLen(disk.size().0.min(HEAD));
        with_scratch(len.to_usize().unwrap_or_default(), |buffer| {
            // What cannot be read in one piece is read in parts, each with its own error.
            let head = match disk.read_exact_at(VirtualOffset::ZERO, buffer) {
                Ok(()) => &*buffer,
                Err(_) => &[],
            };
            look(&Window { head, ..whole })
        })
    }

    /// A part of this one; `None` where it starts behind its end. A part that is longer ends with it.
    pub(super) fn part(&self, start: VirtualOffset, len: ByteLen) -> Option<Self> {
        let rest = self.len.0.checked_sub(start.0).filter(|rest| *rest > 0)?;
        Some(Self { start: self.start.saturating_add(ByteLen(start.0)), len: ByteLen(rest.min(len.0)), ..*self })
    }

    /// Its length.
    pub(super) fn len(&self) -> ByteLen {
        self.len
    }

    /// Bytes of a logical sector of the disk, where the file says.
    pub(super) fn sector_size(&self) -> Option<ByteLen> {
        self.disk.image(0)?.logical_sector_size()
    }

    /// The bytes at an offset, as [`read`](Self::read) gives them; `None` where the block maps say that they are zeros, in
    /// which there is nothing to find.
    pub(super) fn read_data(&self, at: u64, len: u64) -> Result<Option<Cow<'a, [u8]>>> {
        if self.is_hole(at, len) { Ok(None) } else { self.read(at, len).map(Some) }
    }

    /// The bytes at an offset: as many of `len` as there are before the end and a bound allows.
    pub(super) fn read(&self, at: u64, len: u64) -> Result<Cow<'a, [u8]>> {
        let VirtualRange { start, len } = self.range(at, len);
        let len = len.to_usize().unwrap_or_default();
        let from = usize::try_from(start.0).unwrap_or(usize::MAX);
        if let Some(known) = self.head.get(from..from.saturating_add(len)) {
            return Ok(Cow::Borrowed(known));
        }
        let mut bytes = vec![0; len];
        if !bytes.is_empty() {
            self.disk.read_exact_at(start, &mut bytes)?;
        }
        Ok(Cow::Owned(bytes))
    }

    /// Whether there is nothing but zeros to be read, by the block maps. What was read already is not asked about.
    fn is_hole(&self, at: u64, len: u64) -> bool {
        let range = self.range(at, len);
        let (end, read) = (range.end().0, ByteLen::from(self.head.len()).0);
        end <= self.hole.0 || (end > read && self.disk.is_hole(range))
    }

    /// What [`read`](Self::read) reads.
    fn range(&self, at: u64, len: u64) -> VirtualRange {
        let len = ByteLen(self.len.0.saturating_sub(at).min(len).min(MAX_CONTENTS_READ.0));
        VirtualRange::new(self.start.saturating_add(ByteLen(at)), len)
    }
}
