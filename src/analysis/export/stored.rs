//! Which parts of a piece of data are worth storing.

use crate::analysis::hash::is_zero;
use crate::units::{ByteLen, VirtualOffset};

/// What is asked for holes in: large enough that holes pay, and the clusters of common file systems fit into it.
const CELL: u64 = 64 << 10;

/// The parts of a piece that are not zero, in whole cells of the virtual disk, neighbours as one.
pub(super) fn stored_parts(at: VirtualOffset, bytes: &[u8]) -> impl Iterator<Item = (VirtualOffset, &[u8])> {
    let mut next = 0;
    std::iter::from_fn(move || {
        while next < bytes.len() && is_zero(bytes.get(next..cell_end(at, next, bytes.len()))?) {
            next = cell_end(at, next, bytes.len());
        }
        let start = next;
        while next < bytes.len() && !is_zero(bytes.get(next..cell_end(at, next, bytes.len()))?) {
            next = cell_end(at, next, bytes.len());
        }
        let part = bytes.get(start..next).filter(|part| !part.is_empty())?;
        Some((at.saturating_add(ByteLen::from(start)), part))
    })
}

/// Where the cell of the byte at `next` ends, counted in the piece.
fn cell_end(at: VirtualOffset, next: usize, len: usize) -> usize {
    let place = at.saturating_add(ByteLen::from(next)).get();
    let rest = CELL.saturating_sub(place % CELL);
    next.saturating_add(usize::try_from(rest).unwrap_or(usize::MAX)).min(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_whole_cells_of_the_disk_and_hold_all_that_is_not_zero() {
        let cell = CELL as usize;
        let mut bytes = vec![0; 5 * cell];
        // The piece starts in the middle of a cell.
        let at = VirtualOffset(CELL * 7 + CELL / 2);
        bytes[cell / 2] = 1;
        bytes[2 * cell - 1] = 1;
        bytes[5 * cell - 1] = 1;
        let parts: Vec<_> = stored_parts(at, &bytes).map(|(at, part)| (at.get() / (CELL / 2), part.len())).collect();
        assert_eq!(parts, [(16, 2 * cell), (24, cell / 2)]);
        assert_eq!(stored_parts(at, &[0; 1000]).count(), 0);
        assert_eq!(stored_parts(at, &[]).count(), 0);
        let all: Vec<u8> = (0..=255).cycle().take(200_000).collect();
        assert_eq!(stored_parts(at, &all).collect::<Vec<_>>(), [(at, all.as_slice())]);
    }
}
