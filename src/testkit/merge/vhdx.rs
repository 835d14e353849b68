//! A VHDX file as a merge sees and changes it.

use uuid::Uuid;

use super::space::Space;
use super::writer::Parts;
use super::{Counts, Policy, Says, bytes};
use crate::testkit::record::{Checksum, Record};
use crate::testkit::runs::Runs;
use crate::testkit::sparse::SparseImage;
use crate::testkit::vhdx::region::{BAT_REGION, METADATA_REGION, REGION_TABLE_SIZE};
use crate::testkit::vhdx::{BatShape, HEADER_OFFSETS, MIB, REGION_TABLE_OFFSETS, state};

/// A VHDX file whose log is empty.
#[derive(Clone, Debug)]
pub struct VhdxFile {
    pub(super) image: SparseImage,
    bat: u64,
    bat_length: u64,
    pub(super) metadata: u64,
    metadata_length: u64,
    pub(super) size: u64,
    pub(super) block: u64,
    pub(super) sector: u64,
    pub(super) has_parent: bool,
    pub(super) is_fixed: bool,
    /// What the target's headers are to say once content has come.
    pub(super) next_guid: Option<Uuid>,
}

impl VhdxFile {
    pub(super) fn open(image: SparseImage) -> Option<Self> {
        if image.read(0, 8) != b"vhdxfile" {
            return None;
        }
        let [table, _] = REGION_TABLE_OFFSETS;
        let mut file = Self {
            image,
            bat: 0,
            bat_length: 0,
            metadata: 0,
            metadata_length: 0,
            size: 0,
            block: 0,
            sector: 0,
            has_parent: false,
            is_fixed: false,
            next_guid: None,
        };
        if bytes::guid(&file.image, file.header() + 48) != Uuid::nil() {
            return None;
        }
        for number in 0..u64::from(bytes::le32(&file.image, table + 8)) {
            let at = table + 16 + 32 * number;
            let (offset, length) = (bytes::le64(&file.image, at + 16), bytes::le32(&file.image, at + 24).into());
            match bytes::guid(&file.image, at) {
                BAT_REGION => (file.bat, file.bat_length) = (offset, length),
                METADATA_REGION => (file.metadata, file.metadata_length) = (offset, length),
                _ => {}
            }
        }
        file.read_items();
        (file.block > 0 && file.sector > 0).then_some(file)
    }

