//! One digest over everything in a disk's file but the content of its blocks.
//!
//! Tables of disks that have hardly begun are zeros for the most part, and often holes. A piece of zeros is told by its
//! place and not hashed: what is said of every piece is where it lies or that it is zeros, and nothing else has the same
//! digest.

use crate::analysis::hash::ZEROS;
use crate::error::Result;
use crate::format::vhd;
use crate::format::vhdx::bat::{self, Bat, BatEntry, SectorBitmapState};
use crate::format::vhdx::sector_bitmap;
use crate::image::vhdx::{Geometry, LogState, ZeroRows, block_map};
use crate::image::{Image, Survey};
use crate::source::{ReadAt, with_scratch};
use crate::units::{ByteLen, ChunkIndex, FileOffset, FileRange};

/// Bytes of one read at most: they stay in the second-level cache.
const READ: usize = 256 << 10;

/// Bytes that are zeros as a whole, or are hashed.
const PIECE: usize = 64 << 10;

/// Bytes that are compared with zeros at a time, which stay in the first-level cache.
const STEP: usize = 4 << 10;

/// The digest over the structures of a file as they are stored, in an order that does not hang on where they lie.
pub(super) fn structures(image: &Image) -> Result<String> {
    let mut digest = StructureDigest::default();
    let stored = &**image.stored();
    match image.survey() {
        Survey::Vhdx(survey) => {
            let geometry = survey.geometry().filter(|geometry| geometry.has_parent);
            let mut bitmaps = Bitmaps::default();
            for range in survey.structures() {
                let is_log = survey.log.as_ref().is_some_and(|log| log.range == range);
                // Old entries of a clean log say nothing.
                if is_log && survey.log_state() == Some(LogState::Clean) {
                    continue;
                }
                // Where the log has changed nothing, the stored table is the one that counts.
                let is_table = |geometry: &&Geometry| !survey.replayed && geometry.bat.start == range.start;
                let known = survey.geometry().filter(is_table).map(|_| survey.zero_rows());
                digest.table(stored, range, known, |at, bytes| {
                    if let Some(geometry) = geometry.filter(is_table) {
                        bitmaps.find(geometry, at, bytes);
                    }
                })?;
            }
            if let Some(geometry) = geometry {
                let view = &**image.view();
                if survey.replayed {
                    block_map::walk(view, geometry, |row| {
                        bitmaps.add(row.chunk, row.sector_bitmap);
                        Ok(())
                    })?;
                }
                for (chunk, at) in bitmaps.found {
                    digest.say(NUMBER, chunk.0);
                    digest.range(view, FileRange::new(at, ByteLen(sector_bitmap::SIZE)))?;
                }
            }
        }
        Survey::Vhd(survey) => {
            for footer in [Some(&survey.footers.at_end), survey.footers.copy.as_ref()].into_iter().flatten() {
                digest.range(stored, FileRange::new(footer.at, vhd::footer::SIZE))?;
            }
            for locator in &survey.locators {
                digest.range(stored, locator.entry.data())?;
            }
            if let Some(geometry) = survey.geometry() {
                if let Some(blocks) = &geometry.blocks {
                    digest.range(stored, blocks.header)?;
                    digest.range(stored, blocks.bat)?;
                }
                crate::image::vhd::sector_bitmaps(&**image.view(), geometry, |block| {
                    digest.say(NUMBER, block.range.start.0);
                    digest.range(&**image.view(), block.range)
                })?;
            }
        }
    }
    Ok(digest.finish())
}

/// The sector bitmap blocks that a table names: at most 16,384, for each covers 4 GiB at least.
#[derive(Default)]
struct Bitmaps {
    found: Vec<(ChunkIndex, FileOffset)>,
}

impl Bitmaps {
    fn add(&mut self, chunk: ChunkIndex, entry: Option<BatEntry>) {
        let present = entry.filter(|entry| entry.sector_bitmap_state() == SectorBitmapState::Present);
        self.found.extend(present.map(|entry| (chunk, entry.file_offset())));
    }

    /// Adds those whose entries are among the bytes of the table from `at` on, which starts and ends with whole entries.
    fn find(&mut self, geometry: &Geometry, at: ByteLen, bytes: &[u8]) {
        let entries = Bat::new(bytes);
        let first = at.0 / bat::ENTRY_SIZE;
        let mut chunk = ChunkIndex(first.checked_div(geometry.chunk_ratio.entries_per_chunk()).unwrap_or_default());
        loop {
            let index = geometry.chunk_ratio.sector_bitmap_index(chunk);
            let place = ByteLen(index.0.saturating_sub(first)).to_usize().unwrap_or(usize::MAX);
            if place >= entries.len() || index.0 >= geometry.bat_entries {
                break;
            }
            self.add(chunk, entries.get(place));
            chunk = ChunkIndex(chunk.0.saturating_add(1));
        }
    }
}

