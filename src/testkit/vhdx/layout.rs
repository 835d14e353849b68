//! Builds the file and keeps the record of where everything is.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use uuid::Uuid;

use super::bat::{BatShape, Block};
use super::choices::Bitmaps;
use super::huge::HugeBat;
use super::metadata::{self, Item};
use super::region::{BAT_REGION, METADATA_REGION};
use super::{
    Builder, HEADER_OFFSETS, Header, MIB, Place, REGION_TABLE_OFFSETS, RegionEntry, RegionTable, bat, bitmap, header,
    state,
};
use crate::testkit::size;
use crate::testkit::sparse::SparseImage;

/// A finished file and its record.
#[derive(Clone, Debug)]
pub struct Built {
    /// The bytes.
    pub image: SparseImage,
    /// What stands where.
    pub layout: Layout,
}

/// What stands where in a built file. All ranges and offsets are in bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The fields of the two headers at 64 KiB and 128 KiB.
    pub headers: [Header; 2],
    /// The fields of both region tables at 192 KiB and 256 KiB.
    pub region_table: RegionTable,
    /// The log region.
    pub log: Range<u64>,
    /// The metadata region.
    pub metadata: Range<u64>,
    /// The data of each metadata item.
    pub items: BTreeMap<Uuid, Range<u64>>,
    /// The BAT region.
    pub bat: Range<u64>,
    /// How block numbers and BAT indexes go together.
    pub shape: BatShape,
    /// Where each payload block stands that has space in the file, whatever its state.
    pub blocks: BTreeMap<u64, u64>,
    /// Where the sector bitmap block of each chunk stands.
    pub bitmaps: BTreeMap<u64, u64>,
    /// How many payload blocks are in each state from 0 to 7.
    pub states: [u64; 8],
    /// `DataWriteGuid`: what a child's locator must name.
    pub data_write_guid: Uuid,
    /// The identity of the virtual disk.
    pub virtual_disk_id: Uuid,
}

impl Layout {
    /// The file offset of a payload block's BAT entry.
    pub fn entry_offset(&self, block: u64) -> u64 {
        self.bat.start + 8 * self.shape.payload_index(block)
    }

    /// The file offset of the BAT entry of a chunk's sector bitmap.
    pub fn bitmap_entry_offset(&self, chunk: u64) -> u64 {
        self.bat.start + 8 * self.shape.bitmap_index(chunk)
    }
}

impl Built {
    /// Writes both headers anew after [`Layout::headers`] was changed.
    pub fn rewrite_headers(&mut self) {
        for (offset, header) in HEADER_OFFSETS.into_iter().zip(&self.layout.headers) {
            self.image.write(offset, &header.to_bytes());
        }
    }

    /// Writes both region tables anew after [`Layout::region_table`] was changed.
    pub fn rewrite_region_tables(&mut self) {
        for offset in REGION_TABLE_OFFSETS {
            self.image.write(offset, &self.layout.region_table.to_bytes());
        }
    }

    /// Overwrites the BAT entry of a payload block.
    pub fn set_entry(&mut self, block: u64, entry: u64) {
        self.image.write(self.layout.entry_offset(block), &entry.to_le_bytes());
    }
}

