//! A part of a virtual disk, read in small pieces.

use crate::chain::VirtualDisk;
use crate::error::Result;
use crate::limits::MAX_CONTENTS_READ;
use crate::units::{ByteLen, VirtualOffset};

/// A part of a disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<'a> {
    disk: &'a VirtualDisk,
    start: VirtualOffset,
    len: ByteLen,
}

impl<'a> Window<'a> {
    /// The whole disk.
    pub(super) fn whole(disk: &'a VirtualDisk) -> Self {
        Self { disk, start: VirtualOffset::ZERO, len: disk.size() }
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

    /// The bytes at an offset: as many of `len` as there are before the end and a bound allows.
    pub(super) fn read(&self, at: u64, len: u64) -> Result<Vec<u8>> {
        let len = ByteLen(self.len.0.saturating_sub(at).min(len).min(MAX_CONTENTS_READ.0));
        let mut bytes = vec![0; len.to_usize().unwrap_or_default()];
        if !bytes.is_empty() {
            self.disk.read_exact_at(self.start.saturating_add(ByteLen(at)), &mut bytes)?;
        }
        Ok(bytes)
    }
}
