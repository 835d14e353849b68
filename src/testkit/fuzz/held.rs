//! A built file as a source, without a copy of its zeros.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::limits;
use crate::source::ReadAt;
use crate::testkit::SparseImage;
use crate::units::{ByteLen, FileOffset};

/// A sparse file in memory. Shared, for a file is opened several times.
#[derive(Debug)]
pub(super) struct Held(pub(super) Arc<SparseImage>);

impl ReadAt for Held {
    fn size(&self) -> ByteLen {
        ByteLen(self.0.len())
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        let wanted = ByteLen::from(buf.len());
        // The log is the longest thing that is ever in memory at once, whatever a file claims.
        assert!(wanted <= limits::MAX_LOG, "{structure} is read into {wanted} bytes at once");
        let available = ByteLen(self.size().0.saturating_sub(offset.0));
        if wanted > available {
            return Err(Error::truncated(structure, offset, wanted, available));
        }
        self.0.read_into(offset.0, buf);
        Ok(())
    }
}
