//! A read-only memory map: the one place in this crate with `unsafe`.

use std::path::Path;

use memmap2::Mmap;

use crate::error::{Error, Result};
use crate::units::{ByteLen, FileOffset};

use super::{FileSource, ReadAt, check_range, with_path};

/// A file mapped into memory, for local copies that nobody changes.
#[derive(Debug)]
pub struct MapSource {
    map: Mmap,
    file: FileSource,
}

impl MapSource {
    /// Maps the whole file read-only.
    ///
    /// # Safety
    ///
    /// The caller promises that the file is a local copy that nobody truncates or writes while it is mapped. A file
    /// that shrinks makes the next access a signal (SIGBUS) that ends the process; one that is written makes bytes
    /// change under a shared reference. The command line passes this choice on to the user as `--io map`.
    #[expect(unsafe_code, reason = "a memory map cannot be had without")]
    pub unsafe fn new(file: FileSource) -> Result<Self> {
        let opened = file.file()?;
        // SAFETY: the caller of this function has promised that nobody changes the file while it is mapped.
        let map = unsafe { Mmap::map(&*opened) };
        let map = map.map_err(|error| with_path(Error::io(error, "memory map", None), file.path()))?;
        Ok(Self { map, file })
    }

    /// Opens and maps a local file that the user has declared immutable with `--io map`.
    #[expect(unsafe_code, reason = "the user's explicit choice is where the promise of `new` is made")]
    pub fn open_immutable(path: &Path) -> Result<Self> {
        let file = FileSource::open(path)?;
        // SAFETY: choosing this source is the user's statement that the file is an immutable local copy.
        unsafe { Self::new(file) }
    }

    /// The opened file behind the map.
    pub fn file(&self) -> &FileSource {
        &self.file
    }
}

impl ReadAt for MapSource {
    fn size(&self) -> ByteLen {
        ByteLen::from(self.map.len())
    }

    fn path(&self) -> Option<&Path> {
        self.file.path()
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        check_range(self, structure, offset, ByteLen::from(buf.len()))?;
        let start = ByteLen(offset.0).to_usize().unwrap_or(usize::MAX);
        if let Some(bytes) = self.map.get(start..start.saturating_add(buf.len())) {
            buf.copy_from_slice(bytes);
        }
        Ok(())
    }
}
