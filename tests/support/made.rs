//! What the testkit made, as a source of bytes.

use vhdxray::source::ReadAt;
use vhdxray::testkit::SparseImage;
use vhdxray::units::{ByteLen, FileOffset};
use vhdxray::{Error, Result};

/// A made file, read without taking the memory of its holes.
#[derive(Debug)]
pub(crate) struct Made(pub(crate) SparseImage);

impl ReadAt for Made {
    fn size(&self) -> ByteLen {
        ByteLen(self.0.len())
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        let (needed, available) = (ByteLen::from(buf.len()), ByteLen(self.0.len().saturating_sub(offset.0)));
        if needed > available {
            return Err(Error::truncated(structure, offset, needed, available));
        }
        self.0.read_into(offset.0, buf);
        Ok(())
    }
}
