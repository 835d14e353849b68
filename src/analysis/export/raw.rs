//! The bytes of the virtual disk as a file, with holes where they are zero.

use crate::chain::Piece;
use crate::error::Result;
use crate::units::{ByteLen, FileOffset};

use super::Sink;
use super::new_file::NewFile;
use super::stored::stored_parts;

/// Writes a raw file.
pub(super) struct RawSink<'a> {
    file: &'a mut NewFile,
    size: ByteLen,
}

impl<'a> RawSink<'a> {
    pub(super) fn new(file: &'a mut NewFile, size: ByteLen) -> Self {
        Self { file, size }
    }
}

impl Sink for RawSink<'_> {
    fn write(&mut self, piece: &Piece) -> Result<()> {
        if let Piece::Data(at, bytes) = piece {
            for (at, part) in stored_parts(*at, bytes) {
                self.file.write_at(FileOffset(at.get()), part)?;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        self.file.set_len(self.size)
    }
}
