//! Key table: keys with their values, packed one behind the other. Which key stands below which is told by the table's
//! number and the offset of the parent, which may come later in the file than its children.

use binrw::BinRead;

use crate::error::{Error, Result};
use crate::format::{checksum, fixed};
use crate::units::{ByteLen, FileOffset, FileRange};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "key table";
/// Name of an entry in errors and findings.
pub const ENTRY_STRUCTURE: &str = "key";
/// The signature.
pub const SIGNATURE: u16 = 0x0002;
/// Bytes of the header; the first entry follows.
pub const HEADER_SIZE: ByteLen = ByteLen(10);
/// Bytes of an entry's header.
pub const ENTRY_HEADER_SIZE: ByteLen = ByteLen(21);
/// Flag of an entry whose value lies elsewhere in the file.
pub const FLAG_FILE_OBJECT: u8 = 0x01;

/// Header of a key table.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct KeyTableHeader {
    /// [`SIGNATURE`] in a key table.
    pub signature: u16,
    /// The table's number, from 1.
    pub table_index: u16,
    /// One more with each change; of two tables of one number the one with the higher counts.
    pub sequence_number: u16,
    /// CRC-32 of these ten bytes as stored.
    pub checksum: u32,
    /// CRC-32 that they have.
    #[br(ignore)]
    pub computed_checksum: u32,
}

/// Header of an entry.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct KeyEntryHeader {
    /// Type of the value.
    pub key_type: u8,
    /// Bit 0: [`FLAG_FILE_OBJECT`]; bit 1: subcomponent; bit 2: change tracking.
    pub flags: u8,
    /// Bytes of the whole entry; unused ones may follow the value.
    pub size: u32,
    /// Number of the parent's table; 0 with offset 0 is the root.
    pub parent_table_index: u16,
    /// Offset of the parent in its table, from the table's first byte.
    pub parent_offset: u32,
    /// CRC-32 of header, name and value as stored; what follows the value is not covered.
    pub checksum: u32,
    /// Order among siblings.
    pub insertion_sequence: u32,
    /// Units of the name, its NUL included: bytes, in version 0x100 UTF-16 units.
    pub name_length: u8,
}

/// A value as the bytes have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum KeyValue<'a> {
    /// Type 1: nothing; hosts fill it with 0xFD.
    Free,
    /// Type 3.
    Int(i64),
    /// Type 4.
    UInt(u64),
    /// Type 5.
    Double(f64),
    /// Type 6: UTF-16, mostly with a NUL at its end.
    String(&'a [u8]),
    /// Type 7.
    Array(&'a [u8]),
    /// Type 8: zero is false.
    Bool(u32),
    /// Type 9: a key that others stand below.
    Node,
    /// The value lies elsewhere in the file.
    FileObject(FileRange),
    /// A type that is not described.
    Unknown(&'a [u8]),
}

/// A key table, borrowed.
#[derive(Clone, Debug)]
pub struct KeyTable<'a> {
    at: FileOffset,
    bytes: &'a [u8],
    wide_names: bool,
    /// The table's header.
    pub header: KeyTableHeader,
}

/// An entry, borrowed.
#[derive(Clone, Debug)]
pub struct KeyEntry<'a> {
    /// Where it lies in the file.
    pub at: FileOffset,
    /// Offset in its table, from the table's first byte: what its children name it by.
    pub offset: u32,
    /// Its header.
    pub header: KeyEntryHeader,
    wide_names: bool,
    /// The whole entry, unused bytes at its end included.
    bytes: &'a [u8],
}

impl<'a> KeyTable<'a> {
    /// The table at `at` whose bytes are `bytes`; `wide_names` for version 0x100.
    pub fn parse(at: FileOffset, bytes: &'a [u8], wide_names: bool) -> Result<Self> {
        let header: KeyTableHeader = fixed::read(STRUCTURE, at, bytes, HEADER_SIZE)?;
        let covered = bytes.get(..10).unwrap_or(bytes);
        let header = KeyTableHeader { computed_checksum: checksum::crc32_without_field(covered, 6), ..header };
        Ok(Self { at, bytes, wide_names, header })
    }