/// What a number in the digest is: bytes of a range, of which the pieces follow.
const RANGE: u64 = 1;
/// Where in the range a piece lies that is not zeros as a whole.
const PIECE_AT: u64 = 2;
/// Anything else.
const NUMBER: u64 = 3;

/// Ranges of a file, and numbers.
#[derive(Default)]
struct StructureDigest {
    /// The numbers in order: each with what it is.
    words: blake3::Hasher,
    /// The pieces that are not zeros.
    pieces: blake3::Hasher,
}

impl StructureDigest {
    fn say(&mut self, what: u64, number: u64) {
        self.words.update(&what.to_le_bytes());
        self.words.update(&number.to_le_bytes());
    }

    /// Adds the bytes of a range, as far as they are in the file.
    fn range(&mut self, source: &dyn ReadAt, range: FileRange) -> Result<()> {
        self.table(source, range, None, |_, _| {})
    }

    /// Adds the bytes of a range that starts with a table of which some rows are known to be zeros. `each` gets all others
    /// too, with where in the range they lie.
    fn table(
        &mut self,
        source: &dyn ReadAt,
        range: FileRange,
        known: Option<&ZeroRows>,
        mut each: impl FnMut(ByteLen, &[u8]),
    ) -> Result<()> {
        let len = ByteLen(source.size().0.saturating_sub(range.start.0)).min(range.len);
        self.say(RANGE, len.0);
        let most = len.min(ByteLen::from(READ)).to_usize().unwrap_or_default();
        with_scratch(most, |buf| {
            let mut done = ByteLen::ZERO;
            while done < len {
                let step = ByteLen(len.0.saturating_sub(done.0)).min(ByteLen::from(buf.len()));
                if known.is_some_and(|known| known.covers(done, step)) {
                    done = done.saturating_add(step);
                    continue;
                }
                let Some(part) = step.to_usize().and_then(|step| buf.get_mut(..step)) else { break };
                source.read_exact_at("structures", range.start.saturating_add(done), part)?;
                self.pieces(done, part);
                each(done, part);
                done = done.saturating_add(step);
            }
            Ok(())
        })
    }

    /// Adds bytes of a range from the place `at` on.
    fn pieces(&mut self, at: ByteLen, bytes: &[u8]) {
        let mut at = at;
        for piece in bytes.chunks(PIECE) {
            if !piece.chunks(STEP).all(|step| ZEROS.get(..step.len()) == Some(step)) {
                self.say(PIECE_AT, at.0);
                self.pieces.update(piece);
            }
            at = at.saturating_add(ByteLen::from(piece.len()));
        }
    }

    fn finish(mut self) -> String {
        self.words.update(self.pieces.finalize().as_bytes());
        self.words.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::MemorySource;

    /// Few bytes of several pieces, most of them zeros.
    fn sparse() -> impl Strategy<Value = Vec<u8>> {
        let set = prop::collection::vec((0_usize..5 * PIECE, 0_u8..3), 0..4);
        (0_usize..5 * PIECE, set).prop_map(|(len, set)| {
            let mut bytes = vec![0; len];
            for (at, value) in set {
                // Near the ends of pieces, where one that is taken for another would show.
                for at in [at, at / PIECE * PIECE] {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = value;
                    }
                }
            }
            bytes
        })
    }

    fn digest_of(parts: &[Vec<u8>]) -> String {
        let mut digest = StructureDigest::default();
        for bytes in parts {
            let len = ByteLen::from(bytes.len());
            let source = MemorySource::new(bytes.clone());
            digest.range(&source, FileRange::new(FileOffset::ZERO, len)).unwrap();
        }
        digest.finish()
    }

    proptest! {
        #[test]
        fn digests_are_equal_where_the_bytes_are(
            left in prop::collection::vec(sparse(), 1..3),
            right in prop::collection::vec(sparse(), 1..3),
            flip in any::<prop::sample::Index>(),
        ) {
            prop_assert_eq!(digest_of(&left) == digest_of(&right), left == right);
            let mut changed = left.clone();
            if !changed[0].is_empty() {
                let at = flip.index(changed[0].len());
                changed[0][at] ^= 1;
                prop_assert_ne!(digest_of(&left), digest_of(&changed));
            }
        }
    }

    #[test]
    fn zeros_elsewhere_or_more_of_them_are_another_digest() {
        let mut first = vec![0; 3 * PIECE];
        let mut second = first.clone();
        first[0] = 1;
        second[PIECE] = 1;
        let all = [
            vec![first.clone()],
            vec![second],
            vec![first[..PIECE].to_vec()],
            vec![first[..2 * PIECE].to_vec()],
            vec![first[..PIECE].to_vec(), vec![0; PIECE]],
            vec![vec![0; PIECE], first[..PIECE].to_vec()],
            vec![vec![], first],
            vec![],
        ];
        let digests: std::collections::BTreeSet<String> = all.iter().map(|parts| digest_of(parts)).collect();
        assert_eq!(digests.len(), all.len());
    }
}