impl Builder {
    /// Writes the file.
    pub fn build(&self) -> Built {
        let shape = BatShape::new(self.virtual_size, self.block_size, self.logical_sector_size, self.has_parent);
        let mut image = SparseImage::new(MIB);
        image.write(0, &header::identifier(&self.creator));
        let (places, regions_end) = self.places(&shape);
        let place = |place| places.get(&place).cloned().unwrap_or(0..0);
        let headers = self.sequence_numbers.map(|sequence_number| Header {
            sequence_number,
            file_write_guid: self.file_write_guid,
            data_write_guid: self.data_write_guid,
            log_guid: self.log_guid,
            ..Header::new(place(Place::Log).start, super::low32(place(Place::Log).end - place(Place::Log).start))
        });
        let mut built = Built {
            image,
            layout: Layout {
                headers,
                region_table: self.region_table(&places),
                log: place(Place::Log),
                metadata: place(Place::Metadata),
                items: BTreeMap::new(),
                bat: place(Place::Bat),
                shape,
                blocks: BTreeMap::new(),
                bitmaps: BTreeMap::new(),
                states: [0; 8],
                data_write_guid: self.data_write_guid,
                virtual_disk_id: self.virtual_disk_id,
            },
        };
        built.rewrite_headers();
        built.rewrite_region_tables();
        built.image.set_len(regions_end.max(MIB));
        if let Some(log) = &self.log {
            built.image.write_image(built.layout.log.start, log);
        }
        if places.contains_key(&Place::Metadata) {
            let (bytes, items) = metadata::region(&self.all_items());
            let start = built.layout.metadata.start;
            built.image.write(start, &bytes);
            built.layout.items = items.into_iter().map(|(id, at)| (id, start + at.start..start + at.end)).collect();
        }
        let payload_start = self.payload_start.unwrap_or_else(|| regions_end.next_multiple_of(MIB));
        match &self.huge_bat {
            Some(huge) => self.write_huge_bat(*huge, &mut built, payload_start),
            None => self.write_blocks(&mut built, payload_start),
        }
        if !self.trailing.is_empty() {
            let end = built.image.len();
            built.image.write(end, &self.trailing);
        }
        if let Some(length) = self.file_length {
            built.image.set_len(length);
        }
        built
    }

    /// The range of each part, and the end of the last one.
    fn places(&self, shape: &BatShape) -> (BTreeMap<Place, Range<u64>>, u64) {
        let mut places = BTreeMap::new();
        let mut next = MIB;
        for place in &self.order {
            let needed = match place {
                Place::Log | Place::Metadata => MIB,
                Place::Bat => (shape.entries * 8).next_multiple_of(MIB).max(MIB),
            };
            let start = self.offsets.get(place).copied().unwrap_or(next);
            let end = start + self.lengths.get(place).copied().unwrap_or(needed);
            places.insert(*place, start..end);
            next = next.max(end);
        }
        (places, next)
    }

    fn region_table(&self, places: &BTreeMap<Place, Range<u64>>) -> RegionTable {
        let own = [(Place::Bat, BAT_REGION), (Place::Metadata, METADATA_REGION)];
        let entries = own.into_iter().filter_map(|(place, guid)| {
            let range = places.get(&place)?;
            let flags = self.region_flags.get(&place).copied().unwrap_or(1);
            let length = super::low32(range.end - range.start);
            Some(RegionEntry { guid, file_offset: range.start, length, flags })
        });
        RegionTable::new(entries.chain(self.regions.iter().cloned()).collect())
    }

    fn all_items(&self) -> Vec<Item> {
        let mut items = vec![
            Item::file_parameters(self.block_size, self.leave_block_allocated, self.has_parent),
            Item::virtual_disk_size(self.virtual_size),
            Item::virtual_disk_id(self.virtual_disk_id),
            Item::logical_sector_size(self.logical_sector_size),
            Item::physical_sector_size(self.physical_sector_size),
        ];
        items.extend(self.locator.as_ref().map(Item::parent_locator));
        items.retain(|item| !self.left_out.contains(&item.id));
        for item in &self.items {
            match items.iter_mut().find(|own| own.id == item.id && own.is_user == item.is_user) {
                Some(own) => *own = item.clone(),
                None => items.push(item.clone()),
            }
        }
        items
    }

