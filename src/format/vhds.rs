//! The VHD set's own file (.vhds): a small file that several machines attach, and that names the disk behind it.
//!
//! Microsoft publishes no description. What stands here was read from a file that Windows wrote: an identifier with the
//! creator's name, two headers of which the one with the higher number counts, and the stored name that a header points
//! at. Fields without a known meaning are passed by.

use binrw::BinRead;

use crate::error::Result;
use crate::format::fixed;
use crate::format::text::Utf16Text;
use crate::units::{ByteLen, FileOffset, FileRange};

/// The first bytes of the file.
pub const SIGNATURE: [u8; 8] = *b"vhdsetv1";
/// Where the two headers lie.
pub const HEADER_OFFSETS: [FileOffset; 2] = [FileOffset(64 << 10), FileOffset(128 << 10)];
/// Names of the two headers in errors.
pub const STRUCTURES: [&str; 2] = ["VHD set header 1", "VHD set header 2"];
/// Name of the stored name in errors.
pub const STORED_NAME: &str = "VHD set stored name";
/// "shdr".
pub const HEADER_SIGNATURE: [u8; 4] = *b"shdr";
/// Bytes of a header that are read.
pub const HEADER_SIZE: ByteLen = ByteLen(36);

/// One of the two headers.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct Header {
    /// [`HEADER_SIGNATURE`] in a header.
    pub signature: [u8; 4],
    /// The header with the higher number is the current one.
    #[br(pad_before = 4)]
    pub sequence_number: u64,
    /// Where the stored name lies, in bytes from the start of the file.
    #[br(pad_before = 12, map = |at: u32| FileOffset(at.into()))]
    pub name_offset: FileOffset,
    /// Bytes of the stored name, the NUL at its end included.
    #[br(map = |len: u32| ByteLen(len.into()))]
    pub name_length: ByteLen,
}

impl Header {
    /// Reads the header whose bytes lie at `at`; `structure` is its name in errors.
    pub fn parse(structure: &'static str, at: FileOffset, bytes: &[u8]) -> Result<Self> {
        fixed::read(structure, at, bytes, HEADER_SIZE)
    }

    /// Whether it is a header at all.
    pub fn is_signed(&self) -> bool {
        self.signature == HEADER_SIGNATURE
    }

    /// Where the stored name lies.
    pub fn name_range(&self) -> FileRange {
        FileRange::new(self.name_offset, self.name_length)
    }
}

/// The stored name: a file name in UTF-16, without a folder.
pub fn stored_name(bytes: &[u8]) -> Utf16Text {
    Utf16Text::from_bytes_until_nul(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_as_windows_10_writes_it() {
        // Bytes of a VHD set that Windows 10.0.10011 made.
        let bytes = [
            0x73, 0x68, 0x64, 0x72, 0x00, 0xE0, 0xFF, 0xFF, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0xE2, 0x08, 0xEB, 0x9A,
            7, 0, 0, 0, 0, 0, 4, 0, 0x5E, 0, 0, 0,
        ];
        let header = Header::parse(STRUCTURES[1], HEADER_OFFSETS[1], &bytes).unwrap();
        assert!(header.is_signed());
        assert_eq!(header.sequence_number, 1);
        assert_eq!(header.name_range(), FileRange::new(FileOffset(0x40000), ByteLen(94)));
        let short = Header::parse(STRUCTURES[0], HEADER_OFFSETS[0], &bytes[..35]);
        assert_eq!(short.unwrap_err().offset(), Some(HEADER_OFFSETS[0]));
    }

    #[test]
    fn the_name_ends_at_its_nul() {
        assert_eq!(stored_name(b"a\0.\0x\0\0\0\0\0").lossy(), "a.x");
    }
}
