//! Sector bitmaps of single blocks, some of them kept.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::units::ByteLen;

/// What keeping one more bitmap takes beside its bytes.
const OVERHEAD: u64 = 64;

/// The bitmap that was used last, and those that were kept.
#[derive(Debug, Default)]
pub(super) struct Bitmaps {
    kept: BTreeMap<u64, Box<[u8]>>,
    last: Vec<u8>,
    last_of: Option<u64>,
}

impl Bitmaps {
    /// The bitmap of a block: a kept one, the last one, or the one that `read` reads, which is kept where the budget
    /// allows.
    pub(super) fn get(
        &mut self,
        block: u64,
        budget: &mut ByteLen,
        read: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<&[u8]> {
        if self.kept.contains_key(&block) {
            return Ok(self.kept.get(&block).map(|bytes| &**bytes).unwrap_or_default());
        }
        if self.last_of != Some(block) {
            self.last_of = None;
            read(&mut self.last)?;
            let takes = ByteLen::from(self.last.len()).saturating_add(ByteLen(OVERHEAD));
            if takes <= *budget {
                *budget = budget.saturating_sub(takes);
                self.kept.insert(block, self.last.as_slice().into());
                return Ok(self.kept.get(&block).map(|bytes| &**bytes).unwrap_or_default());
            }
            self.last_of = Some(block);
        }
        Ok(&self.last)
    }
}