    fn write_blocks(&self, built: &mut Built, payload_start: u64) {
        let shape = built.layout.shape;
        let blocks = self.all_blocks(&shape);
        let given = self.allocate(&shape, &blocks, payload_start);
        let mut entries: BTreeMap<u64, u64> = BTreeMap::new();
        let mut bitmaps: BTreeMap<u64, SparseImage> = self.bitmap_blocks.clone();
        for (number, block) in &blocks {
            let offset = given.blocks.get(number).copied();
            entries.insert(shape.payload_index(*number), block.entry(offset));
            if let (Some(offset), Some(data)) = (offset, &block.data) {
                let mut data = data.clone();
                data.set_len(data.len().min(u64::from(self.block_size)));
                built.image.write_image(offset, &data);
            }
            self.set_bits(&shape, *number, block, &mut bitmaps);
        }
        for (chunk, offset) in &given.bitmaps {
            entries.insert(shape.bitmap_index(*chunk), bat::entry(state::BITMAP_PRESENT, *offset));
            built.image.write_image(*offset, bitmaps.get(chunk).unwrap_or(&bitmap::empty()));
        }
        for (chunk, entry) in &self.bitmap_entries {
            entries.insert(shape.bitmap_index(*chunk), *entry);
        }
        write_entries(&mut built.image, built.layout.bat.start, &entries);
        built.layout.states = count_states(&shape, &blocks);
        built.layout.blocks = given.blocks;
        built.layout.bitmaps = given.bitmaps;
        let end = if self.short_last_block { given.end } else { given.end.next_multiple_of(MIB) };
        built.image.set_len(built.image.len().max(end));
    }

    fn write_huge_bat(&self, huge: HugeBat, built: &mut Built, payload_start: u64) {
        let shape = built.layout.shape;
        let block_size = u64::from(self.block_size);
        built.layout.states = huge.states(shape.blocks);
        let present = built.layout.states.last_chunk::<2>().map_or(0, |last| last[0]);
        if huge != HugeBat::Empty {
            let fill = huge.filler(shape, payload_start, block_size);
            built.image.write_made(built.layout.bat.start, shape.entries * 8, Arc::new(fill));
        }
        built.image.set_len(built.image.len().max(payload_start + present * block_size));
    }

    /// Sets the bits of a block's present sectors in its chunk's sector bitmap.
    fn set_bits(&self, shape: &BatShape, number: u64, block: &Block, bitmaps: &mut BTreeMap<u64, SparseImage>) {
        if block.bits.is_empty() || self.bitmaps == Bitmaps::OnlyGiven {
            return;
        }
        let sectors_per_block = u64::from(self.block_size) / u64::from(self.logical_sector_size.max(1));
        let first = number % shape.chunk_ratio * sectors_per_block;
        let bits = bitmaps.entry(number / shape.chunk_ratio).or_insert_with(bitmap::empty);
        for range in &block.bits {
            bitmap::set(bits, first + range.start..first + range.end);
        }
    }
}

impl Block {
    fn entry(&self, offset: Option<u64>) -> u64 {
        self.raw.unwrap_or_else(|| bat::entry(self.state & 7, offset.unwrap_or(0)))
    }
}

/// Counts the states that the entries say, raw ones by their lowest three bits.
fn count_states(shape: &BatShape, blocks: &BTreeMap<u64, Block>) -> [u64; 8] {
    let mut states = [0; 8];
    for block in blocks.range(..shape.blocks).map(|(_, block)| block) {
        if let Some(count) = states.get_mut(size(block.entry(None) & 7)) {
            *count += 1;
        }
    }
    let given: u64 = states.iter().sum();
    states[0] += shape.blocks - given;
    states
}

