//! A new dynamic VHDX: an empty log, five metadata items, and the blocks that are not all zero, in their order.
//!
//! Blocks that are zero are not stored at all (`NOT_PRESENT`), as in a disk that Hyper-V has just made.

mod bat_writer;
mod layout;
mod structures;

use crate::chain::Piece;
use crate::error::Result;
use crate::units::{BlockIndex, ByteLen, FileOffset, VirtualOffset};

use super::Sink;
use super::new_file::NewFile;
use super::stored::stored_parts;
use bat_writer::BatWriter;

pub(super) use layout::Layout;

/// Writes a VHDX file.
pub(super) struct VhdxSink<'a> {
    file: &'a mut NewFile,
    layout: Layout,
    bat: BatWriter,
    /// The block that was stored last, and where.
    block: Option<(BlockIndex, FileOffset)>,
    /// The first byte that no block takes.
    end: FileOffset,
}

impl<'a> VhdxSink<'a> {
    pub(super) fn new(file: &'a mut NewFile, layout: Layout) -> Self {
        let (bat, end) = (BatWriter::new(layout.bat), layout.payload);
        Self { file, layout, bat, block: None, end }
    }

    /// Where a block is stored; the first time it is asked for, the file grows by it.
    fn place(&mut self, block: BlockIndex) -> Result<FileOffset> {
        match self.block {
            Some((last, place)) if last == block => Ok(place),
            _ => {
                let place = self.end;
                self.end = place.saturating_add(self.layout.block_size);
                self.bat.set(self.file, self.layout.chunk_ratio.payload_index(block), place)?;
                self.block = Some((block, place));
                Ok(place)
            }
        }
    }

    fn store(&mut self, mut at: VirtualOffset, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let (block, within) = self.layout.block_of(at);
            let room = self.layout.block_size.saturating_sub(within).to_usize().unwrap_or(usize::MAX);
            let (part, rest) = bytes.split_at(room.min(bytes.len()));
            let place = self.place(block)?.saturating_add(within);
            self.file.write_at(place, part)?;
            at = at.saturating_add(ByteLen::from(part.len()));
            bytes = rest;
        }
        Ok(())
    }
}

impl Sink for VhdxSink<'_> {
    fn write(&mut self, piece: &Piece) -> Result<()> {
        if let Piece::Data(at, bytes) = piece {
            for (at, part) in stored_parts(*at, bytes) {
                self.store(at, part)?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        self.bat.finish(self.file)?;
        structures::write(self.file, &self.layout)?;
        // The last block counts in full, whatever part of it was written.
        self.file.set_len(ByteLen(self.end.get()))
    }
}
