//! Dynamic disk header ("Dynamic Disk Header Format"): where the block allocation table is, and who the parent is.

use binrw::BinRead;

use crate::error::Result;
use crate::format::fixed;
use crate::format::text::Utf16Text;
use crate::units::{ByteLen, FileOffset};

use super::checksum::ones_complement_without_field;
use super::fields::{TimeStamp, UniqueId, Version};
use super::parent_locator::{ENTRY_COUNT, ENTRY_SIZE, ParentLocatorEntry};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "dynamic disk header";
/// "cxsparse".
pub const COOKIE: [u8; 8] = *b"cxsparse";
/// Bytes of the header.
pub const SIZE: ByteLen = ByteLen(1024);
/// The only version of the header.
pub const HEADER_VERSION: Version = Version { major: 1, minor: 0 };
/// The specification's default of [`DynamicDiskHeader::block_size`], and what every known program writes.
pub const DEFAULT_BLOCK_SIZE: ByteLen = ByteLen::mib(2);

const CHECKSUM_AT: usize = 36;
const ENTRIES_AT: u64 = 576;

/// The header.
#[derive(Clone, Debug, PartialEq, Eq, BinRead)]
#[br(big)]
pub struct DynamicDiskHeader {
    /// [`COOKIE`] in a header.
    pub cookie: [u8; 8],
    /// Unused: all ones by the specification.
    #[br(map = FileOffset)]
    pub data_offset: FileOffset,
    /// Offset in the file of the block allocation table.
    #[br(map = FileOffset)]
    pub table_offset: FileOffset,
    /// [`HEADER_VERSION`].
    pub header_version: Version,
    /// Entries of the block allocation table: one for each block of the disk.
    pub max_table_entries: u32,
    /// Bytes of a block without its sector bitmap: a power of two times the sector size.
    #[br(map = |bytes: u32| ByteLen(u64::from(bytes)))]
    pub block_size: ByteLen,
    /// Checksum as stored.
    pub checksum: u32,
    /// [`unique_id`](super::footer::Footer::unique_id) of the parent; zero without one.
    pub parent_unique_id: UniqueId,
    /// When the parent was last modified, as the child was made; Windows leaves it zero.
    pub parent_time_stamp: TimeStamp,
    /// Zero by the specification.
    pub reserved: u32,
    /// The parent's file name, with or without its folder, up to the first NUL. The file holds it in big-endian units;
    /// these are turned round, and otherwise exact.
    #[br(map = |bytes: [u8; 512]| utf16_from_big_endian(&bytes))]
    pub parent_unicode_name: Utf16Text,
    /// Eight places for ways to the parent; used ones may follow unused ones.
    pub parent_locator_entries: [ParentLocatorEntry; ENTRY_COUNT],
    /// Zero by the specification.
    #[br(count = 256)]
    pub reserved_at_end: Vec<u8>,
    /// Checksum that the bytes have.
    #[br(ignore)]
    pub computed_checksum: u32,
}

impl DynamicDiskHeader {
    /// Reads the header whose [`SIZE`] bytes lie at `at`.
    pub fn parse(at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let mut header: Self = fixed::read(STRUCTURE, at, bytes, SIZE)?;
        let covered = SIZE.to_usize().and_then(|size| bytes.get(..size)).unwrap_or(bytes);
        header.computed_checksum = ones_complement_without_field(covered, CHECKSUM_AT);
        let mut entry_at = at.saturating_add(ByteLen(ENTRIES_AT));
        for entry in &mut header.parent_locator_entries {
            entry.at = entry_at;
            entry_at = entry_at.saturating_add(ENTRY_SIZE);
        }
        Ok(header)
    }
}