    pub(super) fn image(&self) -> &SparseImage {
        &self.image
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn table(&self) -> u64 {
        8 * self.shape(self.size).entries
    }

    /// The place of the header that counts.
    pub(super) fn header(&self) -> u64 {
        let [first, second] = HEADER_OFFSETS;
        let number = |at| bytes::le64(&self.image, at + 8);
        if number(second) > number(first) { second } else { first }
    }

    fn shape(&self, size: u64) -> BatShape {
        BatShape::new(size, crate::testkit::low32(self.block), crate::testkit::low32(self.sector), self.has_parent)
    }

    fn entry(&self, index: u64) -> u64 {
        bytes::le64(&self.image, self.bat + 8 * index)
    }

    fn set_entry(&mut self, index: u64, state: u8, place: u64) {
        self.image.write(self.bat + 8 * index, &((place / MIB * MIB) | u64::from(state)).to_le_bytes());
    }

    /// State and place of each block's entry.
    fn blocks(&self) -> Vec<(u8, u64)> {
        let shape = self.shape(self.size);
        let table = self.image.read(self.bat, self.table());
        let entry = |block: u64| {
            let bytes = table.get(crate::testkit::size(8 * shape.payload_index(block))..).and_then(<[u8]>::first_chunk);
            let entry = bytes.copied().map_or(0, u64::from_le_bytes);
            ((entry & 7) as u8, entry / MIB * MIB)
        };
        (0..shape.blocks).map(entry).collect()
    }

    fn is_present(state: u8) -> bool {
        matches!(state, state::FULLY_PRESENT | state::PARTIALLY_PRESENT)
    }

    /// Where the sector bitmap block of a chunk stands.
    fn bitmap(&self, chunk: u64) -> Option<u64> {
        let shape = self.shape(self.size);
        let index = shape.bitmap_index(chunk);
        let entry = if self.has_parent && index < shape.entries { self.entry(index) } else { 0 };
        (entry & 7 == u64::from(state::BITMAP_PRESENT)).then_some(entry / MIB * MIB)
    }

    /// Bytes of the bits of a block.
    fn bits(&self) -> u64 {
        self.block / self.sector / 8
    }

    pub(super) fn says(&self, number: usize) -> (Runs<Says>, u64) {
        let mut says = Runs::new();
        let mut bitmaps = 0;
        let shape = self.shape(self.size);
        for (block, (state, place)) in (0..).zip(self.blocks()) {
            let range = block * self.block..((block + 1) * self.block).min(self.size);
            let data = Says::Data(number, place.cast_signed() - range.start.cast_signed());
            match state {
                state::UNDEFINED => says.set(range, Some(Says::Undefined)),
                state::ZERO => says.set(range, Some(Says::Zero)),
                state::UNMAPPED => says.set(range, Some(Says::Unmapped)),
                state::FULLY_PRESENT => says.set(range, Some(data)),
                state::PARTIALLY_PRESENT => {
                    bitmaps += self.bits();
                    let chunk = block / shape.chunk_ratio;
                    let Some(bitmap) = self.bitmap(chunk) else { continue };
                    let sectors = (range.end - range.start) / self.sector;
                    let first = block % shape.chunk_ratio * (self.block / self.sector);
                    for (from, to) in bytes::set_bits(&self.image, bitmap, first, sectors, true) {
                        says.set(range.start + from * self.sector..range.start + to * self.sector, Some(data));
                    }
                }
                _ => {}
            }
        }
        (says, bitmaps)
    }

    /// What is taken in the file as it is now.
    fn space(&self) -> Space {
        let mut space = Space::new(self.image.len(), MIB);
        space.take(0..MIB);
        let header = self.header();
        let log = bytes::le64(&self.image, header + 72);
        space.take(log..log + u64::from(bytes::le32(&self.image, header + 68)));
        let [table, _] = REGION_TABLE_OFFSETS;
        for number in 0..u64::from(bytes::le32(&self.image, table + 8)) {
            let at = table + 16 + 32 * number;
            let offset = bytes::le64(&self.image, at + 16);
            space.take(offset..offset + u64::from(bytes::le32(&self.image, at + 24)));
        }
        let shape = self.shape(self.size);
        for (state, place) in self.blocks() {
            // What was trimmed, or became undefined, may keep its place; other states without content name none.
            let keeps = Self::is_present(state) || matches!(state, state::UNMAPPED | state::UNDEFINED) && place > 0;
            if keeps {
                space.take(place..place + self.block);
            }
        }
        for chunk in 0..shape.blocks.div_ceil(shape.chunk_ratio) {
            if let Some(place) = self.bitmap(chunk) {
                space.take(place..place + MIB);
            }
        }
        space
    }

    /// Takes what the sources say; `size` is the disk's from now on, `top` the file whose disk it is.
    pub(super) fn merge(
        &mut self,
        sources: &[&SparseImage],
        union: &Runs<Says>,
        size: u64,
        top: Option<&Self>,
        policy: Policy,
        counts: &mut Counts,
    ) {
        let before: Vec<u64> = (0..self.table() / 8).map(|index| self.entry(index)).collect();
        let before_entries = before.len() as u64;
        let old = self.shape(self.size);
        self.drop_behind(size);
        self.settle(union, size, 0..old.blocks.min(self.shape(size).blocks));
        let moved = self.make_room(size, policy, counts);
        if let Some(top) = top {
            self.take_items(top);
        }
        // What the region held behind the last entry means nothing.
        for index in old.entries..self.shape(self.size).entries {
            self.set_entry(index, 0, 0);
        }
        self.settle(union, size, old.blocks..self.shape(size).blocks);
        self.write_blocks(sources, union, policy, counts);
        let table = self.table() / 8;
        counts.write_bat = if moved {
            self.table()
        } else {
            let before = before.iter().copied().chain(std::iter::repeat(0));
            let indexes = 0..table.max(before_entries);
            let changed = indexes.zip(before).filter(|(index, before)| {
                let after = if *index < table { self.entry(*index) } else { 0 };
                after != *before
            });
            8 * changed.count() as u64
        };
        self.write_headers();
    }

    fn parts(&self, union: &Runs<Says>, block: u64, size: u64) -> Parts {
        Parts(union.cover(block * self.block..((block + 1) * self.block).min(size)))
    }

    /// Clears the entries of what lies behind a new end.
    fn drop_behind(&mut self, size: u64) {
        let (old, new) = (self.shape(self.size), self.shape(size));
        for block in new.blocks..old.blocks {
            self.set_entry(old.payload_index(block), 0, 0);
        }
        let chunks = |shape: &BatShape| shape.blocks.div_ceil(shape.chunk_ratio);
        for chunk in chunks(&new)..chunks(&old) {
            if self.bitmap(chunk).is_some() {
                self.set_entry(old.bitmap_index(chunk), 0, 0);
            }
        }
    }

    /// Writes the entries of blocks that become zeros as a whole.
    fn settle(&mut self, union: &Runs<Says>, size: u64, blocks: std::ops::Range<u64>) {
        let shape = self.shape(self.size);
        let states = self.blocks();
        for block in blocks {
            let index = shape.payload_index(block);
            let now = states.get(crate::testkit::size(block)).map_or(state::NOT_PRESENT, |(state, _)| *state);
            let parts = self.parts(union, block, size);
            if !parts.says_all() || parts.has_data() || (self.is_fixed && Self::is_present(now)) {
                continue;
            }
            let wanted = if parts.all_are(Says::Unmapped) {
                state::UNMAPPED
            } else if parts.all_are(Says::Undefined) {
                state::UNDEFINED
            } else {
                state::ZERO
            };
            let reads_zeros = if self.has_parent { now != state::NOT_PRESENT } else { true } && !Self::is_present(now);
            if parts.all_are(Says::End) && reads_zeros || now == wanted {
                continue;
            }
            self.set_entry(index, wanted, 0);
        }
    }

    /// Moves the BAT where its region is too short for the new size.
    fn make_room(&mut self, size: u64, policy: Policy, counts: &mut Counts) -> bool {
        let needed = 8 * self.shape(size).entries;
        if needed <= self.bat_length {
            return false;
        }
        let length = needed.next_multiple_of(MIB);
        let place = self.space().find(length, policy);
        let old = self.image.read(self.bat, self.table());
        self.image.zero(place..place + length);
        self.image.write(place, &old);
        for table in REGION_TABLE_OFFSETS {
            let mut record = Record::new(0);
            record.put(0, &self.image.read(table, REGION_TABLE_SIZE));
            for number in 0..u64::from(bytes::le32(&self.image, table + 8)) {
                let at = 16 + 32 * number;
                if bytes::guid(&self.image, table + at) == BAT_REGION {
                    let at = crate::testkit::size(at);
                    record.le64(at + 16, place).le32(at + 24, crate::testkit::low32(length));
                }
            }
            record.seal(4, Checksum::Right);
            self.image.write(table, record.bytes());
        }
        (self.bat, self.bat_length) = (place, length);
        counts.moved_bat = length;
        true
    }

    fn write_blocks(&mut self, sources: &[&SparseImage], union: &Runs<Says>, policy: Policy, counts: &mut Counts) {
        let shape = self.shape(self.size);
        let mut space = self.space();
        // Block, its parts, whether it is to be filled with zeros, its state afterwards, and its place.
        let mut work: Vec<(u64, Parts, bool, u8, u64)> = vec![];
        for (block, (now, place)) in (0..).zip(self.blocks()) {
            let parts = self.parts(union, block, self.size);
            let reads_zeros = matches!(now, state::ZERO | state::UNMAPPED | state::UNDEFINED)
                || now == state::NOT_PRESENT && !self.has_parent;
            if parts.says_nothing() || !parts.has_data() && reads_zeros {
                continue;
            }
            let is_new = !Self::is_present(now);
            let becomes = match now {
                state::PARTIALLY_PRESENT | state::NOT_PRESENT if self.has_parent && !parts.says_all() => {
                    state::PARTIALLY_PRESENT
                }
                state::PARTIALLY_PRESENT if !self.has_parent => now,
                _ => state::FULLY_PRESENT,
            };
            let place = match (is_new, policy) {
                (false, _) => place,
                (true, Policy::Reuse) if matches!(now, state::UNMAPPED | state::UNDEFINED) && place > 0 => {
                    counts.anchored += 1;
                    place
                }
                (true, _) => {
                    counts.allocated += 1;
                    space.find(self.block, policy)
                }
            };
            work.push((block, parts, is_new && reads_zeros, becomes, place));
        }
        let mut bitmaps: Vec<u64> = vec![];
        let with_bits = work.iter().filter(|(_, _, _, becomes, _)| *becomes == state::PARTIALLY_PRESENT);
        for (block, ..) in with_bits.filter(|_| self.has_parent) {
            let chunk = block / shape.chunk_ratio;
            if self.bitmap(chunk).is_none() && bitmaps.last() != Some(&chunk) {
                bitmaps.push(chunk);
            }
        }
        for chunk in &bitmaps {
            let place = space.find(MIB, policy);
            self.image.zero(place..place + MIB);
            self.set_entry(shape.bitmap_index(*chunk), state::BITMAP_PRESENT, place);
            counts.new_bitmaps += 1;
            counts.write_bitmaps += MIB;
        }
        for (block, parts, fills, becomes, place) in work {
            let start = block * self.block;
            let on_disk = (start + self.block).min(self.size) - start;
            let length = self.image.len().max(place + self.block);
            self.image.set_len(length);
            let before = counts.write_payload;
            if fills {
                self.image.zero(place..place + on_disk);
            }
            parts.write(sources, &mut self.image, start, place, !fills, counts);
            if fills {
                counts.write_fill += on_disk - (counts.write_payload - before);
            }
            if becomes == state::PARTIALLY_PRESENT && self.has_parent {
                let chunk = block / shape.chunk_ratio;
                if !bitmaps.contains(&chunk) {
                    counts.read_bitmaps += self.bits();
                    counts.write_bitmaps += self.bits();
                }
                let first = block % shape.chunk_ratio * (self.block / self.sector);
                if let Some(bitmap) = self.bitmap(chunk) {
                    for (range, _) in parts.0.iter().filter(|(_, says)| says.is_some()) {
                        let (from, to) = ((range.start - start) / self.sector, (range.end - start) / self.sector);
                        bytes::put_bits(&mut self.image, bitmap, first + from, first + to, true);
                    }
                }
            }
            self.set_entry(shape.payload_index(block), becomes, place);
        }
    }
}
