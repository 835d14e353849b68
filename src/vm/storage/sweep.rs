//! Key tables that no object table names: states that a commit replaced and nothing has written over yet.

use crate::error::Result;
use crate::format::hvs::FIRST_OBJECT_TABLE_OFFSET;
use crate::format::hvs::key_table::{KeyTable, SIGNATURE, STRUCTURE};
use crate::limits;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, FileRange};

/// Tables start at multiples of this: the smallest alignment that a container may have.
const STEP: u64 = 4096;
/// Bytes of one read, and of a table at most: the largest alignment.
const PIECE: u64 = 64 << 10;

/// The tables outside the ranges that are `known`, as far as a bound reaches. Each is proved by its header's checksum,
/// and ends where something that is known starts, or the next of them.
pub(super) fn unreferenced(view: &dyn ReadAt, known: &[FileRange], wide_names: bool) -> Vec<FileRange> {
    let mut starts = Vec::new();
    let end = view.size().min(limits::MAX_VM_SWEEP).0;
    let mut at = FIRST_OBJECT_TABLE_OFFSET.0;
    while at < end {
        // What cannot be read has nothing to tell.
        let Ok(bytes) = read(view, at, PIECE.min(end.saturating_sub(at))) else { break };
        let pages = bytes.chunks(usize::try_from(STEP).unwrap_or(usize::MAX));
        for (number, page) in (0_u64..).zip(pages) {
            let start = FileOffset(at.saturating_add(number.saturating_mul(STEP)));
            let is_known = known.iter().any(|range| range.overlaps(FileRange::new(start, ByteLen(1))));
            if !is_known && is_table(start, page, wide_names) && starts.len() < limits::MAX_SAMPLES {
                starts.push(start);
            }
        }
        at = at.saturating_add(PIECE);
    }
    let next_after = |start: FileOffset| {
        let others = known.iter().map(|range| range.start).chain(starts.iter().copied());
        others.filter(|other| *other > start).min().map_or(view.size().0, |next| next.0)
    };
    let range = |start: &FileOffset| {
        let len = next_after(*start).saturating_sub(start.0).min(PIECE);
        FileRange::new(*start, ByteLen(len.min(view.size().0.saturating_sub(start.0))))
    };
    starts.iter().map(range).collect()
}

fn read(view: &dyn ReadAt, at: u64, len: u64) -> Result<Vec<u8>> {
    view.read_vec(STRUCTURE, FileOffset(at), ByteLen(len))
}

fn is_table(at: FileOffset, bytes: &[u8], wide_names: bool) -> bool {
    bytes.starts_with(&SIGNATURE.to_le_bytes())
        && KeyTable::parse(at, bytes, wide_names).is_ok_and(|table| {
            let header = &table.header;
            header.checksum == header.computed_checksum && header.table_index != 0
        })
}
