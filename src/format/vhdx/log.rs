//! Log (MS-VHDX 2.3): a ring of entries, each a header, descriptors, and a data sector for every data descriptor.

use binrw::BinRead;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::format::{checksum, fixed};
use crate::units::{ByteLen, FileOffset, FileRange};

/// Name of the whole ring in errors and findings.
pub const STRUCTURE: &str = "log";
/// Name of an entry in errors and findings.
pub const ENTRY_STRUCTURE: &str = "log entry";
/// "loge".
pub const ENTRY_SIGNATURE: [u8; 4] = *b"loge";
/// "zero".
pub const ZERO_SIGNATURE: [u8; 4] = *b"zero";
/// "desc".
pub const DATA_SIGNATURE: [u8; 4] = *b"desc";
/// "data".
pub const SECTOR_SIGNATURE: [u8; 4] = *b"data";
/// Unit of the ring: entries start and end on it, a data sector is one.
pub const SECTOR: ByteLen = ByteLen::kib(4);
/// Bytes of an entry's header.
pub const ENTRY_HEADER_SIZE: u64 = 64;
/// Bytes of a descriptor of either kind.
pub const DESCRIPTOR_SIZE: u64 = 32;

/// Header of a log entry (MS-VHDX 2.3.1.1).
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct LogEntryHeader {
    /// [`ENTRY_SIGNATURE`] in an entry.
    #[br(map = u32::to_le_bytes)]
    pub signature: [u8; 4],
    /// CRC-32C of the whole entry, as stored.
    pub checksum: u32,
    /// Bytes of the entry; a multiple of 4 KiB.
    pub entry_length: u32,
    /// Where in the ring the oldest entry lies that had to be replayed when this one was written.
    pub tail: u32,
    /// One more than the entry before.
    pub sequence_number: u64,
    /// Number of descriptors. Four bytes: the specification's text says eight, its layout and all files four.
    pub descriptor_count: u32,
    /// Reserved.
    pub reserved: u32,
    /// The header's log GUID when this entry was written.
    #[br(map = fixed::guid)]
    pub log_guid: Uuid,
    /// Bytes of the file that were certainly on stable storage; a file shorter than this has been cut off.
    #[br(map = ByteLen)]
    pub flushed_file_offset: ByteLen,
    /// Bytes of the file into which everything allocated fits; a shorter file is to be extended to this.
    #[br(map = ByteLen)]
    pub last_file_offset: ByteLen,
}

/// A descriptor (MS-VHDX 2.3.1.2 and 2.3.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Descriptor {
    /// A range of the file to be filled with zeros.
    Zero {
        /// The range; both numbers are multiples of 4 KiB.
        range: FileRange,
        /// The entry's sequence number.
        sequence_number: u64,
    },
    /// A 4 KiB sector of the file to be written.
    Data {
        /// Where the sector goes; a multiple of 4 KiB.
        file_offset: FileOffset,
        /// The sector's first eight bytes, whose place in the data sector its signature takes.
        leading_bytes: [u8; 8],
        /// The sector's last four bytes, whose place in the data sector its sequence number takes.
        trailing_bytes: [u8; 4],
        /// The entry's sequence number.
        sequence_number: u64,
    },
    /// Neither signature: what stands there instead.
    Unknown([u8; 4]),
}

#[derive(BinRead)]
#[br(little)]
struct RawDescriptor {
    signature: [u8; 4],
    trailing_bytes: [u8; 4],
    leading_bytes: [u8; 8],
    file_offset: u64,
    sequence_number: u64,
}

/// A data sector (MS-VHDX 2.3.1.4), borrowed.
#[derive(Clone, Copy, Debug)]
pub struct DataSector<'a> {
    /// [`SECTOR_SIGNATURE`] in a data sector.
    pub signature: [u8; 4],
    /// The entry's sequence number, its high half from the start and its low half from the end of the sector.
    pub sequence_number: u64,
    /// The sector's bytes 8 to 4091.
    pub data: &'a [u8],
}

impl DataSector<'_> {
    /// The 4 KiB that belong into the file.
    pub fn restore(&self, leading_bytes: [u8; 8], trailing_bytes: [u8; 4]) -> Vec<u8> {
        [&leading_bytes[..], self.data, &trailing_bytes[..]].concat()
    }
}

/// An entry whose bytes lie in one piece (an entry that wraps around the ring is to be put together first).
#[derive(Clone, Debug)]
pub struct LogEntry<'a> {
    at: FileOffset,
    bytes: &'a [u8],
    /// The entry's header.
    pub header: LogEntryHeader,
}

