//! Whether a range of a file holds anything but zeros.

use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, FileRange};

/// Bytes of one read.
const PIECE: usize = 256 << 10;
/// What a read counts for at least, however short: many short ranges cost as much as a few long ones.
const LEAST: u64 = 4 << 10;

/// How many bytes may still be read.
#[derive(Debug)]
pub struct Probe {
    left: u64,
    looked_at: u64,
    buffer: Vec<u8>,
}

impl Probe {
    /// A probe that reads up to `budget` bytes.
    pub fn new(budget: ByteLen) -> Self {
        Self { left: budget.0, looked_at: 0, buffer: Vec::new() }
    }

    /// How many bytes have been read.
    pub fn looked_at(&self) -> ByteLen {
        ByteLen(self.looked_at)
    }

    /// Whether the budget is used up.
    pub fn is_spent(&self) -> bool {
        self.left == 0
    }
}

/// The place of the first byte of a range that is not zero, as far as the budget reaches.
pub fn first_data(source: &dyn ReadAt, range: FileRange, probe: &mut Probe) -> Option<FileOffset> {
    let mut at = range.start;
    probe.buffer.resize(PIECE, 0);
    while at < range.end() && !probe.is_spent() {
        let rest = ByteLen(range.end().0.saturating_sub(at.0)).to_usize().unwrap_or(PIECE);
        let piece = probe.buffer.get_mut(..rest.min(PIECE))?;
        let have = source.read_up_to("", at, piece).ok()?;
        let bytes = piece.get(..have).filter(|bytes| !bytes.is_empty())?;
        let read = ByteLen::from(have);
        if let Some(position) = position_of_data(bytes) {
            probe.looked_at = probe.looked_at.saturating_add(read.0);
            probe.left = probe.left.saturating_sub(read.0.max(LEAST));
            return Some(at.saturating_add(ByteLen::from(position)));
        }
        probe.looked_at = probe.looked_at.saturating_add(read.0);
        probe.left = probe.left.saturating_sub(read.0.max(LEAST));
        at = at.saturating_add(read);
    }
    None
}

/// The first byte that is not zero; whole words first, for most of what is looked at is zero.
fn position_of_data(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    match words.iter().position(|word| u64::from_ne_bytes(*word) != 0) {
        Some(word) => {
            let within = words.get(word)?.iter().position(|byte| *byte != 0)?;
            word.checked_mul(8)?.checked_add(within)
        }
        None => rest.iter().position(|byte| *byte != 0)?.checked_add(words.len().checked_mul(8)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    #[test]
    fn the_first_byte_that_is_not_zero_is_found_wherever_it_stands() {
        for at in [0, 7, 8, 1000, PIECE - 1, PIECE, PIECE + 9, 2 * PIECE + 2] {
            let mut bytes = vec![0; 2 * PIECE + 3];
            bytes[at] = 1;
            let source = MemorySource::new(bytes);
            let whole = FileRange::new(FileOffset(0), source.size());
            let found = first_data(&source, whole, &mut Probe::new(ByteLen::mib(16)));
            assert_eq!(found, Some(FileOffset(at as u64)));
            let before = FileRange::new(FileOffset(0), ByteLen(at as u64));
            assert_eq!(first_data(&source, before, &mut Probe::new(ByteLen::mib(16))), None);
        }
    }

    #[test]
    fn the_budget_bounds_the_reading() {
        let mut bytes = vec![0; 4 * PIECE];
        bytes[3 * PIECE] = 1;
        let source = MemorySource::new(bytes);
        let whole = FileRange::new(FileOffset(0), source.size());
        let mut probe = Probe::new(ByteLen::from(2 * PIECE));
        assert_eq!(first_data(&source, whole, &mut probe), None);
        assert!(probe.is_spent());
        assert_eq!(probe.looked_at(), ByteLen::from(2 * PIECE));
    }
}
