//! The fast paths of the pass, and its halves, against a plain pass of one entry after the other.

use proptest::prelude::*;

use super::*;
use crate::format::vhdx::bat::ChunkRatio;
use crate::source::MemorySource;

const MIB: u64 = 1 << 20;

/// A table and a file of which nothing else is read.
#[derive(Debug)]
struct Stretched(MemorySource<Vec<u8>>, u64);

impl ReadAt for Stretched {
    fn size(&self) -> ByteLen {
        ByteLen(self.1)
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        self.0.read_exact_at(structure, offset, buf)
    }
}

fn geometry(block_size: ByteLen, payload_blocks: u64, has_parent: bool) -> Geometry {
    let chunk_ratio = ChunkRatio::new(ByteLen(512), block_size).unwrap();
    let bat_entries = chunk_ratio.entry_count(payload_blocks, has_parent);
    Geometry {
        virtual_size: ByteLen(payload_blocks * block_size.0),
        block_size,
        logical_sector_size: ByteLen(512),
        chunk_ratio,
        payload_blocks,
        bat_entries,
        has_parent,
        bat: FileRange::new(FileOffset(0), ByteLen(bat_entries * 8)),
    }
}

fn surveyed(long: ByteLen, entries: &[u64], geometry: &Geometry, file_mib: u64) -> BatSurvey {
    let bytes = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    let view = Stretched(MemorySource::new(bytes), file_mib * MIB + MIB / 2);
    let structures = [FileRange::new(FileOffset(0), ByteLen(3 * MIB))];
    let known = ZeroRows::remembering(geometry);
    let first = read_in_halves_from(long, &view, geometry, &known, &structures).unwrap();
    // Once more, with what the first pass remembers.
    let again = read_in_halves_from(long, &view, geometry, &known, &structures).unwrap();
    assert_eq!(first, again);
    first
}

/// What the fast paths must come to: every group looked at one by one.
fn plainly(entries: &[u64], geometry: &Geometry, file_mib: u64) -> BatSurvey {
    let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
    let view = Stretched(MemorySource::new(bytes), file_mib * MIB + MIB / 2);
    let structures = [FileRange::new(FileOffset(0), ByteLen(3 * MIB))];
    let mut used = with_structures(view.size(), &structures);
    let mut pass = Pass::new(&mut used, geometry, &structures, view.size());
    block_map::walk(&view, geometry, |row| {
        let single: Vec<[u8; 8]> = row.payload.iter().map(|entry| entry.0.to_le_bytes()).collect();
        let partial_before = pass.survey.partial.count;
        for (bytes, number) in single.iter().zip(row.first_block.0..) {
            pass.survey.counts.add(Bat::new(bytes));
            pass.one_by_one(BlockIndex(number), Bat::new(bytes));
        }
        let partials = pass.survey.partial.count - partial_before;
        pass.row(ChunkRow { payload: Bat::new(&[]), ..row });
        let has_bitmap = row.sector_bitmap.is_some_and(|entry| entry.raw_state() != 0);
        if partials > 0 && geometry.has_parent && !has_bitmap {
            let first = row.payload.iter().position(|entry| entry.raw_state() == 7).unwrap();
            let block = BlockIndex(row.first_block.0 + first as u64);
            let entry = row.payload.get(first).unwrap();
            pass.survey.without_bitmap.push(payload_at(geometry, block, entry));
        }
        Ok(())
    })
    .unwrap();
    let survey = pass.survey;
    let entry_of = |block| BatEntry(entries[geometry.chunk_ratio.payload_index(BlockIndex(block)).0 as usize]);
    let ends = Some(Ends { first: entry_of(0), last: entry_of(geometry.payload_blocks - 1) });
    let mut survey = BatSurvey { ends, used, ..survey };
    find_owners(&mut survey, &view, geometry, &ZeroRows::default()).unwrap();
    survey
}

/// Entries as they come in files, all in places of their own; the shape says how.
fn apart(blocks: u64, shape: u64) -> Vec<u64> {
    let place = |number: u64| (3 + number) * MIB;
    (0..blocks)
        .map(|number| match shape {
            0 => place(number) | 6,
            1 => place(blocks - 1 - number) | 6,
            2 if number % 3 == 0 => place(number) | 6,
            3 => number / 100 % 4,
            _ => number * 7 / 3 % 4,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn fast_paths_and_halves_find_what_a_plain_pass_finds(
        shape in 0_u64..5,
        blocks in prop::sample::select(vec![100_u64, 4096, 4097, 8200, 9000, 12_288]),
        has_parent in any::<bool>(),
        file_mib in prop::sample::select(vec![60_u64, 8000, 20_000]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0_u64..8, 0_u64..13_000, prop::bool::weighted(0.1)), 0..6),
    ) {
        let geometry = geometry(ByteLen::mib(1), blocks, has_parent);
        let mut blocks = apart(blocks, shape).into_iter();
        let mut entries: Vec<u64> = (0..geometry.bat_entries)
            .map(|index| match geometry.chunk_ratio.slot(crate::units::BatIndex(index)) {
                Slot::Payload(_) => blocks.next().unwrap_or(0),
                Slot::SectorBitmap(_) => 0,
            })
            .collect();
        for (at, state, mib, reserved) in changes {
            let at = at.index(entries.len());
            entries[at] = state | (mib * MIB) | (u64::from(reserved) << 9);
        }
        let expected = plainly(&entries, &geometry, file_mib);
        prop_assert_eq!(&surveyed(ByteLen(u64::MAX), &entries, &geometry, file_mib), &expected);
        prop_assert_eq!(&surveyed(ByteLen::ZERO, &entries, &geometry, file_mib), &expected);
    }

    #[test]
    fn so_they_do_in_blocks_of_many_megabytes(
        words in prop::collection::vec((0_u64..8, 0_u64..40), 1..200),
        has_parent in any::<bool>(),
    ) {
        let geometry = geometry(ByteLen::mib(256), words.len() as u64, has_parent);
        let mut words = words.into_iter().cycle();
        let entries: Vec<u64> = (0..geometry.bat_entries)
            .map(|index| words.next().map_or(0, |(state, word)| state | ((index % 50 + word / 38) * 256 * MIB)))
            .collect();
        let expected = plainly(&entries, &geometry, 9000);
        prop_assert_eq!(&surveyed(ByteLen(u64::MAX), &entries, &geometry, 9000), &expected);
        prop_assert_eq!(&surveyed(ByteLen::ZERO, &entries, &geometry, 9000), &expected);
    }
}
