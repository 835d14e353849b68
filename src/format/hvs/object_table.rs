//! Object table: where key tables, file objects and further object tables lie. The last slot of a table leads to the
//! next one.

use binrw::BinRead;

use crate::error::Result;
use crate::format::{checksum, fixed};
use crate::units::{ByteLen, FileOffset, FileRange};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "object table";
/// The signature.
pub const SIGNATURE: u32 = 0x0111_0001;
/// Bytes of the header.
pub const HEADER_SIZE: ByteLen = ByteLen(8);
/// Bytes of an entry.
pub const ENTRY_SIZE: ByteLen = ByteLen(18);

/// Header of an object table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct ObjectTableHeader {
    /// [`SIGNATURE`] in an object table.
    pub signature: u32,
    /// Number of entries.
    pub entries_count: u32,
}

/// One entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectTableEntry {
    /// Where the entry itself lies.
    pub at: FileOffset,
    /// What the object is.
    pub object_type: ObjectType,
    /// CRC-32 of the entry as stored. Before version 0x301 it is no checksum of these bytes.
    pub checksum: u32,
    /// CRC-32 that the entry has.
    pub computed_checksum: u32,
    /// The object's place.
    pub range: FileRange,
    /// Bit 0: required. Says nothing about whether the object is there.
    pub flags: u8,
}

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectType {
    /// An unused entry.
    Empty,
    /// A further object table.
    ObjectTable,
    /// A key table.
    KeyTable,
    /// A long value.
    FileObject,
    /// Space to be used again; what stood there may still do.
    Free,
    /// A replay log.
    ReplayLog,
    /// A buffer of change tracking.
    ChangeTracking,
    /// Another number.
    Other(u8),
}

impl From<u8> for ObjectType {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Empty,
            1 => Self::ObjectTable,
            2 => Self::KeyTable,
            3 => Self::FileObject,
            4 => Self::Free,
            // These two are not in the description; other readers know them by these numbers.
            6 => Self::ReplayLog,
            7 => Self::ChangeTracking,
            other => Self::Other(other),
        }
    }
}

#[derive(BinRead)]
#[br(little)]
struct RawEntry {
    object_type: u8,
    checksum: u32,
    file_offset: u64,
    size: u32,
    flags: u8,
}

/// An object table, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct ObjectTable<'a> {
    at: FileOffset,
    bytes: &'a [u8],
    /// The table's header.
    pub header: ObjectTableHeader,
}

impl<'a> ObjectTable<'a> {
    /// Reads only the header of the table at `at`.
    pub fn parse_header(at: FileOffset, bytes: &[u8]) -> Result<ObjectTableHeader> {
        fixed::read(STRUCTURE, at, bytes, HEADER_SIZE)
    }

    /// The table at `at` whose bytes start `bytes`. They may be fewer than its entries need.
    pub fn parse(at: FileOffset, bytes: &'a [u8]) -> Result<Self> {
        Ok(Self { at, bytes, header: Self::parse_header(at, bytes)? })
    }

    /// Bytes of a table of this many entries.
    pub fn size_of(entries_count: u32) -> ByteLen {
        HEADER_SIZE.saturating_add(ByteLen(u64::from(entries_count).saturating_mul(ENTRY_SIZE.0)))
    }

    /// The entries that lie inside the bytes, in order.
    pub fn entries(&self) -> impl Iterator<Item = ObjectTableEntry> + use<'a> {
        let (table_at, bytes) = (self.at, self.bytes.get(8..).unwrap_or_default());
        let count = usize::try_from(self.header.entries_count).unwrap_or(usize::MAX);
        bytes.chunks_exact(18).take(count).enumerate().filter_map(move |(number, bytes)| {
            let from = HEADER_SIZE.saturating_add(ByteLen(ByteLen::from(number).0.saturating_mul(ENTRY_SIZE.0)));
            let at = table_at.saturating_add(from);
            let raw: RawEntry = fixed::read(STRUCTURE, at, bytes, ENTRY_SIZE).ok()?;
            Some(ObjectTableEntry {
                at,
                object_type: ObjectType::from(raw.object_type),
                checksum: raw.checksum,
                computed_checksum: checksum::crc32_without_field(bytes, 1),
                range: FileRange::new(FileOffset(raw.file_offset), ByteLen(raw.size.into())),
                flags: raw.flags,
            })
        })
    }
}
