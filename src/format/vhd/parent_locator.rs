//! Parent locators ("Dynamic Disk Header Format", Parent Locator Entries): ways to the parent, one for each platform.

use binrw::BinRead;

use crate::format::text::Utf16Text;
use crate::units::{ByteLen, FileOffset, FileRange};

use super::SECTOR_SIZE;

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "parent locator";
/// Entries in the dynamic disk header.
pub const ENTRY_COUNT: usize = 8;
/// Bytes of an entry.
pub const ENTRY_SIZE: ByteLen = ByteLen(24);

/// One entry of the dynamic disk header; the data it speaks of lies elsewhere in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BinRead)]
#[br(big)]
pub struct ParentLocatorEntry {
    /// Offset of the entry in the file.
    #[br(ignore)]
    pub at: FileOffset,
    /// What kind of data it is.
    pub platform_code: PlatformCode,
    /// Room set aside for the data, as stored; see [`room`](Self::room).
    pub platform_data_space: u32,
    /// Bytes of the data.
    pub platform_data_length: u32,
    /// Zero by the specification.
    pub reserved: u32,
    /// Offset of the data in the file.
    #[br(map = FileOffset)]
    pub platform_data_offset: FileOffset,
}

/// How the data of a locator is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BinRead)]
#[br(big)]
#[br(map = Self::from_code)]
pub enum PlatformCode {
    /// Zero: the entry is not used.
    None,
    /// `Wi2r`, deprecated: a Windows path relative to the child, in bytes of an unknown code page.
    Wi2r,
    /// `Wi2k`, deprecated: an absolute Windows path in bytes of an unknown code page.
    Wi2k,
    /// `W2ru`: a Windows path relative to the child, in little-endian UTF-16.
    W2ru,
    /// `W2ku`: an absolute Windows path in little-endian UTF-16.
    W2ku,
    /// `Mac `: an alias of Mac OS, which is no text.
    Mac,
    /// `MacX`: a `file:` URL in UTF-8 (RFC 2396).
    MacX,
    /// Any other code.
    Other([u8; 4]),
}

/// The data of a locator: what is stored, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocatorData {
    /// The bytes as stored.
    pub raw: Vec<u8>,
    /// The path or URL without NULs at its end, with U+FFFD for what is no text; `None` where the code promises none.
    pub text: Option<String>,
    /// Whether [`text`](Self::text) is all that is stored, NULs at the end aside.
    pub exact: bool,
}

impl ParentLocatorEntry {
    /// Whether the entry has a code.
    pub fn is_used(&self) -> bool {
        self.platform_code != PlatformCode::None
    }

    /// Where the data lies.
    pub fn data(&self) -> FileRange {
        FileRange::new(self.platform_data_offset, ByteLen(u64::from(self.platform_data_length)))
    }

    /// The room set aside for the data. The specification counts it in sectors, Windows and everybody else in bytes;
    /// no room is smaller than a sector, so a number below 512 is taken as sectors.
    pub fn room(&self) -> FileRange {
        let stored = u64::from(self.platform_data_space);
        let bytes = if stored < SECTOR_SIZE.0 { stored.saturating_mul(SECTOR_SIZE.0) } else { stored };
        FileRange::new(self.platform_data_offset, ByteLen(bytes))
    }
}

impl PlatformCode {
    /// The kind of a stored code.
    pub const fn from_code(code: [u8; 4]) -> Self {
        match &code {
            b"\0\0\0\0" => Self::None,
            b"Wi2r" => Self::Wi2r,
            b"Wi2k" => Self::Wi2k,
            b"W2ru" => Self::W2ru,
            b"W2ku" => Self::W2ku,
            b"Mac " => Self::Mac,
            b"MacX" => Self::MacX,
            _ => Self::Other(code),
        }
    }

    /// The code as stored.
    pub const fn code(self) -> [u8; 4] {
        match self {
            Self::None => [0; 4],
            Self::Wi2r => *b"Wi2r",
            Self::Wi2k => *b"Wi2k",
            Self::W2ru => *b"W2ru",
            Self::W2ku => *b"W2ku",
            Self::Mac => *b"Mac ",
            Self::MacX => *b"MacX",
            Self::Other(code) => code,
        }
    }

    /// Whether the data is a path from the child's folder.
    pub const fn is_relative(self) -> bool {
        matches!(self, Self::W2ru | Self::Wi2r)
    }

