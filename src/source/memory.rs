//! Bytes in memory, for tests, fuzzing and files that were read whole.

use crate::error::Result;
use crate::units::{ByteLen, FileOffset};

use super::{ReadAt, check_range};

/// A byte buffer as a source.
#[derive(Clone, Debug)]
pub struct MemorySource<B>(B);

impl<B: AsRef<[u8]>> MemorySource<B> {
    /// A source over `bytes`.
    pub fn new(bytes: B) -> Self {
        Self(bytes)
    }
}

impl<B: AsRef<[u8]> + std::fmt::Debug + Send + Sync> ReadAt for MemorySource<B> {
    fn size(&self) -> ByteLen {
        ByteLen::from(self.0.as_ref().len())
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        check_range(self, structure, offset, ByteLen::from(buf.len()))?;
        let start = ByteLen(offset.0).to_usize().unwrap_or(usize::MAX);
        if let Some(bytes) = self.0.as_ref().get(start..start.saturating_add(buf.len())) {
            buf.copy_from_slice(bytes);
        }
        Ok(())
    }
}
