//! Where bytes come from: positioned reads, a memory map, memory, or an overlay of patches over another source.
//!
//! Everything above reads through [`ReadAt`]. Positioned reads ([`FileSource`]) are the default: a memory map of a file
//! that shrinks kills the process, and these files may lie on a share or under a running host. `Read + Seek` was not
//! taken as the base, for a shared cursor would force a lock or a handle a thread.

mod attributes;
mod few_reads;
mod file;
mod map;
mod memory;
mod open_files;
mod overlay;
mod path_bytes;
mod scratch;
mod send;
mod timed;
mod with_start;

use std::fmt;
use std::fs::File;
use std::path::Path;

pub use attributes::FileAttributes;
pub use few_reads::FewReads;
pub(crate) use file::open_regular;
pub use file::{FileId, FileSource, FileStamp};
pub use map::MapSource;
pub use memory::MemorySource;
pub use overlay::Overlay;
pub(crate) use path_bytes::{path_bytes, path_of_bytes};
pub(crate) use scratch::{read_with, with_scratch};
pub use timed::{Pace, Timed};
pub use with_start::WithStart;

use crate::error::{Error, Result};
use crate::limits;
use crate::units::{ByteLen, FileOffset};

/// Bytes that can be read at any position, from several threads, without a cursor. Never written.
pub trait ReadAt: fmt::Debug + Send + Sync {
    /// Number of bytes, taken once when the source was opened; every read is bounded by it.
    fn size(&self) -> ByteLen;

    /// The path of the file behind the source, where there is one.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// Fills `buf` with the bytes at `offset`, or fails naming `structure`, the offset and the path. A range that does
    /// not lie wholly inside [`size`](Self::size) is an error, never zeros.
    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()>;

    /// Hands bytes on to a file or pipe without their passing through this process, where the system can do so. Returns
    /// how many went; whoever wants the others written reads them and learns why they did not go.
    fn send(&self, offset: FileOffset, len: ByteLen, out: &File) -> ByteLen {
        let _ = (offset, len, out);
        ByteLen::ZERO
    }

    /// Fills as much of `buf` as the source has at `offset` and returns how much that is: zero at or past the end.
    fn read_up_to(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<usize> {
        let available = self.size().0.saturating_sub(offset.0);
        let len = usize::try_from(available).unwrap_or(usize::MAX).min(buf.len());
        if let Some(part) = buf.get_mut(..len).filter(|part| !part.is_empty()) {
            self.read_exact_at(structure, offset, part)?;
        }
        Ok(len)
    }

    /// The `len` bytes at `offset` as a vector. The length is checked against the source and against
    /// [`limits::MAX_STRUCTURE`] before anything is allocated.
    fn read_vec(&self, structure: &'static str, offset: FileOffset, len: ByteLen) -> Result<Vec<u8>> {
        check_range(self, structure, offset, len)?;
        if len > limits::MAX_STRUCTURE {
            return Err(with_path(
                Error::limit(structure, offset, "MAX_STRUCTURE", limits::MAX_STRUCTURE.0, len.0),
                self.path(),
            ));
        }
        let mut buf = vec![0; len.to_usize().unwrap_or_default()];
        self.read_exact_at(structure, offset, &mut buf)?;
        Ok(buf)
    }
}

impl<S: ReadAt + ?Sized> ReadAt for &S {
    fn size(&self) -> ByteLen {
        (**self).size()
    }

    fn path(&self) -> Option<&Path> {
        (**self).path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        (**self).read_exact_at(structure, offset, buf)
    }

    fn send(&self, offset: FileOffset, len: ByteLen, out: &File) -> ByteLen {
        (**self).send(offset, len, out)
    }
}

impl<S: ReadAt + ?Sized> ReadAt for std::sync::Arc<S> {
    fn size(&self) -> ByteLen {
        (**self).size()
    }

    fn path(&self) -> Option<&Path> {
        (**self).path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        (**self).read_exact_at(structure, offset, buf)
    }

    fn send(&self, offset: FileOffset, len: ByteLen, out: &File) -> ByteLen {
        (**self).send(offset, len, out)
    }
}

/// Fails with [`crate::error::ErrorKind::Truncated`] unless `len` bytes lie at `offset`.
fn check_range<S: ReadAt + ?Sized>(
    source: &S,
    structure: &'static str,
    offset: FileOffset,
    len: ByteLen,
) -> Result<()> {
    match offset.checked_add(len) {
        Some(end) if end.0 <= source.size().0 => Ok(()),
        _ => Err(with_path(
            Error::truncated(structure, offset, len, ByteLen(source.size().0.saturating_sub(offset.0))),
            source.path(),
        )),
    }
}

fn with_path(error: Error, path: Option<&Path>) -> Error {
    match path {
        Some(path) => error.with_path(path),
        None => error,
    }
}
