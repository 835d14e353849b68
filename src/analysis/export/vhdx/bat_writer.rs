//! The BAT, written in pieces as blocks are stored: that of a large disk takes half a gibibyte.

use crate::error::Result;
use crate::format::vhdx::bat::{self, PayloadState};
use crate::units::{BatIndex, ByteLen, FileOffset, FileRange};

use super::NewFile;

/// Bytes of BAT that are held in memory.
const PIECE: u64 = 64 << 10;

/// Collects entries, whose indexes must not fall, and writes each piece once. Pieces without an entry stay holes.
pub(super) struct BatWriter {
    region: FileRange,
    piece: Vec<u8>,
    /// Offset of the piece from the start of the BAT.
    piece_at: u64,
}

impl BatWriter {
    pub(super) fn new(region: FileRange) -> Self {
        Self { region, piece: Vec::new(), piece_at: 0 }
    }

    /// Says that the block of an entry is present at `place`.
    pub(super) fn set(&mut self, file: &mut NewFile, index: BatIndex, place: FileOffset) -> Result<()> {
        let offset = index.get().saturating_mul(bat::ENTRY_SIZE);
        let piece_at = offset.saturating_sub(offset % PIECE);
        if piece_at != self.piece_at {
            self.finish(file)?;
            self.piece_at = piece_at;
        }
        let entry = place.get() | u64::from(u8::from(PayloadState::FullyPresent));
        let start = ByteLen(offset.saturating_sub(piece_at)).to_usize().unwrap_or_default();
        self.piece.resize(start, 0);
        self.piece.extend_from_slice(&entry.to_le_bytes());
        Ok(())
    }

    /// Writes what is in memory.
    pub(super) fn finish(&mut self, file: &mut NewFile) -> Result<()> {
        if !self.piece.is_empty() {
            file.write_at(self.region.start.saturating_add(ByteLen(self.piece_at)), &self.piece)?;
            self.piece.clear();
        }
        Ok(())
    }
}
