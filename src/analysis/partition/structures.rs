//! The structures of a file as ranges that do not overlap.

use crate::units::{ByteLen, FileOffset, FileRange};

use super::{Piece, Usage};

/// Ranges in the order of the file, each claimed once.
#[derive(Debug)]
pub(super) struct Structures {
    pieces: Vec<Piece>,
    limit: FileOffset,
}

impl Structures {
    /// No structures yet, in a file of which `limit` bytes are looked at.
    pub(super) fn new(limit: FileOffset) -> Self {
        Self { pieces: Vec::new(), limit }
    }

    /// Claims what is still free of `range`.
    pub(super) fn add(&mut self, range: FileRange, usage: Usage) {
        let parts = self.free_parts(range);
        let in_order = match (self.pieces.last(), parts.first()) {
            (Some(last), Some(first)) => last.range.end() <= first.start,
            _ => true,
        };
        self.pieces.extend(parts.into_iter().map(|range| Piece { range, usage }));
        if !in_order {
            self.pieces.sort_by_key(|piece| piece.range);
        }
    }

    /// The parts of a range, in order, that no structure takes and that lie in the file.
    pub(super) fn free_parts(&self, range: FileRange) -> Vec<FileRange> {
        let end = range.end().min(self.limit);
        let mut at = range.start;
        let mut parts = Vec::new();
        let first = self.pieces.partition_point(|piece| piece.range.end() <= range.start);
        for piece in self.pieces.iter().skip(first).take_while(|piece| piece.range.start < end) {
            push(&mut parts, at, piece.range.start);
            at = at.max(piece.range.end());
        }
        push(&mut parts, at, end);
        parts
    }

    /// The ranges in the order of the file.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// What is left of the units of `unit` bytes in which structures lie.
    pub(super) fn leftovers(&self, unit: u64) -> Vec<FileRange> {
        let floor = |at: FileOffset| FileOffset(at.0.saturating_sub(at.0.checked_rem(unit).unwrap_or_default()));
        let ceil = |at: FileOffset| FileOffset(at.0.checked_next_multiple_of(unit).unwrap_or(at.0));
        let mut parts = Vec::new();
        let mut at = FileOffset::ZERO;
        for piece in &self.pieces {
            let (behind, before) = (ceil(at), floor(piece.range.start));
            if behind >= before {
                push(&mut parts, at, piece.range.start);
            } else {
                push(&mut parts, at, behind);
                push(&mut parts, before, piece.range.start);
            }
            at = piece.range.end();
        }
        push(&mut parts, at, ceil(at).min(self.limit));
        parts
    }
}

fn push(parts: &mut Vec<FileRange>, from: FileOffset, to: FileOffset) {
    let len = ByteLen(to.0.saturating_sub(from.0));
    if !len.is_zero() {
        parts.push(FileRange::new(from, len));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u64, end: u64) -> FileRange {
        FileRange::new(FileOffset(start), ByteLen(end - start))
    }

    #[test]
    fn who_comes_first_keeps_its_bytes() {
        let mut structures = Structures::new(FileOffset(95));
        structures.add(range(10, 20), Usage::Header);
        structures.add(range(0, 50), Usage::Log);
        structures.add(range(40, 200), Usage::Bat);
        let found: Vec<_> = structures.pieces().iter().map(|piece| (piece.range, piece.usage)).collect();
        assert_eq!(
            found,
            [
                (range(0, 10), Usage::Log),
                (range(10, 20), Usage::Header),
                (range(20, 50), Usage::Log),
                (range(50, 95), Usage::Bat),
            ]
        );
        assert!(structures.free_parts(range(5, 300)).is_empty());
    }

    #[test]
    fn the_rest_of_a_unit_is_told_apart_from_free_units() {
        let mut structures = Structures::new(FileOffset(97));
        for taken in [range(0, 10), range(12, 15), range(33, 40), range(91, 92)] {
            structures.add(taken, Usage::Log);
        }
        // Units of ten bytes: 20 to 30 and 40 to 90 are free as a whole.
        let expected = [range(10, 12), range(15, 20), range(30, 33), range(90, 91), range(92, 97)];
        assert_eq!(structures.leftovers(10), expected);
    }
}
