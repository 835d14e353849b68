//! A stretch of the virtual disk into a stream, by the one thread that asks. Where nothing is computed from the bytes, a
//! second thread would only read them into another cache than that from which they are written.

use crate::error::Result;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, VirtualRange};

use super::disk::VirtualDisk;
use super::extents::{Extent, ExtentState};
use super::gather::Gather;

/// Bytes that are read at once: they stay in the second-level cache until they are written.
const PIECE: ByteLen = ByteLen::kib(256);
/// Bytes that are worth a call of their own to be passed on unread.
const PASSED: ByteLen = ByteLen::kib(64);

/// Where the bytes of a virtual disk go.
pub trait Outlet {
    /// Takes bytes.
    fn bytes(&mut self, bytes: &[u8]) -> Result<()>;

    /// Takes that many zeros.
    fn zeros(&mut self, len: ByteLen) -> Result<()>;

    /// Takes bytes that lie in `source` without their being read into this process, and returns how many it took: what
    /// it left is read and given to [`bytes`](Self::bytes).
    fn pass(&mut self, source: &dyn ReadAt, at: FileOffset, len: ByteLen) -> ByteLen;
}

impl VirtualDisk {
    /// Hands on what `extents` of this disk, which follow each other, hold. After an error nothing follows.
    pub fn pour(&self, extents: impl IntoIterator<Item = Result<Extent>>, out: &mut dyn Outlet) -> Result<()> {
        let mut spout = Spout { disk: self, out, gather: Gather::default(), have: ByteLen::ZERO, buffer: Vec::new() };
        for extent in extents {
            match extent {
                Ok(extent) => spout.add(extent)?,
                Err(error) => {
                    // What lies before is good.
                    spout.flush()?;
                    return Err(error);
                }
            }
        }
        spout.flush()
    }
}

struct Spout<'a> {
    disk: &'a VirtualDisk,
    out: &'a mut dyn Outlet,
    /// What is read next, shorter than a piece.
    gather: Gather,
    /// Bytes of it.
    have: ByteLen,
    buffer: Vec<u8>,
}

impl Spout<'_> {
    fn add(&mut self, mut extent: Extent) -> Result<()> {
        if extent.range.len >= PASSED {
            self.flush()?;
            let ExtentState::Data(at) = extent.state else { return self.out.zeros(extent.range.len) };
            let passed = match self.disk.image(extent.layer) {
                Some(image) => self.out.pass(&**image.view(), at, extent.range.len),
                None => ByteLen::ZERO,
            };
            extent = extent.from(extent.range.start.saturating_add(passed));
        }
        while !extent.range.len.is_zero() {
            let part = extent.range.len.min(PIECE.saturating_sub(self.have));
            self.gather.push(Extent { range: VirtualRange::new(extent.range.start, part), ..extent });
            self.have = self.have.saturating_add(part);
            if self.have == PIECE {
                self.flush()?;
            }
            extent = extent.from(extent.range.start.saturating_add(part));
        }
        Ok(())
    }

    /// Reads what has come together and hands it on.
    fn flush(&mut self) -> Result<()> {
        let len = std::mem::take(&mut self.have).to_usize().unwrap_or_default();
        if len == 0 {
            return Ok(());
        }
        if self.buffer.len() < len {
            self.buffer.resize(len, 0);
        }
        let bytes = self.buffer.get_mut(..len).unwrap_or_default();
        self.gather.fill(self.disk, bytes)?;
        self.out.bytes(bytes)
    }
}
