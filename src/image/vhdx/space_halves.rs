//! The map of a file's space, filled by two threads at once without a lock and without a map for each.
//!
//! Each thread owns the bits of half of the file. What it finds in its own half it notes there; what it finds in the
//! other it gathers and hands over in parcels. So no word of the map travels between two caches, and half of a map is
//! more likely to be found in one than the whole.
//!
//! A thread does not learn that a place of the other's half was taken before. Both remember only that it happened: then
//! somebody must look again, in one thread.

use std::mem::replace;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use crate::format::vhdx::ALIGNMENT;
use crate::units::{ByteLen, FileOffset, FileRange};

use super::SpaceMap;
use super::space::{take_bits, take_megabyte};
use super::take_space::TakeSpace;

/// Blocks that are looked at together.
const GROUP: usize = 64;

/// Blocks and other ranges of a parcel: 16 KiB of either.
const PARCEL_BLOCKS: usize = 2048;
const PARCEL_RANGES: usize = 1024;

/// Parcels that wait for a thread at most. Who has one more waits too, and looks after its own half in the meantime.
const WAITING: usize = 2;

/// What one thread found in the other's half.
#[derive(Debug)]
struct Parcel {
    /// Starts of blocks.
    blocks: Vec<FileOffset>,
    ranges: Vec<FileRange>,
}

impl Parcel {
    fn new() -> Self {
        Self { blocks: Vec::with_capacity(PARCEL_BLOCKS + GROUP), ranges: Vec::new() }
    }
}

/// What a thread found out about its half.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Whether something was taken twice.
    pub(super) twice: bool,
    /// What does not wholly lie in one half and has been taken in neither. Any two of those have a megabyte in common,
    /// or lie behind all that a map keeps track of.
    pub(super) across: Option<FileRange>,
}

/// The half of a map that one thread fills.
#[derive(Debug)]
pub(super) struct HalfMap<'a> {
    free: &'a mut [u64],
    /// The bytes of the file that the half is for, the last word in full.
    part: FileRange,
    block_size: ByteLen,
    /// A block lies wholly in the half if it starts less than this behind the half's start.
    own_starts: u64,
    /// A block lies wholly in the file if it starts before this.
    file_starts: FileOffset,
    /// Room to tell own blocks from others.
    own: [FileOffset; GROUP],
    others: [FileOffset; GROUP],
    parcel: Parcel,
    empty: Vec<Parcel>,
    /// Gone when this half has nothing more to say.
    to: Option<SyncSender<Parcel>>,
    from: Receiver<Parcel>,
    found: Found,
}

/// Both halves of a map, for blocks of one size. Each has to be driven, and ended, by a thread of its own.
pub(super) fn halves(map: &mut SpaceMap, block_size: ByteLen) -> (HalfMap<'_>, HalfMap<'_>) {
    let file_size = map.file_size();
    let file_starts = FileOffset(file_size.0.saturating_add(1).saturating_sub(block_size.0));
    let (to_upper, from_lower) = sync_channel(WAITING);
    let (to_lower, from_upper) = sync_channel(WAITING);
    let half = |(part, free): (FileRange, _), to, from| HalfMap {
        free,
        part,
        block_size,
        own_starts: part.len.0.saturating_add(1).saturating_sub(block_size.0),
        file_starts,
        own: [FileOffset::ZERO; GROUP],
        others: [FileOffset::ZERO; GROUP],
        parcel: Parcel::new(),
        empty: Vec::new(),
        to: Some(to),
        from,
        found: Found::default(),
    };
    let (lower, upper) = map.halves();
    (half(lower, to_upper, from_upper), half(upper, to_lower, from_lower))
}

