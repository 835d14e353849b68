//! Builds the file and keeps the record of where everything is.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Block, Builder, DynamicHeader, Footer, Kind, ParentLocator, SECTOR, UNUSED};
use crate::testkit::record::Checksum;
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

/// What stands where in a built file, in bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The footer at the end, 512 bytes, 511 or none.
    pub footer: Range<u64>,
    /// The fields of the footer.
    pub footer_fields: Footer,
    /// The dynamic header; empty in a fixed disk.
    pub header: Range<u64>,
    /// The BAT with its padding; empty in a fixed disk.
    pub bat: Range<u64>,
    /// The data of each parent locator.
    pub locators: Vec<Range<u64>>,
    /// Where each block's sector bitmap stands; its content follows.
    pub blocks: BTreeMap<u64, u64>,
    /// The length of each sector bitmap, in whole sectors.
    pub bitmap_length: u64,
}

impl Builder {
    /// Writes the file.
    pub fn build(&self) -> Built {
        let bitmap_length = (u64::from(self.block_size) / SECTOR).div_ceil(8).next_multiple_of(SECTOR);
        let mut built = Built {
            image: SparseImage::new(0),
            layout: Layout {
                footer: 0..0,
                footer_fields: self.footer.clone(),
                header: 0..0,
                bat: 0..0,
                locators: vec![],
                blocks: BTreeMap::new(),
                bitmap_length,
            },
        };
        if self.kind == Kind::Fixed {
            built.image.write_image(0, &self.content);
            built.image.set_len(self.footer.current_size);
        } else {
            self.write_dynamic(&mut built);
        }
        let [end, ..] = self.checksums;
        let footer = Footer { checksum: end, ..self.footer.clone() }.to_bytes();
        let start = built.image.len();
        built.image.write(start, footer.get(..size(self.footer_length)).unwrap_or(&footer));
        built.layout.footer = start..built.image.len();
        built
    }

    fn write_dynamic(&self, built: &mut Built) {
        let [_, copy, header_checksum] = self.checksums;
        let needed = self.footer.current_size.div_ceil(u64::from(self.block_size.max(1)));
        let entries = super::low32(needed).saturating_add(self.extra_entries);
        let table_offset = SECTOR + 1024;
        let table_end = table_offset + (u64::from(entries) * 4).next_multiple_of(SECTOR);
        built.layout.header = SECTOR..table_offset;
        built.layout.bat = table_offset..table_end;
        let mut next = table_end;
        let mut locators: Vec<(ParentLocator, u64)> = vec![];
        for locator in &self.locators {
            built.image.write(next, &locator.data);
            locators.push((locator.clone(), next));
            built.layout.locators.push(next..next + locator.data.len() as u64);
            next += (locator.data.len() as u64).next_multiple_of(SECTOR);
        }
        let (parent_unique_id, parent_time_stamp, parent_unicode_name) = self.parent.clone();
        let header = DynamicHeader {
            cookie: *b"cxsparse",
            data_offset: u64::MAX,
            table_offset,
            header_version: 0x0001_0000,
            max_table_entries: entries,
            block_size: self.block_size,
            checksum: header_checksum,
            parent_unique_id,
            parent_time_stamp,
            parent_unicode_name,
        };
        built.image.write(0, &Footer { checksum: copy, ..self.footer.clone() }.to_bytes());
        built.image.write(SECTOR, &header.to_bytes(&locators));
        built.image.write(table_offset, &vec![0xFF; size(table_end - table_offset)]);
        built.image.set_len(next);
        let mut order: Vec<(&u64, &Block)> = self.blocks.iter().collect();
        if self.reversed {
            order.reverse();
        }
        for (number, block) in order {
            self.write_block(built, *number, block);
        }
        for (number, entry) in &self.raw_entries {
            built.image.write(table_offset + 4 * number, &entry.to_be_bytes());
        }
    }

    fn write_block(&self, built: &mut Built, number: u64, block: &Block) {
        let start = built.image.len();
        let entry = u32::try_from(start / SECTOR).unwrap_or(UNUSED);
        built.image.write(built.layout.bat.start + 4 * number, &entry.to_be_bytes());
        let mut bitmap = vec![0_u8; size(built.layout.bitmap_length)];
        for sector in block.bits.iter().cloned().flatten() {
            // The first sector is the most significant bit of the first byte.
            if let Some(byte) = bitmap.get_mut(size(sector / 8)) {
                *byte |= 0x80 >> (sector % 8);
            }
        }
        built.image.write(start, &bitmap);
        let mut data = block.data.clone();
        data.set_len(u64::from(self.block_size));
        built.image.write_image(start + built.layout.bitmap_length, &data);
        built.layout.blocks.insert(number, start);
    }
}

impl Built {
    /// Writes the footer anew, right or wrong, after [`Layout::footer_fields`] was changed. The copy stays.
    pub fn rewrite_footer(&mut self, checksum: Checksum) {
        let footer = Footer { checksum, ..self.layout.footer_fields.clone() }.to_bytes();
        let length = size(self.layout.footer.end - self.layout.footer.start);
        self.image.write(self.layout.footer.start, footer.get(..length).unwrap_or(&footer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_has_its_bitmap_before_it_most_significant_bit_first() {
        let data = SparseImage::from_bytes(&[7; 1024]);
        let built = Builder::dynamic(5 << 20).block(1, Block::new(data).present(0..2).present(9..10)).build();
        let start = built.layout.blocks[&1];
        assert_eq!(built.image.read(start, 3), [0b1100_0000, 0b0100_0000, 0]);
        assert_eq!(built.image.read(start + 512, 1025)[1023..], [7, 0]);
        assert_eq!(built.image.read(built.layout.bat.start, 12)[..4], [0xFF; 4]);
        assert_eq!(built.image.read(built.layout.bat.start + 4, 4), (start as u32 / 512).to_be_bytes());
        assert_eq!(built.image.len(), start + 512 + (2 << 20) + 512);
        assert_eq!(built.image.read(0, 64), built.image.read(built.layout.footer.start, 64), "the copy");
    }

    #[test]
    fn checksums_make_all_bytes_sum_to_their_complement() {
        let built = Builder::dynamic(5 << 20).checksums(Checksum::Right, Checksum::Wrong, Checksum::Right).build();
        let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
        let footer = built.image.read(built.layout.footer.start, 512);
        let stored = u32::from_be_bytes(footer[64..68].try_into().unwrap());
        assert_eq!(stored, !(sum(&footer) - sum(&footer[64..68])));
        assert_eq!(built.image.read(64, 4), (stored ^ 1).to_be_bytes());
        assert_eq!(Builder::fixed(1 << 20).old_footer().build().image.len(), (1 << 20) + 511);
    }
}
