//! The description of a file.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::bat::Block;
use super::choices::{Allocation, Bitmaps, Place};
use super::huge::HugeBat;
use super::metadata::Item;
use super::{Locator, RegionEntry};
use crate::testkit::record::utf16;
use crate::testkit::rng::Rng;
use crate::testkit::sparse::SparseImage;

/// Describes a VHDX file. What is not said is as the smallest valid file has it: blocks of 1 MiB, 512-byte logical and
/// 4096-byte physical sectors, the log at 1 MiB, metadata at 2 MiB and the BAT at 3 MiB, each in 1 MiB (the BAT in as
/// many as it needs), no block present. Nothing is checked: a description of an invalid file gives an invalid file.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(super) virtual_size: u64,
    pub(super) block_size: u32,
    pub(super) logical_sector_size: u32,
    pub(super) physical_sector_size: u32,
    pub(super) leave_block_allocated: bool,
    pub(super) has_parent: bool,
    pub(super) creator: Vec<u16>,
    pub(super) file_write_guid: Uuid,
    pub(super) data_write_guid: Uuid,
    pub(super) virtual_disk_id: Uuid,
    pub(super) log_guid: Uuid,
    pub(super) sequence_numbers: [u64; 2],
    pub(super) order: Vec<Place>,
    pub(super) offsets: BTreeMap<Place, u64>,
    pub(super) lengths: BTreeMap<Place, u64>,
    pub(super) log: Option<SparseImage>,
    pub(super) region_flags: BTreeMap<Place, u32>,
    pub(super) regions: Vec<RegionEntry>,
    pub(super) locator: Option<Locator>,
    pub(super) items: Vec<Item>,
    pub(super) left_out: Vec<Uuid>,
    pub(super) blocks: BTreeMap<u64, Block>,
    pub(super) other_blocks: Option<Block>,
    pub(super) huge_bat: Option<HugeBat>,
    pub(super) bitmaps: Bitmaps,
    pub(super) bitmap_blocks: BTreeMap<u64, SparseImage>,
    pub(super) bitmap_entries: BTreeMap<u64, u64>,
    pub(super) allocation: Allocation,
    pub(super) gap: u64,
    pub(super) payload_start: Option<u64>,
    pub(super) block_offsets: BTreeMap<u64, u64>,
    pub(super) short_last_block: bool,
    pub(super) trailing: Vec<u8>,
    pub(super) file_length: Option<u64>,
}

impl Builder {
    /// A dynamic disk: no parent, blocks come and go.
    pub fn dynamic(virtual_size: u64) -> Self {
        Self {
            virtual_size,
            block_size: 1 << 20,
            logical_sector_size: 512,
            physical_sector_size: 4096,
            leave_block_allocated: false,
            has_parent: false,
            creator: utf16("vhdxray testkit"),
            file_write_guid: Uuid::nil(),
            data_write_guid: Uuid::nil(),
            virtual_disk_id: Uuid::nil(),
            log_guid: Uuid::nil(),
            sequence_numbers: [8, 9],
            order: vec![Place::Log, Place::Metadata, Place::Bat],
            offsets: BTreeMap::new(),
            lengths: BTreeMap::new(),
            log: None,
            region_flags: BTreeMap::new(),
            regions: vec![],
            locator: None,
            items: vec![],
            left_out: vec![],
            blocks: BTreeMap::new(),
            other_blocks: None,
            huge_bat: None,
            bitmaps: Bitmaps::AsNeeded,
            bitmap_blocks: BTreeMap::new(),
            bitmap_entries: BTreeMap::new(),
            allocation: Allocation::Sequential,
            gap: 0,
            payload_start: None,
            block_offsets: BTreeMap::new(),
            short_last_block: false,
            trailing: vec![],
            file_length: None,
        }
        .seed(virtual_size)
    }

    /// A fixed disk: `LeaveBlockAllocated`, and every block that is not given is present and zero.
    pub fn fixed(virtual_size: u64) -> Self {
        Self::dynamic(virtual_size).leave_block_allocated(true).other_blocks(Block::full(SparseImage::new(0)))
    }

    /// A differencing disk over the parent that the locator names.
    pub fn differencing(virtual_size: u64, locator: Locator) -> Self {
        Self::dynamic(virtual_size).has_parent(true).locator(locator)
    }

