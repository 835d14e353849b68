//! Breaks built VHDX files in known ways.

use std::ops::Range;

use uuid::Uuid;

use super::record::{Checksum, Record};
use super::size;
use super::vhdx::bitmap::BITMAP_SIZE;
use super::vhdx::header::{CHECKSUM_AT, IDENTIFIER_SIZE};
use super::vhdx::region::REGION_TABLE_SIZE;
use super::vhdx::{Built, HEADER_OFFSETS, HEADER_SIZE, REGION_TABLE_OFFSETS};

/// A structure of a built file by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// The file type identifier.
    Identifier,
    /// The first header, at 64 KiB.
    Header1,
    /// The second header, at 128 KiB.
    Header2,
    /// The first region table, at 192 KiB.
    RegionTable1,
    /// The second region table, at 256 KiB.
    RegionTable2,
    /// The log region.
    Log,
    /// The log entry that starts at this offset in the ring and does not wrap.
    LogEntry(u32),
    /// The metadata table.
    MetadataTable,
    /// The data of a metadata item.
    Item(Uuid),
    /// All entries of the BAT.
    Bat,
    /// The BAT entry of a payload block.
    BatEntry(u64),
    /// The sector bitmap block of a chunk.
    Bitmap(u64),
    /// The first MiB of a payload block that has space in the file.
    Block(u64),
}

impl Structure {
    /// The bytes of the structure in the file; empty when the file has none of it.
    pub fn range(self, built: &Built) -> Range<u64> {
        let layout = &built.layout;
        let from = |start: u64, len: u64| start..start + len;
        match self {
            Self::Identifier => from(0, IDENTIFIER_SIZE),
            Self::Header1 => from(HEADER_OFFSETS[0], HEADER_SIZE),
            Self::Header2 => from(HEADER_OFFSETS[1], HEADER_SIZE),
            Self::RegionTable1 => from(REGION_TABLE_OFFSETS[0], REGION_TABLE_SIZE),
            Self::RegionTable2 => from(REGION_TABLE_OFFSETS[1], REGION_TABLE_SIZE),
            Self::Log => layout.log.clone(),
            Self::LogEntry(offset) => {
                let start = layout.log.start + u64::from(offset);
                from(start, u64::from(read32(built, start + 8)))
            }
            Self::MetadataTable => from(layout.metadata.start, 64 << 10),
            Self::Item(id) => layout.items.get(&id).cloned().unwrap_or_default(),
            Self::Bat => from(layout.bat.start, layout.shape.entries * 8),
            Self::BatEntry(block) => from(layout.entry_offset(block), 8),
            Self::Bitmap(chunk) => layout.bitmaps.get(&chunk).map_or(0..0, |start| from(*start, BITMAP_SIZE)),
            Self::Block(block) => layout.blocks.get(&block).map_or(0..0, |start| from(*start, 1 << 20)),
        }
    }

    const fn has_checksum(self) -> bool {
        matches!(self, Self::Header1 | Self::Header2 | Self::RegionTable1 | Self::RegionTable2 | Self::LogEntry(_))
    }
}

/// Whether a checksum is made right again after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// The old checksum stays, and is wrong.
    Keep,
    /// The checksum is made right. Structures without one are only changed.
    Renew,
}

/// Turns over the bits of `mask` in one byte of a structure.
pub fn flip(built: &mut Built, structure: Structure, at: u64, mask: u8, seal: Seal) {
    let range = structure.range(built);
    let byte = built.image.read(range.start + at, 1).first().copied().unwrap_or(0);
    overwrite(built, structure, at, &[byte ^ mask], seal);
}

/// Writes bytes into a structure.
pub fn overwrite(built: &mut Built, structure: Structure, at: u64, bytes: &[u8], seal: Seal) {
    let range = structure.range(built);
    built.image.write(range.start + at, bytes);
    if seal == Seal::Renew && structure.has_checksum() {
        let mut record = Record::new(size(range.end - range.start));
        record.put(0, &built.image.read(range.start, range.end - range.start));
        record.seal(size(CHECKSUM_AT), Checksum::Right);
        built.image.write(range.start, record.bytes());
    }
}