fn utf16_from_big_endian(bytes: &[u8; 512]) -> Utf16Text {
    let mut units = *bytes;
    for unit in units.as_chunks_mut::<2>().0 {
        unit.reverse();
    }
    Utf16Text::from_bytes_until_nul(&units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::vhd::parent_locator::PlatformCode;

    fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
        bytes[at..at + value.len()].copy_from_slice(value);
    }

    /// The header that the library `DiscUtils` wrote for a differencing disk of 16 MiB whose parent is `old.vhd`.
    fn sample() -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        put(&mut bytes, 0, b"cxsparse\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\x06\0\0\x01\0\0\0\0\0\x08");
        put(
            &mut bytes,
            32,
            b"\0\x20\0\0\xff\xff\xe4\x56\x6d\x74\xf7\x18\x11\x61\x46\x2e\xbf\x8f\xa9\x79\x66\xfb\xfe\x89",
        );
        put(&mut bytes, 56, b"\x32\x95\xd0\x8a\0\0\0\0\0o\0l\0d\0.\0v\0h\0d");
        put(&mut bytes, 0x2d0, b"W2ru\0\0\x02\0\0\0\0\x12\0\0\0\0\0\0\0\0\0\0\x0a\0");
        put(&mut bytes, 0x2e8, b"W2ku\0\0\x02\0\0\0\0\x1a\0\0\0\0\0\0\0\0\0\0\x08\0");
        bytes
    }

    #[test]
    fn every_field_is_where_the_specification_puts_it() {
        let header = DynamicDiskHeader::parse(FileOffset(0x200), &sample()).unwrap();
        assert_eq!(header.cookie, COOKIE);
        assert_eq!(header.data_offset, FileOffset(u64::MAX));
        assert_eq!(header.table_offset, FileOffset(0x600));
        assert_eq!(header.header_version, HEADER_VERSION);
        assert_eq!(header.max_table_entries, 8);
        assert_eq!(header.block_size, DEFAULT_BLOCK_SIZE);
        assert_eq!((header.checksum, header.computed_checksum), (0xFFFF_E456, 0xFFFF_E456));
        assert_eq!(header.parent_unique_id.to_string(), "6d74f718-1161-462e-bf8f-a97966fbfe89");
        assert_eq!(header.parent_time_stamp, TimeStamp(848_679_050));
        assert_eq!(header.parent_unicode_name.exact().as_deref(), Some("old.vhd"));
        assert_eq!((header.reserved, header.reserved_at_end.len()), (0, 256));

        let used: Vec<_> = header.parent_locator_entries.iter().filter(|entry| entry.is_used()).collect();
        assert_eq!(used.len(), 2);
        assert_eq!((used[0].platform_code, used[0].platform_data_length), (PlatformCode::W2ru, 18));
        assert_eq!(used[0].platform_data_offset, FileOffset(0xA00));
        assert_eq!((used[1].platform_code, used[1].platform_data_length), (PlatformCode::W2ku, 26));
        // 0x200 + 576 + 7 * 24: the last of the eight.
        assert_eq!(used[1].at, FileOffset(0x200 + 0x2e8));
    }

    #[test]
    fn a_name_that_fills_its_field_has_no_nul() {
        let mut bytes = sample();
        for unit in bytes[64..576].chunks_mut(2) {
            unit.copy_from_slice(&[0x4F, 0x60]);
        }
        let header = DynamicDiskHeader::parse(FileOffset(0), &bytes).unwrap();
        assert_eq!(header.parent_unicode_name.exact().unwrap(), "你".repeat(256));
        put(&mut bytes, 66, b"\xD8\x00");
        let header = DynamicDiskHeader::parse(FileOffset(0), &bytes).unwrap();
        assert_eq!(header.parent_unicode_name.exact(), None);
        assert!(header.parent_unicode_name.lossy().starts_with("你\u{FFFD}你"));
    }

    #[test]
    fn a_short_header_names_itself_and_its_place() {
        let error = DynamicDiskHeader::parse(FileOffset(0x200), &sample()[..1023]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "dynamic disk header: needs 1024 bytes, and the file has 1023 left (at offset 0x200)"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_parse(bytes in prop::collection::vec(any::<u8>(), 1024), at in any::<u64>()) {
            let header = DynamicDiskHeader::parse(FileOffset(at), &bytes).unwrap();
            let mut zeroed = bytes.clone();
            zeroed[36..40].fill(0);
            prop_assert_eq!(header.computed_checksum, !zeroed.iter().map(|byte| u32::from(*byte)).sum::<u32>());
            prop_assert_eq!(header.reserved_at_end, &bytes[768..]);
        }
    }
}