    /// Draws all GUIDs from a seed. Setters of single GUIDs go after it.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        self.file_write_guid = rng.guid();
        self.data_write_guid = rng.guid();
        self.virtual_disk_id = rng.guid();
        self
    }

    /// The block size in bytes; valid are powers of two from 1 to 256 MiB.
    #[must_use]
    pub fn block_size(mut self, bytes: u32) -> Self {
        self.block_size = bytes;
        self
    }

    /// The logical and the physical sector size in bytes; valid are 512 and 4096.
    #[must_use]
    pub fn sectors(mut self, logical: u32, physical: u32) -> Self {
        self.logical_sector_size = logical;
        self.physical_sector_size = physical;
        self
    }

    /// The bit `LeaveBlockAllocated` alone, without any change of the blocks.
    #[must_use]
    pub fn leave_block_allocated(mut self, set: bool) -> Self {
        self.leave_block_allocated = set;
        self
    }

    /// The bit `HasParent`, which also decides the shape of the BAT.
    #[must_use]
    pub fn has_parent(mut self, set: bool) -> Self {
        self.has_parent = set;
        self
    }

    /// The program that claims to have written the file, as UTF-16 of at most 256 code units.
    #[must_use]
    pub fn creator(mut self, creator: &str) -> Self {
        self.creator = utf16(creator);
        self
    }

    /// The creator as any code units.
    #[must_use]
    pub fn raw_creator(mut self, units: &[u16]) -> Self {
        self.creator = units.to_vec();
        self
    }

    /// `FileWriteGuid` of both headers.
    #[must_use]
    pub fn file_write_guid(mut self, guid: Uuid) -> Self {
        self.file_write_guid = guid;
        self
    }

    /// `DataWriteGuid` of both headers.
    #[must_use]
    pub fn data_write_guid(mut self, guid: Uuid) -> Self {
        self.data_write_guid = guid;
        self
    }

    /// The identity of the virtual disk; a child has its parent's.
    #[must_use]
    pub fn virtual_disk_id(mut self, guid: Uuid) -> Self {
        self.virtual_disk_id = guid;
        self
    }

    /// `LogGuid` of both headers.
    #[must_use]
    pub fn log_guid(mut self, guid: Uuid) -> Self {
        self.log_guid = guid;
        self
    }

    /// The sequence numbers of the two headers. Equal numbers give equal headers, as Disk2vhd writes them.
    #[must_use]
    pub fn sequence_numbers(mut self, first: u64, second: u64) -> Self {
        self.sequence_numbers = [first, second];
        self
    }

    /// The order of the parts in the file; a part that is left out gets no region table entry and no bytes.
    #[must_use]
    pub fn order(mut self, order: &[Place]) -> Self {
        self.order = order.to_vec();
        self
    }

    /// The file offset of a part, in whole MiB in a valid file.
    #[must_use]
    pub fn place_at(mut self, place: Place, file_offset: u64) -> Self {
        self.offsets.insert(place, file_offset);
        self
    }

    /// The length in bytes of a part, in whole MiB in a valid file.
    #[must_use]
    pub fn place_length(mut self, place: Place, length: u64) -> Self {
        self.lengths.insert(place, length);
        self
    }

    /// The content of the log region.
    #[must_use]
    pub fn log(mut self, ring: &super::LogRing) -> Self {
        self.log = Some(ring.image().clone());
        self
    }

    /// The flags of the region table entry of the BAT or the metadata; bit 0 is `Required` and set by default.
    #[must_use]
    pub fn region_flags(mut self, place: Place, flags: u32) -> Self {
        self.region_flags.insert(place, flags);
        self
    }

    /// One more entry in both region tables. Nothing is written where it points.
    #[must_use]
    pub fn region(mut self, entry: RegionEntry) -> Self {
        self.regions.push(entry);
        self
    }

    /// The parent locator.
    #[must_use]
    pub fn locator(mut self, locator: Locator) -> Self {
        self.locator = Some(locator);
        self
    }

    /// One more metadata item. If the builder writes an item with the same id anyway, this one takes its place.
    #[must_use]
    pub fn item(mut self, item: Item) -> Self {
        self.items.push(item);
        self
    }

    /// Leaves out a metadata item that the builder would write.
    #[must_use]
    pub fn without_item(mut self, id: Uuid) -> Self {
        self.left_out.push(id);
        self
    }

    /// A payload block by its number.
    #[must_use]
    pub fn block(mut self, number: u64, block: Block) -> Self {
        self.blocks.insert(number, block);
        self
    }

    /// What every block is that is not given.
    #[must_use]
    pub fn other_blocks(mut self, block: Block) -> Self {
        self.other_blocks = Some(block);
        self
    }

    /// A BAT that is computed while it is read, in place of all blocks.
    #[must_use]
    pub fn huge_bat(mut self, bat: HugeBat) -> Self {
        self.huge_bat = Some(bat);
        self
    }

    /// Writes no sector bitmap of its own accord, not even where blocks are partially present.
    #[must_use]
    pub fn without_bitmaps(mut self) -> Self {
        self.bitmaps = Bitmaps::OnlyGiven;
        self
    }

    /// The sector bitmap block of a chunk, whether it is needed or not; bits of partial blocks are set on top of it.
    #[must_use]
    pub fn bitmap_block(mut self, chunk: u64, bitmap: SparseImage) -> Self {
        self.bitmap_blocks.insert(chunk, bitmap);
        self
    }

    /// The BAT entry of a chunk's sector bitmap, bit by bit.
    #[must_use]
    pub fn bitmap_entry(mut self, chunk: u64, entry: u64) -> Self {
        self.bitmap_entries.insert(chunk, entry);
        self
    }

    /// The order in which blocks and sector bitmaps take their space.
    #[must_use]
    pub fn allocation(mut self, allocation: Allocation) -> Self {
        self.allocation = allocation;
        self
    }

    /// Unused bytes between any two blocks, in whole MiB in a valid file.
    #[must_use]
    pub fn gap(mut self, bytes: u64) -> Self {
        self.gap = bytes;
        self
    }

    /// The file offset of the first block or sector bitmap, in whole MiB.
    #[must_use]
    pub fn payload_start(mut self, file_offset: u64) -> Self {
        self.payload_start = Some(file_offset);
        self
    }

    /// The file offset of one block; it is placed there even if something else stands there already.
    #[must_use]
    pub fn block_at(mut self, number: u64, file_offset: u64) -> Self {
        self.block_offsets.insert(number, file_offset);
        self
    }

    /// Ends the file with the last byte of the virtual disk when its last block is the last thing in the file.
    #[must_use]
    pub fn short_last_block(mut self) -> Self {
        self.short_last_block = true;
        self
    }

    /// Bytes after everything else.
    #[must_use]
    pub fn trailing(mut self, bytes: &[u8]) -> Self {
        self.trailing = bytes.to_vec();
        self
    }

    /// The length of the finished file, whatever it should hold.
    #[must_use]
    pub fn file_length(mut self, bytes: u64) -> Self {
        self.file_length = Some(bytes);
        self
    }
}