/// Makes a structure all zeros.
pub fn erase(built: &mut Built, structure: Structure) {
    let range = structure.range(built);
    built.image.zero(range);
}

/// Ends the file where a structure begins.
pub fn truncate_before(built: &mut Built, structure: Structure) {
    let range = structure.range(built);
    built.image.set_len(range.start);
}

/// Ends the file in the middle of a structure.
pub fn truncate_inside(built: &mut Built, structure: Structure) {
    let range = structure.range(built);
    built.image.set_len(range.start + (range.end - range.start) / 2);
}

/// Makes the checksums of both headers wrong.
pub fn break_both_headers(built: &mut Built) {
    for structure in [Structure::Header1, Structure::Header2] {
        flip(built, structure, CHECKSUM_AT, 0xFF, Seal::Keep);
    }
}

fn read32(built: &Built, offset: u64) -> u32 {
    let bytes = built.image.read(offset, 4);
    bytes.try_into().map_or(0, u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::super::vhdx::metadata::VIRTUAL_DISK_SIZE;
    use super::super::vhdx::{Block, Builder, DirtyOptions, Write, dirty};
    use super::super::{SparseImage, rng::Rng};
    use super::*;

    fn sample() -> Built {
        let data = SparseImage::from_bytes(b"data");
        Builder::dynamic(4 << 20).block(1, Block::partial(data).present(0..1)).build()
    }

    #[test]
    fn names_lead_to_their_structures() {
        let built = sample();
        let at = |structure: Structure| {
            let range = structure.range(&built);
            built.image.read(range.start, range.end - range.start)
        };
        assert!(at(Structure::Identifier).starts_with(b"vhdxfile"));
        assert!(at(Structure::Header1).starts_with(b"head") && at(Structure::Header2).starts_with(b"head"));
        assert!(at(Structure::RegionTable1).starts_with(b"regi") && at(Structure::RegionTable2).starts_with(b"regi"));
        assert!(at(Structure::MetadataTable).starts_with(b"metadata"));
        assert_eq!(at(Structure::Item(VIRTUAL_DISK_SIZE)), (4_u64 << 20).to_le_bytes());
        assert_eq!(at(Structure::BatEntry(1)), 0x0050_0007_u64.to_le_bytes());
        assert_eq!(at(Structure::Bitmap(0))[256..258], [1, 0], "sector 2048 of the chunk");
        assert!(at(Structure::Block(1)).starts_with(b"data"));
        assert!(at(Structure::Block(0)).is_empty());
    }

    #[test]
    fn a_change_keeps_or_renews_the_checksum() {
        let valid = |built: &Built, structure: Structure| {
            let range = structure.range(built);
            let bytes = built.image.read(range.start, range.end - range.start);
            let mut record = Record::new(0);
            record.put(0, &bytes).seal(4, Checksum::Right);
            record.bytes() == bytes
        };
        let mut built = sample();
        let log_guid = Rng::new(1).guid();
        built = dirty(&built, &[vec![Write::Bytes(5 << 20, vec![1; 9000])]], &DirtyOptions::new(log_guid)).file;
        for structure in [Structure::Header2, Structure::RegionTable1, Structure::LogEntry(0)] {
            assert!(valid(&built, structure));
            flip(&mut built, structure, 20, 1, Seal::Keep);
            assert!(!valid(&built, structure));
            flip(&mut built, structure, 21, 1, Seal::Renew);
            assert!(valid(&built, structure), "{structure:?}");
        }
        break_both_headers(&mut built);
        assert!(!valid(&built, Structure::Header1) && !valid(&built, Structure::Header2));
        truncate_inside(&mut built, Structure::Bat);
        assert_eq!(built.image.len(), (3 << 20) + 16);
        truncate_before(&mut built, Structure::MetadataTable);
        assert_eq!(built.image.len(), 2 << 20);
    }
}