impl<'a> LogEntry<'a> {
    /// Reads the header of the entry at `at` from the first bytes of the entry.
    pub fn parse_header(at: FileOffset, bytes: &[u8]) -> Result<LogEntryHeader> {
        fixed::read(ENTRY_STRUCTURE, at, bytes, ByteLen(ENTRY_HEADER_SIZE))
    }

    /// The entry at `at` whose bytes start `bytes`. Fails where they are fewer than the entry says it has, or fewer
    /// than its descriptors and data sectors need.
    pub fn parse(at: FileOffset, bytes: &'a [u8]) -> Result<Self> {
        let header = Self::parse_header(at, bytes)?;
        let length = ByteLen(header.entry_length.into());
        let whole = length
            .to_usize()
            .and_then(|len| bytes.get(..len))
            .ok_or_else(|| Error::truncated(ENTRY_STRUCTURE, at, length, ByteLen::from(bytes.len())))?;
        let entry = Self { at, bytes: whole, header };
        let needed = entry.descriptor_area();
        if needed > length {
            return Err(Error::truncated(ENTRY_STRUCTURE, at, needed, length));
        }
        Ok(entry)
    }

    /// CRC-32C that the entry has.
    pub fn computed_checksum(&self) -> u32 {
        checksum::crc32c_without_field(self.bytes, 4)
    }

    /// Bytes that header and descriptors take: whole sectors, 126 descriptors in the first and 128 in each other.
    fn descriptor_area(&self) -> ByteLen {
        let count = u64::from(self.header.descriptor_count);
        let bytes = ENTRY_HEADER_SIZE.saturating_add(count.saturating_mul(DESCRIPTOR_SIZE));
        ByteLen(bytes.div_ceil(SECTOR.0).saturating_mul(SECTOR.0))
    }

    /// The descriptors with their offsets from the start of the entry, in order.
    pub fn descriptors(&self) -> impl Iterator<Item = (ByteLen, Descriptor)> + '_ {
        (0..u64::from(self.header.descriptor_count)).map_while(|number| {
            let from = ENTRY_HEADER_SIZE.saturating_add(number.saturating_mul(DESCRIPTOR_SIZE));
            let bytes = self.bytes.get(usize::try_from(from).ok()?..)?;
            let at = self.at.saturating_add(ByteLen(from));
            let raw: RawDescriptor = fixed::read(ENTRY_STRUCTURE, at, bytes, ByteLen(DESCRIPTOR_SIZE)).ok()?;
            Some((ByteLen(from), Descriptor::from_raw(&raw)))
        })
    }

    /// The data sector of the `number`th data descriptor, or `None` where the entry ends before it.
    pub fn data_sector(&self, number: u64) -> Option<DataSector<'a>> {
        let start = self.descriptor_area().0.checked_add(number.checked_mul(SECTOR.0)?)?;
        let sector = self.bytes.get(usize::try_from(start).ok()?..)?.first_chunk::<4096>()?;
        let (signature, rest) = sector.split_first_chunk::<4>()?;
        let (high, rest) = rest.split_first_chunk::<4>()?;
        let (data, low) = rest.split_last_chunk::<4>()?;
        let sequence_number = u64::from(u32::from_le_bytes(*high)) << 32 | u64::from(u32::from_le_bytes(*low));
        Some(DataSector { signature: *signature, sequence_number, data })
    }
}

impl Descriptor {
    fn from_raw(raw: &RawDescriptor) -> Self {
        let file_offset = FileOffset(raw.file_offset);
        match raw.signature {
            // In a zero descriptor the eight bytes hold the length.
            ZERO_SIGNATURE => Self::Zero {
                range: FileRange::new(file_offset, ByteLen(u64::from_le_bytes(raw.leading_bytes))),
                sequence_number: raw.sequence_number,
            },
            DATA_SIGNATURE => Self::Data {
                file_offset,
                leading_bytes: raw.leading_bytes,
                trailing_bytes: raw.trailing_bytes,
                sequence_number: raw.sequence_number,
            },
            other => Self::Unknown(other),
        }
    }

    /// The range of the file that the descriptor changes, or `None` for an unknown one.
    pub fn target(&self) -> Option<FileRange> {
        match self {
            Self::Zero { range, .. } => Some(*range),
            Self::Data { file_offset, .. } => Some(FileRange::new(*file_offset, SECTOR)),
            Self::Unknown(_) => None,
        }
    }

    /// The sequence number in the descriptor, or `None` for an unknown one.
    pub fn sequence_number(&self) -> Option<u64> {
        match self {
            Self::Zero { sequence_number, .. } | Self::Data { sequence_number, .. } => Some(*sequence_number),
            Self::Unknown(_) => None,
        }
    }
}