impl HalfMap<'_> {
    /// Ends this half: hands over what is left, and waits until the other half has nothing more to hand over.
    pub(super) fn finish(mut self) -> Found {
        self.hand_over();
        self.to = None;
        while let Ok(parcel) = self.from.recv() {
            self.open(parcel);
        }
        self.found
    }

    /// Takes a range of this half, and remembers one that does not wholly lie in it.
    fn take_own(&mut self, range: FileRange) {
        if self.owns(range) {
            let start = FileOffset(range.start.0.saturating_sub(self.part.start.0));
            self.found.twice |= take_bits(self.free, FileRange::new(start, range.len));
        } else {
            self.found.twice |= self.found.across.replace(range).is_some();
        }
    }

    fn owns(&self, range: FileRange) -> bool {
        range.start >= self.part.start && range.end() <= self.part.end()
    }

    fn open(&mut self, mut parcel: Parcel) {
        let starts = parcel.blocks.iter();
        if self.block_size == ALIGNMENT {
            self.found.twice |= take_megabytes(self.free, self.part.start, starts);
        } else {
            starts.for_each(|start| self.take_own(FileRange::new(*start, self.block_size)));
        }
        for range in &parcel.ranges {
            self.take_own(*range);
        }
        if self.empty.len() < WAITING {
            parcel.blocks.clear();
            parcel.ranges.clear();
            self.empty.push(parcel);
        }
    }

    /// Takes blocks up to the first that does not lie in the file, and returns its number.
    #[cold]
    fn take_singly(&mut self, starts: &[FileOffset]) -> Option<usize> {
        let refused = starts.iter().position(|start| *start >= self.file_starts)?;
        for start in starts.iter().take(refused) {
            self.take(FileRange::new(*start, self.block_size));
        }
        Some(refused)
    }

    #[cold]
    fn hand_over(&mut self) {
        let room = self.empty.pop().unwrap_or_else(Parcel::new);
        let mut parcel = replace(&mut self.parcel, room);
        while let Some(to) = &self.to {
            match to.try_send(parcel) {
                // Without a thread at the other end, for it ended with an error, nobody asks for the sum any more.
                Ok(()) | Err(TrySendError::Disconnected(_)) => break,
                Err(TrySendError::Full(back)) => parcel = back,
            }
            self.pause();
            std::thread::yield_now();
        }
    }
}

/// Takes megabytes in the half that begins at `from`. Says whether one was taken, or lies in no half.
#[inline]
fn take_megabytes<'a>(free: &mut [u64], from: FileOffset, starts: impl Iterator<Item = &'a FileOffset>) -> bool {
    let mut twice = false;
    for start in starts {
        twice |= take_megabyte(free, FileOffset(start.0.wrapping_sub(from.0)));
    }
    twice
}

