//! What sectors of the log say beside what the file said before and says now.

use std::collections::BTreeMap;

use crate::format::vhdx::bat::{self, Bat, BatEntry, SECTORS_PER_BITMAP, Slot};
use crate::format::vhdx::log::SECTOR;
use crate::format::vhdx::sector_bitmap::SectorBitmap;
use crate::image::Image;
use crate::image::vhdx::{Geometry, VhdxSurvey};
use crate::limits::MAX_LOG_REMEMBERED_RANGES;
use crate::units::{BatIndex, ByteLen, FileOffset, FileRange, SectorIndex};

use super::{Target, Touch};

/// An entry of the BAT in a sector of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatChange {
    /// What the entry is for.
    pub slot: Slot,
    /// What it was before, where the log still knows.
    pub before: Option<BatEntry>,
    /// What the sector says.
    pub entry: BatEntry,
    /// What the file says now; `None` where the file ends before it.
    pub now: Option<BatEntry>,
}

/// Neighbouring bits of a sector bitmap in a sector of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitmapChange {
    /// The first sector of the virtual disk.
    pub first: SectorIndex,
    /// Number of sectors.
    pub count: u64,
    /// Whether the log still knows that the bits were the other way before; else that they are the other way now.
    pub changed: bool,
    /// Whether the bits are set in the sector: the file has the sectors.
    pub set: bool,
    /// How many of them are set now; `None` where the file ends before them.
    pub set_now: Option<u64>,
}

/// The last known images of sectors.
pub(super) struct Images<'a> {
    image: &'a Image,
    geometry: Option<Geometry>,
    known: BTreeMap<FileOffset, Vec<u8>>,
    /// Ranges that were filled with zeros before any image of their sectors.
    zeroed: Vec<FileRange>,
    room: usize,
    left_out: u64,
}

impl<'a> Images<'a> {
    /// No images yet; tells of at most `room` changes.
    pub(super) fn new(image: &'a Image, survey: &VhdxSurvey, room: usize) -> Self {
        let geometry = survey.geometry().copied();
        Self { image, geometry, known: BTreeMap::new(), zeroed: Vec::new(), room, left_out: 0 }
    }

    /// How many changes there was no room for.
    pub(super) fn left_out(&self) -> u64 {
        self.left_out
    }

    /// A range was filled with zeros.
    pub(super) fn zeros(&mut self, range: FileRange) {
        let covered: Vec<FileOffset> = self.known.range(range.start..range.end()).map(|(at, _)| *at).collect();
        for at in covered {
            self.known.remove(&at);
        }
        if self.zeroed.len() < MAX_LOG_REMEMBERED_RANGES {
            self.zeroed.push(range);
        }
    }

    /// A sector was written.
    pub(super) fn sector(&mut self, touch: &mut Touch, bytes: Vec<u8>) {
        let at = touch.range.start;
        let now = self.image.view().read_vec("", at, SECTOR).ok();
        touch.same_now = now.as_ref().map(|now| *now == bytes);
        let was_zeroed = || {
            let covers = |range: &FileRange| range.start <= at && touch.range.end() <= range.end();
            self.zeroed.iter().any(covers).then(|| vec![0; bytes.len()])
        };
        let before = self.known.remove(&at).or_else(was_zeroed);
        let sector = Sector { bytes: &bytes, before: before.as_deref(), now: now.as_deref() };
        if let Some(geometry) = self.geometry {
            for target in touch.targets.clone() {
                match target {
                    Target::Bat { first, count } => self.bat(&geometry, touch, &sector, first, count),
                    Target::SectorBitmap(chunk) => {
                        self.bitmap(&geometry, touch, &sector, chunk.0);
                    }
                    _ => {}
                }
            }
        }
        self.known.insert(at, bytes);
    }

    fn bat(&mut self, geometry: &Geometry, touch: &mut Touch, sector: &Sector<'_>, first: BatIndex, count: u64) {
        let start = geometry.entry_offset(first);
        let skip =
            ByteLen(start.0.saturating_sub(touch.range.start.0) / bat::ENTRY_SIZE).to_usize().unwrap_or(usize::MAX);
        let [own, before, now] = [Some(sector.bytes), sector.before, sector.now].map(|bytes| bytes.map(Bat::new));
        let Some(own) = own else { return };
        for (place, index) in (skip..).zip(first.0..first.0.saturating_add(count)) {
            let Some(entry) = own.get(place) else { break };
            let before = before.and_then(|before| before.get(place));
            let now = now.and_then(|now| now.get(place));
            let differs = match before {
                Some(before) => before != entry,
                None => now.is_some_and(|now| now != entry),
            };
            if differs && self.has_room() {
                let slot = geometry.chunk_ratio.slot(BatIndex(index));
                touch.bat.push(BatChange { slot, before, entry, now });
            }
        }
    }

    fn bitmap(&mut self, geometry: &Geometry, touch: &mut Touch, sector: &Sector<'_>, chunk: u64) {
        let Some(block) = self.bitmap_block(geometry, chunk) else { return };
        let first_bit = touch.range.start.0.saturating_sub(block.0).saturating_mul(8);
        let first_sector = chunk.saturating_mul(SECTORS_PER_BITMAP).saturating_add(first_bit);
        let Some(other) = sector.before.or(sector.now) else { return };
        let differing: Vec<u8> = sector.bytes.iter().zip(other).map(|(a, b)| a ^ b).collect();
        let bits = ByteLen::from(sector.bytes.len()).0.saturating_mul(8);
        let own = SectorBitmap::new(sector.bytes);
        for run in SectorBitmap::new(&differing).runs(0, bits).filter(|run| run.set) {
            for part in own.runs(run.start, run.len) {
                if self.has_room() {
                    let set_now = sector.now.map(|now| SectorBitmap::new(now).count_set(part.start, part.len));
                    touch.bitmap.push(BitmapChange {
                        first: SectorIndex(first_sector.saturating_add(part.start)),
                        count: part.len,
                        changed: sector.before.is_some(),
                        set: part.set,
                        set_now,
                    });
                }
            }
        }
    }

    /// Where the sector bitmap block of a chunk lies now.
    fn bitmap_block(&self, geometry: &Geometry, chunk: u64) -> Option<FileOffset> {
        let index = geometry.chunk_ratio.sector_bitmap_index(crate::units::ChunkIndex(chunk));
        let at = geometry.entry_offset(index);
        let bytes = self.image.view().read_vec(bat::STRUCTURE, at, ByteLen(bat::ENTRY_SIZE)).ok()?;
        Bat::new(&bytes).get(0).map(BatEntry::file_offset)
    }

    fn has_room(&mut self) -> bool {
        if self.room == 0 {
            self.left_out = self.left_out.saturating_add(1);
            return false;
        }
        self.room = self.room.saturating_sub(1);
        true
    }
}

/// One sector at three times.
struct Sector<'a> {
    bytes: &'a [u8],
    before: Option<&'a [u8]>,
    now: Option<&'a [u8]>,
}
