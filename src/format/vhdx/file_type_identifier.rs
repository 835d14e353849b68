//! File type identifier (MS-VHDX 2.2.1): signature and creator, at offset 0.

use binrw::BinRead;

use crate::error::Result;
use crate::format::fixed;
use crate::format::text::Utf16Text;
use crate::units::{ByteLen, FileOffset};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "file type identifier";
/// "vhdxfile", the first eight bytes of every VHDX file.
pub const SIGNATURE: [u8; 8] = *b"vhdxfile";
/// Bytes of the two fields: 8 of signature and 512 of creator.
pub const SIZE: ByteLen = ByteLen(8 + 512);
/// Offset in the file.
pub const OFFSET: FileOffset = FileOffset(0);

/// What stands at the start of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileTypeIdentifier {
    /// [`SIGNATURE`] in a VHDX file.
    pub signature: [u8; 8],
    /// The program that made the file, up to its terminating NUL; diagnostic only.
    pub creator: Utf16Text,
}

#[derive(BinRead)]
#[br(little)]
struct Raw {
    #[br(map = u64::to_le_bytes)]
    signature: [u8; 8],
}

impl FileTypeIdentifier {
    /// Reads the structure from the first [`SIZE`] bytes of the file.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        let raw: Raw = fixed::read(STRUCTURE, OFFSET, bytes, SIZE)?;
        // Taken as it lies, for binrw reads an array byte by byte.
        let creator = bytes.get(8..520).unwrap_or_default();
        Ok(Self { signature: raw.signature, creator: Utf16Text::from_bytes_until_nul(creator) })
    }
}
