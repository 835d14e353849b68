//! Which bytes of a VHD's virtual disk are where: every shape of block and bitmap, and entries that cannot be right.
#![cfg(feature = "testkit")]

#[cfg(test)]
#[path = "support/vhd.rs"]
mod support;

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use proptest::prelude::*;

    use vhdxray::Result;
    use vhdxray::image::vhd::block_map::{self, Place};
    use vhdxray::source::{MemorySource, ReadAt};
    use vhdxray::testkit::SparseImage;
    use vhdxray::testkit::vhd::{Block, Builder, Built};
    use vhdxray::units::{ByteLen, FileOffset, VirtualOffset};

    use super::support::{MIB, PARENT, dynamic, image, open, runs, survey};

    /// Block sizes, sizes of disks, which sectors of which blocks are there.
    #[derive(Clone, Debug)]
    struct Shape {
        has_parent: bool,
        block_size: u64,
        sectors: u64,
        blocks: Vec<Option<Vec<(u64, u64)>>>,
        reversed: bool,
    }

    impl Shape {
        fn build(&self) -> Built {
            let size = self.sectors * 512;
            let builder =
                if self.has_parent { Builder::differencing(size, PARENT, 0, "a.vhd") } else { Builder::dynamic(size) };
            let mut builder = builder.block_size(u32::try_from(self.block_size).unwrap()).extra_entries(2);
            if self.reversed {
                builder = builder.reversed();
            }
            for (number, ranges) in (0..self.sectors.div_ceil(self.block_size / 512)).zip(&self.blocks) {
                if let Some(ranges) = ranges {
                    let block = Block::new(SparseImage::new(self.block_size));
                    let block = ranges.iter().fold(block, |block, (from, to)| block.present(*from..*to));
                    builder = builder.block(number, block);
                }
            }
            builder.build()
        }

        /// The place of one byte, looked up bit by bit.
        fn place(&self, built: &Built, at: u64) -> Place {
            let absent = if self.has_parent { Place::Transparent } else { Place::Zero };
            let (number, within) = (at / self.block_size, at % self.block_size);
            let ranges = self.blocks.get(usize::try_from(number).unwrap()).and_then(Option::as_ref);
            let Some(ranges) = ranges else { return absent };
            if !ranges.iter().any(|(from, to)| (*from..*to).contains(&(within / 512))) {
                return absent;
            }
            let block = built.layout.blocks[&number];
            Place::Data { file_offset: FileOffset(block + built.layout.bitmap_length + within) }
        }
    }

    fn shape() -> impl Strategy<Value = Shape> {
        let geometry = (any::<bool>(), 0_u32..7, 1_u64..200, any::<bool>());
        geometry.prop_flat_map(|(has_parent, power, sectors, reversed)| {
            let per_block = 1_u64 << power;
            let range = (0..per_block, 0..=per_block).prop_map(|(from, to)| (from, to.max(from)));
            let block = prop::option::of(prop::collection::vec(range, 0..4));
            let count = usize::try_from(sectors.div_ceil(per_block)).unwrap();
            prop::collection::vec(block, count).prop_map(move |blocks| Shape {
                has_parent,
                block_size: per_block * 512,
                sectors,
                blocks,
                reversed,
            })
        })
    }

    proptest! {
        #[test]
        fn runs_tile_any_request_and_equal_a_lookup_of_every_byte(
            shape in shape(),
            start in 0_u64..110_000,
            len in 0_u64..110_000,
        ) {
            let built = shape.build();
            let image = image(&built);
            let size = shape.sectors * 512;
            let runs = runs(&image, start, len).unwrap();
            let mut at = start;
            for run in &runs {
                prop_assert_eq!(run.start, VirtualOffset(at));
                prop_assert!(run.len.0 > 0);
                // Ends and one byte in each sector: inside a sector nothing changes.
                let last = run.len.0 - 1;
                for step in (0..run.len.0).step_by(512).chain([last]) {
                    let expected = match run.place {
                        Place::Data { file_offset } => Place::Data { file_offset: FileOffset(file_offset.0 + step) },
                        other => other,
                    };
                    prop_assert_eq!(shape.place(&built, at + step), expected);
                }
                at += run.len.0;
            }
            prop_assert_eq!(at, (start + len).min(size).max(start));
            for pair in runs.windows(2) {
                prop_assert!(pair[0].place != pair[1].place, "two runs that could be one");
            }
        }

        #[test]
        fn any_damage_is_survived(
            patches in prop::collection::vec((0_usize..2560, any::<u8>()), 0..12),
            tail in prop::collection::vec((0_usize..512, any::<u8>()), 0..4),
            cut in prop_oneof![Just(0), 0_usize..6000],
        ) {
            let shape = Shape {
                has_parent: true, block_size: 1024, sectors: 9,
                blocks: vec![Some(vec![(0, 1)]), None, Some(vec![(0, 2)])], reversed: false,
            };
            let mut bytes = shape.build().image.to_vec();
            let end = bytes.len() - 512;
            for (at, byte) in patches {
                bytes[at] = byte;
            }
            for (at, byte) in tail {
                bytes[end + at] = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut));
            let image = open(bytes);
            let _ = (image.parent_reference(), image.count_blocks(), image.identity(), image.time_stamp());
            if survey(&image).geometry().is_some() && image.virtual_size() <= Some(ByteLen(MIB)) {
                let _ = runs(&image, 0, u64::MAX);
            }
        }
    }

    #[test]
    fn a_bitmap_longer_than_one_read_is_joined() {
        // 64 MiB a block: 131,072 sectors, whose bits take 16 KiB.
        let block = Block::new(SparseImage::new(64 * MIB)).present(1..131_071);
        let builder = Builder::differencing(64 * MIB, PARENT, 0, "a.vhd").block_size(64 << 20);
        let built = builder.block(0, block).build();
        let image = image(&built);
        let data = FileOffset(built.layout.blocks[&0] + (16 << 10) + 512);
        let lens: Vec<_> = runs(&image, 0, u64::MAX).unwrap().iter().map(|run| (run.len.0, run.place)).collect();
        assert_eq!(
            lens,
            [
                (512, Place::Transparent),
                (64 * MIB - 1024, Place::Data { file_offset: data }),
                (512, Place::Transparent)
            ]
        );
    }

    #[test]
    fn an_entry_that_cannot_be_right_is_an_error_and_never_data() {
        let sectors = |built: &Built, bytes: u64| u32::try_from(built.image.len() / 512 + bytes / 512).unwrap();
        let whole = dynamic().build();
        for (entry, word) in [
            (0, "over the footer copy"),
            (1, "over the dynamic disk header"),
            (3, "over the block allocation table"),
            // One sector before its place: the last sector of the block is the footer.
            (u32::try_from(whole.layout.blocks[&1] / 512).unwrap() + 1, "block: needs"),
            (sectors(&whole, 0), "sector bitmap: needs"),
            (u32::MAX - 1, "sector bitmap: needs"),
        ] {
            let mut built = dynamic().raw_entry(1, entry).build();
            if word.starts_with("block: needs") {
                let bitmap = u64::from(entry) * 512;
                built.image.write(bitmap, &[0xFF; 512]);
            }
            let image = image(&built);
            assert_eq!(image.blockers().len(), 0);
            let error = runs(&image, 2 * MIB, 2 * MIB).unwrap_err();
            assert!(error.to_string().contains(word), "{entry}: {error}");
            assert_eq!(runs(&image, 0, 2 * MIB).unwrap().len(), 1, "the other blocks are not concerned");
        }
    }

    /// A source that counts the bytes read from it.
    #[derive(Debug)]
    struct Counting(MemorySource<Vec<u8>>, AtomicU64);

    impl ReadAt for Counting {
        fn size(&self) -> ByteLen {
            self.0.size()
        }

        fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
            self.1.fetch_add(buf.len() as u64, Ordering::Relaxed);
            self.0.read_exact_at(structure, offset, buf)
        }
    }

    #[test]
    fn only_the_bits_of_the_range_are_read() {
        let built = dynamic().build();
        let source = Counting(MemorySource::new(built.image.to_vec()), AtomicU64::new(0));
        let image = image(&built);
        let geometry = survey(&image).geometry().unwrap();
        let bytes_for = |start: u64, len: u64| {
            source.1.store(0, Ordering::Relaxed);
            block_map::runs(&source, geometry, VirtualOffset(start), ByteLen(len), |_| Ok(())).unwrap();
            source.1.load(Ordering::Relaxed)
        };
        assert_eq!(bytes_for(2 * MIB, 1), 4 + 1);
        assert_eq!(bytes_for(2 * MIB + 7 * 512, 1024), 4 + 2, "the ninth sector has its bit in the next byte");
        assert_eq!(bytes_for(0, 5 * MIB), 3 * 4 + 512);
        assert_eq!(bytes_for(0, 0), 0);
    }
}