    /// The entries one after the other, free ones included, up to an entry of size 0 or the end. An entry whose size
    /// cannot be ends it with an error.
    pub fn entries(&self) -> impl Iterator<Item = Result<KeyEntry<'a>>> + use<'a> {
        let (table_at, bytes, wide_names) = (self.at, self.bytes, self.wide_names);
        let mut offset = HEADER_SIZE.0;
        let mut ended = false;
        std::iter::from_fn(move || {
            let rest = bytes.get(ByteLen(offset).to_usize()?..)?;
            if ended || ByteLen::from(rest.len()) < ENTRY_HEADER_SIZE {
                return None;
            }
            let at = table_at.saturating_add(ByteLen(offset));
            let header: KeyEntryHeader = match fixed::read(ENTRY_STRUCTURE, at, rest, ENTRY_HEADER_SIZE) {
                Ok(header) => header,
                Err(error) => {
                    ended = true;
                    return Some(Err(error));
                }
            };
            if header.size == 0 {
                ended = true;
                return None;
            }
            let size = ByteLen(header.size.into());
            let whole = size.to_usize().and_then(|size| rest.get(..size)).filter(|_| size >= ENTRY_HEADER_SIZE);
            let (Some(bytes), Ok(place)) = (whole, u32::try_from(offset)) else {
                ended = true;
                let what = format!("a size of {size} bytes, with {} bytes of the table left", rest.len());
                return Some(Err(Error::malformed(ENTRY_STRUCTURE, at, what)));
            };
            offset = offset.saturating_add(size.0);
            Some(Ok(KeyEntry { at, offset: place, header, wide_names, bytes }))
        })
    }
}

impl<'a> KeyEntry<'a> {
    /// The name without its NUL, or `None` where the entry is too short for it.
    pub fn name(&self) -> Option<String> {
        let name = self.bytes.get(21..self.name_end())?;
        if self.wide_names {
            let units =
                name.as_chunks::<2>().0.iter().map(|unit| u16::from_le_bytes(*unit)).take_while(|unit| *unit != 0);
            let text = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER));
            return Some(text.collect());
        }
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        Some(String::from_utf8_lossy(name.get(..end).unwrap_or_default()).into_owned())
    }

    /// The value, or why its bytes cannot be read as its type says.
    pub fn value(&self) -> Result<KeyValue<'a>> {
        let data = self.bytes.get(self.name_end()..).ok_or_else(|| self.short(self.header.name_length.into()))?;
        let fixed = |needed| self.short(needed);
        if self.header.flags & FLAG_FILE_OBJECT != 0 && self.header.key_type != 1 {
            let (size, rest) = data.split_first_chunk::<4>().ok_or_else(|| fixed(12))?;
            let place = rest.first_chunk::<8>().ok_or_else(|| fixed(12))?;
            let range =
                FileRange::new(FileOffset(u64::from_le_bytes(*place)), ByteLen(u32::from_le_bytes(*size).into()));
            return Ok(KeyValue::FileObject(range));
        }
        let eight = || data.first_chunk::<8>().ok_or_else(|| fixed(8));
        Ok(match self.header.key_type {
            1 => KeyValue::Free,
            3 => KeyValue::Int(i64::from_le_bytes(*eight()?)),
            4 => KeyValue::UInt(u64::from_le_bytes(*eight()?)),
            5 => KeyValue::Double(f64::from_le_bytes(*eight()?)),
            6 => KeyValue::String(self.counted(data)?),
            7 => KeyValue::Array(self.counted(data)?),
            8 => KeyValue::Bool(u32::from_le_bytes(*data.first_chunk::<4>().ok_or_else(|| fixed(4))?)),
            9 => KeyValue::Node,
            _ => KeyValue::Unknown(data),
        })
    }

    /// CRC-32 that the entry has, or `None` where nothing tells how far its value reaches.
    pub fn computed_checksum(&self) -> Option<u32> {
        let data = self.bytes.get(self.name_end()..)?;
        let value = match self.header.key_type {
            1 => return None,
            _ if self.header.flags & FLAG_FILE_OBJECT != 0 => 12,
            3..=5 => 8,
            6 | 7 => self.counted(data).ok()?.len().saturating_add(4),
            8 => 4,
            9 => 12,
            _ => return None,
        };
        let covered = self.bytes.get(..self.name_end().saturating_add(value))?;
        Some(checksum::crc32_without_field(covered, 12))
    }

    /// The entry's place in the file.
    pub fn range(&self) -> FileRange {
        FileRange::new(self.at, ByteLen::from(self.bytes.len()))
    }

    fn name_end(&self) -> usize {
        let unit = if self.wide_names { 2 } else { 1 };
        usize::from(self.header.name_length).saturating_mul(unit).saturating_add(21)
    }

    fn counted(&self, data: &'a [u8]) -> Result<&'a [u8]> {
        let (count, rest) = data.split_first_chunk::<4>().ok_or_else(|| self.short(4))?;
        let count = u32::from_le_bytes(*count);
        let bytes = usize::try_from(count).ok().and_then(|count| rest.get(..count));
        bytes.ok_or_else(|| self.short(u64::from(count).saturating_add(4)))
    }

    fn short(&self, needed: u64) -> Error {
        let what = format!("needs {needed} bytes for its value, and has not so many");
        Error::malformed(ENTRY_STRUCTURE, self.at, what)
    }
}