impl TakeSpace for HalfMap<'_> {
    fn take(&mut self, range: FileRange) -> bool {
        if self.owns(range) {
            self.take_own(range);
        } else {
            self.parcel.ranges.push(range);
            if self.parcel.ranges.len() >= PARCEL_RANGES {
                self.hand_over();
            }
        }
        false
    }

    fn take_if_free(&mut self, range: FileRange) -> bool {
        !self.take(range)
    }

    /// Tells own blocks from others without a branch, which random places would mispredict half of the time.
    #[inline]
    fn take_blocks(&mut self, starts: &[FileOffset], block_size: ByteLen) -> Option<usize> {
        for (number, group) in starts.chunks(GROUP).enumerate() {
            let (mut own_count, mut other_count, mut beyond) = (0_usize, 0_usize, false);
            for start in group {
                beyond |= *start >= self.file_starts;
                let is_own = usize::from(start.0.wrapping_sub(self.part.start.0) < self.own_starts);
                if let Some(slot) = self.own.get_mut(own_count % GROUP) {
                    *slot = *start;
                }
                if let Some(slot) = self.others.get_mut(other_count % GROUP) {
                    *slot = *start;
                }
                own_count = own_count.wrapping_add(is_own);
                other_count = other_count.wrapping_add(1 ^ is_own);
            }
            if beyond && let Some(refused) = self.take_singly(group) {
                return Some(number.saturating_mul(GROUP).saturating_add(refused));
            }
            let own = self.own.iter().take(own_count);
            if block_size == ALIGNMENT {
                self.found.twice |= take_megabytes(self.free, self.part.start, own);
            } else {
                for start in own {
                    let start = FileOffset(start.0.wrapping_sub(self.part.start.0));
                    self.found.twice |= take_bits(self.free, FileRange::new(start, block_size));
                }
            }
            self.parcel.blocks.extend(self.others.iter().take(other_count));
        }
        if self.parcel.blocks.len() >= PARCEL_BLOCKS {
            self.hand_over();
        }
        None
    }

    fn pause(&mut self) {
        while let Ok(parcel) = self.from.try_recv() {
            self.open(parcel);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1 << 20;

    /// Whether two threads find something taken twice. Every other ten blocks are taken one by one.
    fn by_two(map: &mut SpaceMap, block_size: ByteLen, starts: [&[u64]; 2]) -> bool {
        let file_size = map.file_size();
        let (lower, upper) = halves(map, block_size);
        let drive = |starts: &[u64], mut half: HalfMap<'_>| {
            let starts: Vec<FileOffset> = starts.iter().map(|mib| FileOffset(mib * MIB)).collect();
            for (number, group) in starts.chunks(10).enumerate() {
                let mut done = 0;
                while number % 2 == 0
                    && let Some(refused) = half.take_blocks(&group[done..], block_size)
                {
                    done += refused + 1;
                }
                let ranges = group.iter().map(|start| FileRange::new(*start, block_size));
                for range in ranges.filter(|range| number % 2 == 1 && range.end().0 <= file_size.0) {
                    half.take(range);
                }
                half.pause();
            }
            half.finish()
        };
        let [first, second] = std::thread::scope(|scope| {
            let second = scope.spawn(|| drive(starts[1], upper));
            [drive(starts[0], lower), second.join().unwrap()]
        });
        let across = [first.across, second.across].into_iter().flatten();
        across.fold(first.twice | second.twice, |twice, range| map.take(range) | twice)
    }

    fn by_one(map: &mut SpaceMap, block_size: ByteLen, starts: [&[u64]; 2]) -> bool {
        let ranges = starts.concat().into_iter().map(|start| FileRange::new(FileOffset(start * MIB), block_size));
        let in_file = ranges.filter(|range| range.end().0 <= map.file_size().0).collect::<Vec<_>>();
        in_file.into_iter().fold(false, |twice, range| map.take(range) | twice)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn two_threads_take_what_one_takes(
            file_mib in 1_u64..2000,
            block_mib in prop::sample::select(vec![1_u64, 2, 32]),
            first in prop::collection::vec(0_u64..2100, 0..30),
            second in prop::collection::vec(0_u64..2100, 0..30),
        ) {
            let empty = SpaceMap::new(ByteLen(file_mib * MIB + 5));
            let (mut shared, mut whole) = (empty.clone(), empty);
            let (block_size, starts) = (ByteLen(block_mib * MIB), [&first[..], &second[..]]);
            let twice = by_one(&mut whole, block_size, starts);
            prop_assert_eq!(by_two(&mut shared, block_size, starts), twice);
            prop_assert!(twice || shared == whole);
        }
    }

    /// More than all parcels hold that may wait, and all of it for the other thread.
    #[test]
    fn who_has_everything_for_the_other_waits_for_it() {
        const COUNT: u64 = 100_000;
        let (upwards, downwards): (Vec<u64>, Vec<u64>) = ((COUNT..2 * COUNT).collect(), (0..COUNT).rev().collect());
        let mut map = SpaceMap::new(ByteLen(2 * COUNT * MIB));
        assert!(!by_two(&mut map, ByteLen(MIB), [&upwards, &downwards]));
        assert_eq!(map.free(None).next(), None);
        let mut map = SpaceMap::new(ByteLen(2 * COUNT * MIB));
        assert!(by_two(&mut map, ByteLen(MIB), [&upwards, &upwards]));
    }
}