    /// Reads the data of a locator with this code.
    pub fn decode(self, raw: &[u8]) -> LocatorData {
        let (text, exact) = match self {
            Self::W2ru | Self::W2ku => {
                let text = Utf16Text::from_bytes(raw);
                (Some(text.lossy()), text.exact().is_some())
            }
            Self::MacX => (Some(String::from_utf8_lossy(raw).into_owned()), str::from_utf8(raw).is_ok()),
            // Which code page it was is not recorded; ASCII is the same in all that Windows uses.
            Self::Wi2r | Self::Wi2k => (Some(ascii_lossy(raw)), raw.is_ascii()),
            Self::None | Self::Mac | Self::Other(_) => (None, false),
        };
        let text = text.map(|text| text.trim_end_matches('\0').to_owned());
        LocatorData { raw: raw.to_vec(), text, exact }
    }
}

fn ascii_lossy(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn entry(bytes: &[u8; 24]) -> ParentLocatorEntry {
        ParentLocatorEntry::read(&mut Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn every_code_survives() {
        for code in [b"\0\0\0\0", b"Wi2r", b"Wi2k", b"W2ru", b"W2ku", b"Mac ", b"MacX", b"Lnx "] {
            assert_eq!(&PlatformCode::from_code(*code).code(), code);
        }
        assert_eq!(PlatformCode::from_code(0x5732_7275_u32.to_be_bytes()), PlatformCode::W2ru);
        assert_eq!(PlatformCode::from_code(0x5732_6B75_u32.to_be_bytes()), PlatformCode::W2ku);
        assert_eq!(PlatformCode::from_code(0x4D61_6358_u32.to_be_bytes()), PlatformCode::MacX);
        assert_eq!(PlatformCode::from_code(0x4D61_6320_u32.to_be_bytes()), PlatformCode::Mac);
        assert_eq!(PlatformCode::from_code(0x5769_3272_u32.to_be_bytes()), PlatformCode::Wi2r);
        assert_eq!(PlatformCode::from_code(0x5769_326B_u32.to_be_bytes()), PlatformCode::Wi2k);
    }

    #[test]
    fn room_is_counted_in_bytes_by_everybody_but_the_specification() {
        // Windows 10.
        let windows = entry(b"W2ku\0\0\x10\0\0\0\0\x56\0\0\0\0\0\0\0\0\0\0\x10\0");
        assert_eq!(windows.data(), FileRange::new(FileOffset(0x1000), ByteLen(0x56)));
        assert_eq!(windows.room(), FileRange::new(FileOffset(0x1000), ByteLen(0x1000)));
        // By the specification: two sectors.
        let sectors = entry(b"W2ku\0\0\0\x02\0\0\0\x56\0\0\0\0\0\0\0\0\0\0\x10\0");
        assert_eq!(sectors.room().len, ByteLen(1024));
        assert!(sectors.is_used() && !entry(&[0; 24]).is_used());
    }

    #[test]
    fn each_code_reads_its_data() {
        for (code, raw, text, exact) in [
            (PlatformCode::W2ru, &b".\0\\\0a\0\xE4\0"[..], Some(".\\a\u{E4}"), true),
            (PlatformCode::W2ku, b"C\0:\0\\\0a\0\0\0", Some("C:\\a"), true),
            (PlatformCode::W2ku, b"a\0\x00\xD8b\0", Some("a\u{FFFD}b"), false),
            (PlatformCode::W2ku, b"a\0b", Some("a\u{FFFD}"), false),
            (PlatformCode::W2ru, b"", Some(""), true),
            (PlatformCode::Wi2r, b".\\a.vhd\0", Some(".\\a.vhd"), true),
            (PlatformCode::Wi2k, b"C:\\\x84.vhd", Some("C:\\\u{FFFD}.vhd"), false),
            (PlatformCode::MacX, "file:///Volumes/ä.vhd".as_bytes(), Some("file:///Volumes/ä.vhd"), true),
            (PlatformCode::MacX, b"file:///\xff", Some("file:///\u{FFFD}"), false),
            (PlatformCode::Mac, b"\0\0\0\0\0\x96", None, false),
            (PlatformCode::Other(*b"Lnx "), b"a", None, false),
        ] {
            let data = code.decode(raw);
            assert_eq!((data.text.as_deref(), data.exact), (text, exact), "{code:?} {raw:?}");
            assert_eq!(data.raw, raw);
        }
    }
}
