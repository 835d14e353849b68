//! Block allocation table ("Block Allocation Table and Data Blocks"): four bytes an entry, one for each block of the
//! disk, in order. Unlike VHDX, sector bitmaps have no entries of their own.

use crate::units::{ByteLen, FileOffset};

use super::{SECTOR_SIZE, round_up_to_sector};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "block allocation table";
/// Bytes of an entry.
pub const ENTRY_SIZE: ByteLen = ByteLen(4);
/// An entry of a block that is not in the file.
pub const UNUSED: u32 = 0xFFFF_FFFF;

/// One entry: the place of a block in the file in sectors, or [`UNUSED`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BatEntry(pub u32);

impl BatEntry {
    /// Whether the block is not in the file: zeros in a dynamic disk, the parent's in a differencing one.
    pub const fn is_unused(self) -> bool {
        self.0 == UNUSED
    }

    /// Where the block's sector bitmap lies; its data follows the bitmap. `None` for a block that is not in the file.
    pub fn block_offset(self) -> Option<FileOffset> {
        (!self.is_unused()).then(|| FileOffset(u64::from(self.0).saturating_mul(SECTOR_SIZE.0)))
    }
}

/// A run of entries, borrowed from the bytes of the file.
#[derive(Clone, Copy, Debug)]
pub struct BlockAllocationTable<'a> {
    entries: &'a [[u8; 4]],
}

impl<'a> BlockAllocationTable<'a> {
    /// The entries in `bytes`; what is left after the last whole one is not part of the table.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { entries: bytes.as_chunks::<4>().0 }
    }

    /// Number of entries in view.
    pub fn len(self) -> usize {
        self.entries.len()
    }

    /// Whether no entry is in view.
    pub fn is_empty(self) -> bool {
        self.entries.is_empty()
    }

    /// The entry at a place in the view.
    pub fn get(self, place: usize) -> Option<BatEntry> {
        self.entries.get(place).map(|bytes| BatEntry(u32::from_be_bytes(*bytes)))
    }

    /// All entries in view.
    pub fn iter(self) -> impl ExactSizeIterator<Item = BatEntry> + 'a {
        self.entries.iter().map(|bytes| BatEntry(u32::from_be_bytes(*bytes)))
    }
}

/// Bytes of a table with this many entries, without and with the padding to a whole sector that follows it. Windows
/// fills the padding with `0xFF`, Disk2vhd with zeros.
pub fn table_size(entries: u32) -> (ByteLen, ByteLen) {
    let entries = ByteLen(u64::from(entries).saturating_mul(ENTRY_SIZE.0));
    (entries, round_up_to_sector(entries))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_sectors_of_the_file() {
        // The first entries of a table that Windows wrote, and three bytes of the next.
        let table = BlockAllocationTable::new(b"\0\0\0\x9f\0\0\x10\xa7\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xfe\0\0\0");
        assert_eq!((table.len(), table.is_empty()), (5, false));
        let offsets: Vec<_> = table.iter().map(BatEntry::block_offset).collect();
        assert_eq!(
            offsets,
            [
                Some(FileOffset(0x13E00)),
                Some(FileOffset(0x21_4E00)),
                None,
                Some(FileOffset(0)),
                Some(FileOffset(0x1FF_FFFF_FC00)),
            ]
        );
        assert_eq!(table.get(2), Some(BatEntry(UNUSED)));
        assert_eq!(table.get(5), None);
        assert!(BlockAllocationTable::new(b"\0\0\0").is_empty());
    }

    #[test]
    fn a_table_fills_whole_sectors() {
        assert_eq!(table_size(0), (ByteLen(0), ByteLen(0)));
        assert_eq!(table_size(1), (ByteLen(4), ByteLen(512)));
        assert_eq!(table_size(128), (ByteLen(512), ByteLen(512)));
        assert_eq!(table_size(129), (ByteLen(516), ByteLen(1024)));
        // Virtual PC's 127 GiB in blocks of 2 MiB.
        assert_eq!(table_size(65_024), (ByteLen(260_096), ByteLen(260_096)));
        assert_eq!(table_size(u32::MAX).1, ByteLen(1 << 34));
    }
}