/// Writes runs of neighbouring entries in one piece each.
fn write_entries(image: &mut SparseImage, bat: u64, entries: &BTreeMap<u64, u64>) {
    let all: Vec<(u64, u64)> = entries.iter().map(|(index, entry)| (*index, *entry)).collect();
    for run in all.chunk_by(|left, right| left.0 + 1 == right.0) {
        let bytes: Vec<u8> = run.iter().flat_map(|(_, entry)| entry.to_le_bytes()).collect();
        if let Some((first, _)) = run.first() {
            image.write(bat + 8 * first, &bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = super::MIB;

    fn guid_at(built: &Built, offset: u64) -> Uuid {
        Uuid::from_bytes_le(built.image.read(offset, 16).try_into().unwrap())
    }

    #[test]
    fn the_smallest_file_is_laid_out_as_the_specification_draws_it() {
        let built = Builder::dynamic(4 * MIB).build();
        assert_eq!(built.image.len(), 4 * MIB);
        assert_eq!((&built.layout.log, &built.layout.metadata, &built.layout.bat), {
            (&(MIB..2 * MIB), &(2 * MIB..3 * MIB), &(3 * MIB..4 * MIB))
        });
        let table = 192 << 10;
        assert_eq!(built.image.read(table + 8, 4), 2_u32.to_le_bytes());
        assert_eq!([guid_at(&built, table + 16), guid_at(&built, table + 48)], [BAT_REGION, METADATA_REGION]);
        assert_eq!(built.image.read(table + 32, 16), [0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 16, 0, 1, 0, 0, 0]);
        assert_eq!(built.image.read(table, 65536), built.image.read(256 << 10, 65536));
        let item = built.layout.items[&metadata::VIRTUAL_DISK_SIZE].clone();
        assert_eq!(item, 2 * MIB + 65536 + 8..2 * MIB + 65536 + 16);
        assert_eq!(built.image.read(item.start, 8), (4 * MIB).to_le_bytes());
    }

    #[test]
    fn equal_sequence_numbers_give_equal_headers() {
        let built = Builder::dynamic(4 * MIB).sequence_numbers(7, 7).build();
        assert_eq!(built.image.read(64 << 10, 4096), built.image.read(128 << 10, 4096));
        let built = Builder::dynamic(4 * MIB).build();
        assert_ne!(built.image.read(64 << 10, 4096), built.image.read(128 << 10, 4096));
    }

    #[test]
    fn parts_and_blocks_go_where_they_are_told() {
        let one = || Block::full(SparseImage::from_bytes(b"one"));
        let built = Builder::dynamic(8 * MIB)
            .block_size(2 << 20)
            .order(&[Place::Bat, Place::Metadata, Place::Log])
            .place_at(Place::Log, 16 * MIB)
            .place_length(Place::Log, 3 * MIB)
            .payload_start(5 * MIB)
            .gap(2 * MIB)
            .allocation(super::super::Allocation::Reversed)
            .block(0, one())
            .block(1, Block::unmapped().anchored(SparseImage::from_bytes(b"old")))
            .block(2, Block::raw(0xABCD_EF00_0000_0005))
            .block(3, one())
            .block_at(3, 30 * MIB)
            .trailing(b"tail")
            .build();
        assert_eq!((built.layout.bat.start, built.layout.metadata.start), (MIB, 2 * MIB));
        assert_eq!(built.layout.log, 16 * MIB..19 * MIB);
        assert_eq!(built.layout.blocks, BTreeMap::from([(1, 5 * MIB), (0, 9 * MIB), (3, 30 * MIB)]));
        let entries = built.image.read(MIB, 32);
        let expected: Vec<u8> = [9 * MIB + 6, 5 * MIB + 3, 0xABCD_EF00_0000_0005, 30 * MIB + 6]
            .iter()
            .flat_map(|entry| entry.to_le_bytes())
            .collect();
        assert_eq!(entries, expected);
        assert_eq!(built.image.read(32 * MIB, 99), b"tail");
        assert_eq!(built.layout.states, [0, 0, 0, 1, 0, 1, 2, 0]);
    }

    #[test]
    fn a_short_last_block_ends_with_the_disk() {
        let builder = Builder::dynamic(MIB + 1024).block(1, Block::full(SparseImage::from_bytes(b"x")));
        assert_eq!(builder.build().image.len(), 5 * MIB);
        assert_eq!(builder.short_last_block().build().image.len(), 4 * MIB + 1024);
    }
}
