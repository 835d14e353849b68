//! A VHD file as a merge sees and changes it.

use super::space::Space;
use super::writer::Parts;
use super::{Counts, Policy, Says, bytes};
use crate::testkit::runs::Runs;
use crate::testkit::sparse::SparseImage;
use crate::testkit::vhd::{SECTOR, UNUSED};

/// Pieces in which the blocks of a fixed disk, which has none, are counted.
const FIXED_PIECE: u64 = 2 << 20;

/// A VHD file with a whole footer.
#[derive(Clone, Debug)]
pub struct VhdFile {
    image: SparseImage,
    size: u64,
    /// 2 fixed, 3 dynamic, 4 differencing.
    kind: u32,
    header: u64,
    table: u64,
    block: u64,
}

impl VhdFile {
    pub(super) fn open(image: SparseImage) -> Option<Self> {
        let footer = image.len().checked_sub(SECTOR)?;
        if image.read(footer, 8) != b"conectix" {
            return None;
        }
        let kind = bytes::be32(&image, footer + 60);
        let header = bytes::be64(&image, footer + 16);
        let size = bytes::be64(&image, footer + 48);
        let (table, block) = match kind {
            2 => (0, FIXED_PIECE),
            _ => (bytes::be64(&image, header + 16), bytes::be32(&image, header + 32).into()),
        };
        Some(Self { image, size, kind, header, table, block })
    }

    pub(super) fn image(&self) -> &SparseImage {
        &self.image
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn table(&self) -> u64 {
        if self.kind == 2 { 0 } else { 4 * self.blocks() }
    }

    fn blocks(&self) -> u64 {
        self.size.div_ceil(self.block)
    }

    fn bitmap_length(&self) -> u64 {
        (self.block / SECTOR).div_ceil(8).next_multiple_of(SECTOR)
    }

    /// Where a block's bitmap stands.
    fn block(&self, number: u64) -> Option<u64> {
        let sector = bytes::be32(&self.image, self.table + 4 * number);
        (sector != UNUSED).then(|| u64::from(sector) * SECTOR)
    }

    pub(super) fn says(&self, number: usize) -> (Runs<Says>, u64) {
        let mut says = Runs::new();
        let mut bitmaps = 0;
        if self.kind == 2 {
            says.set(0..self.size, Some(Says::Data(number, 0)));
            return (says, 0);
        }
        for block in 0..self.blocks() {
            let Some(place) = self.block(block) else { continue };
            bitmaps += self.bitmap_length();
            let range = block * self.block..((block + 1) * self.block).min(self.size);
            let data = place + self.bitmap_length();
            let data = Says::Data(number, data.cast_signed() - range.start.cast_signed());
            let sectors = (range.end - range.start) / SECTOR;
            for (from, to) in bytes::set_bits(&self.image, place, 0, sectors, false) {
                says.set(range.start + from * SECTOR..range.start + to * SECTOR, Some(data));
            }
        }
        (says, bitmaps)
    }

    /// What is taken in a file without its footer.
    fn space(&self) -> Space {
        let mut space = Space::new(self.image.len(), SECTOR);
        space.take(0..SECTOR);
        space.take(self.header..self.header + 1024);
        let entries = u64::from(bytes::be32(&self.image, self.header + 28));
        space.take(self.table..self.table + 4 * entries);
        for locator in 0..8 {
            let at = self.header + 576 + 24 * locator;
            if bytes::be32(&self.image, at) != 0 {
                let offset = bytes::be64(&self.image, at + 16);
                space.take(offset..offset + u64::from(bytes::be32(&self.image, at + 8)));
            }
        }
        for block in 0..self.blocks() {
            if let Some(place) = self.block(block) {
                space.take(place..(place + self.bitmap_length() + self.block).min(self.image.len()));
            }
        }
        space
    }

    /// Takes what the sources say.
    pub(super) fn merge(&mut self, sources: &[&SparseImage], union: &Runs<Says>, policy: Policy, counts: &mut Counts) {
        // The footer goes away and comes back at the new end.
        let mut end = self.image.len() - SECTOR;
        let footer = self.image.read(end, SECTOR);
        self.image.set_len(end);
        let mut space = if self.kind == 2 { Space::new(0, SECTOR) } else { self.space() };
        for block in 0..self.blocks() {
            let start = block * self.block;
            let parts = Parts(union.cover(start..(start + self.block).min(self.size)));
            if parts.says_nothing() {
                continue;
            }
            if self.kind == 2 {
                parts.write(sources, &mut self.image, start, start, true, counts);
                continue;
            }
            let on_disk = (start + self.block).min(self.size) - start;
            let place = self.block(block);
            let (at, is_new) = match place {
                Some(at) => (at, false),
                None => (space.find(self.bitmap_length() + self.block, policy), true),
            };
            let data = at + self.bitmap_length();
            end = end.max(data + if is_new { self.block } else { 0 });
            let before = counts.write_payload;
            if is_new {
                counts.allocated += 1;
                self.image.zero(at..data + on_disk);
                let sector = crate::testkit::low32(at / SECTOR);
                self.image.write(self.table + 4 * block, &sector.to_be_bytes());
                counts.write_bat += 4;
                if self.kind == 3 {
                    bytes::put_bits(&mut self.image, at, 0, self.block / SECTOR, false);
                }
            } else {
                counts.read_bitmaps += self.bitmap_length();
            }
            counts.write_bitmaps += self.bitmap_length();
            parts.write(sources, &mut self.image, start, data, true, counts);
            if is_new && self.kind == 3 {
                counts.write_fill += on_disk - (counts.write_payload - before);
            }
            for (range, _) in parts.0.iter().filter(|(_, says)| says.is_some()) {
                let (from, to) = ((range.start - start) / SECTOR, (range.end - start) / SECTOR);
                bytes::put_bits(&mut self.image, at, from, to, false);
            }
        }
        self.image.set_len(end);
        self.image.write(end, &footer);
    }
}
