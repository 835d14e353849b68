//! The log of a file: which entries are whole, which of them make up the active sequence, and what replaying it would
//! have written (MS-VHDX 2.3.2). The replay is an overlay in memory; the file is never touched.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::format::vhdx::header::{self, Header};
use crate::format::vhdx::log::{self as format, Descriptor, LogEntry, LogEntryHeader};
use crate::format::vhdx::{ALIGNMENT, REGION_TABLE_1_OFFSET};
use crate::limits;
use crate::source::{Overlay, ReadAt};
use crate::units::{ByteLen, FileOffset, FileRange};

/// What the log says about the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogState {
    /// The header names no log: nothing is to be replayed.
    Clean,
    /// There is an active sequence: the file is right only after its replay.
    Dirty,
    /// The header names a log, but there is no sequence that could be replayed.
    Corrupt,
}

impl LogState {
    /// The word for the state in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Dirty => "dirty",
            Self::Corrupt => "corrupt",
        }
    }
}

/// Everything found in the log.
#[derive(Debug)]
pub struct LogSurvey {
    /// Where the current header says that the log lies.
    pub range: FileRange,
    /// What the log says about the file.
    pub state: LogState,
    /// The sequence to replay.
    pub active: Option<ActiveSequence>,
    /// Every whole entry, live or stale, by its place in the ring. Empty when the log was not read (a clean one at
    /// depth [`super::Depth::Open`]).
    pub entries: Vec<LogEntrySummary>,
    /// Why the log could not be read, or why it cannot be replayed.
    pub problem: Option<Error>,
}

/// The sequence of entries that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveSequence {
    /// Sequence number of the entry at the tail, the first to be replayed.
    pub first_sequence_number: u64,
    /// Sequence number of the head, the last entry.
    pub last_sequence_number: u64,
    /// Number of entries from tail to head.
    pub entry_count: u64,
    /// Bytes that were on stable storage when the head was written.
    pub flushed_file_offset: ByteLen,
    /// Bytes the file is to have at least.
    pub last_file_offset: ByteLen,
}

/// One whole entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEntrySummary {
    /// Where the entry starts in the file.
    pub at: FileOffset,
    /// Its header.
    pub header: LogEntryHeader,
    /// Number of zero descriptors.
    pub zero_count: u64,
    /// Number of data descriptors.
    pub data_count: u64,
    /// Whether a replay applies it.
    pub active: bool,
}

/// The bytes of the log.
#[derive(Debug)]
pub(super) struct Ring {
    at: FileOffset,
    bytes: Vec<u8>,
}

impl LogSurvey {
    /// Looks at the log that `header` names: always when it is to be replayed, else only if `whole`.
    pub(super) fn read(source: &dyn ReadAt, header: &Header, whole: bool) -> (Self, Option<Ring>) {
        let range = FileRange::new(header.log_offset, ByteLen(header.log_length.into()));
        let wanted = !header.log_guid.is_nil();
        let state = if wanted { LogState::Corrupt } else { LogState::Clean };
        let mut survey = Self { range, state, active: None, entries: Vec::new(), problem: None };
        if !wanted && !whole {
            return (survey, None);
        }
        let ring = match survey.follow(source, header) {
            Ok(ring) => Some(ring),
            Err(error) => {
                survey.problem = Some(error);
                None
            }
        };
        (survey, ring)
    }

    fn follow(&mut self, source: &dyn ReadAt, header: &Header) -> Result<Ring> {
        if !header.log_guid.is_nil() && header.log_version != header::LOG_VERSION {
            let what = format!("log version {} is unknown", header.log_version);
            return Err(Error::unsupported(format::STRUCTURE, self.range.start, what));
        }
        let ring = Ring::read(source, self.range)?;
        let whole = ring.whole_entries()?;
        if !header.log_guid.is_nil() {
            let sequence = active_sequence(&whole, header.log_guid, self.range)?;
            check_length(source.size(), &sequence, self.range)?;
            for offset in &sequence.offsets {
                if let Some(entry) = whole.get(offset) {
                    self.entries.push(entry.clone());
                }
            }
            self.active = Some(sequence.describe());
            self.state = LogState::Dirty;
        }
        let active: BTreeSet<FileOffset> = self.entries.iter().map(|entry| entry.at).collect();
        self.entries =
            whole.into_values().map(|entry| LogEntrySummary { active: active.contains(&entry.at), ..entry }).collect();
        Ok(ring)
    }

    /// Lays everything that a replay would write over the source.
    pub(super) fn replay<S: ReadAt>(&self, ring: &Ring, overlay: &mut Overlay<S>) -> Result<()> {
        let Some(active) = &self.active else { return Ok(()) };
        let mut entries: Vec<&LogEntrySummary> = self.entries.iter().filter(|entry| entry.active).collect();
        entries.sort_by_key(|entry| entry.header.sequence_number);
        for summary in entries {
            let bytes = ring.entry_bytes(ring.ring_offset(summary.at), summary.header.entry_length);
            let entry = LogEntry::parse(summary.at, &bytes)?;
            let mut sectors = 0;
            for (_, descriptor) in entry.descriptors() {
                match descriptor {
                    Descriptor::Zero { range, .. } => overlay.put_zeros(range),
                    Descriptor::Data { file_offset, leading_bytes, trailing_bytes, .. } => {
                        if let Some(sector) = entry.data_sector(sectors) {
                            overlay.put(file_offset, Arc::from(sector.restore(leading_bytes, trailing_bytes)));
                        }
                        sectors = sectors.saturating_add(1);
                    }
                    Descriptor::Unknown(_) => {}
                }
            }
        }
        overlay.extend_to(active.last_file_offset);
        Ok(())
    }
}

impl Ring {
    fn read(source: &dyn ReadAt, range: FileRange) -> Result<Self> {
        let refuse = |what: String| Error::malformed(format::STRUCTURE, range.start, what);
        if range.len.is_zero() || !range.len.0.is_multiple_of(ALIGNMENT.0) {
            return Err(refuse(format!("length {:#x} is not a multiple of 1 MiB", range.len.0)));
        }
        if range.start.0 < ALIGNMENT.0 || !range.start.0.is_multiple_of(ALIGNMENT.0) {
            return Err(refuse("offset is not a multiple of 1 MiB behind the headers".to_owned()));
        }
        if range.len > limits::MAX_LOG {
            return Err(Error::limit(format::STRUCTURE, range.start, "MAX_LOG", limits::MAX_LOG.0, range.len.0));
        }
        // The range is checked against the file before the buffer is made.
        if range.end().0 > source.size().0 {
            let available = ByteLen(source.size().0.saturating_sub(range.start.0));
            return Err(Error::truncated(format::STRUCTURE, range.start, range.len, available));
        }
        let mut bytes = vec![0; range.len.to_usize().unwrap_or_default()];
        source.read_exact_at(format::STRUCTURE, range.start, &mut bytes)?;
        Ok(Self { at: range.start, bytes })
    }

    fn len(&self) -> u32 {
        // A log length is a field of 32 bits.
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    fn file_offset(&self, ring_offset: u32) -> FileOffset {
        self.at.saturating_add(ByteLen(ring_offset.into()))
    }

    fn ring_offset(&self, at: FileOffset) -> u32 {
        u32::try_from(at.0.saturating_sub(self.at.0)).unwrap_or(u32::MAX)
    }

    /// `len` bytes from `from` on, put together where they wrap around the end of the ring.
    fn entry_bytes(&self, from: u32, len: u32) -> Cow<'_, [u8]> {
        let (from, len) = (to_usize(from), to_usize(len).min(self.bytes.len()));
        let tail = self.bytes.get(from..).unwrap_or_default();
        match tail.get(..len) {
            Some(bytes) => Cow::Borrowed(bytes),
            None => {
                let rest = self.bytes.get(..len.saturating_sub(tail.len())).unwrap_or_default();
                Cow::Owned([tail, rest].concat())
            }
        }
    }

    /// Every entry that is whole, by its place in the ring.
    fn whole_entries(&self) -> Result<BTreeMap<u32, LogEntrySummary>> {
        let mut found = BTreeMap::new();
        let budget = ByteLen::from(self.bytes.len()).0.saturating_mul(limits::MAX_LOG_PASSES);
        let mut checked: u64 = 0;
        for (number, sector) in self.bytes.chunks(to_usize(SECTOR)).enumerate() {
            if !sector.starts_with(&format::ENTRY_SIGNATURE) {
                continue;
            }
            let offset = u32::try_from(number).unwrap_or(u32::MAX).saturating_mul(SECTOR);
            let Ok(header) = LogEntry::parse_header(self.file_offset(offset), sector) else { continue };
            if !self.plausible(&header) {
                continue;
            }
            checked = checked.saturating_add(header.entry_length.into());
            if checked > budget {
                let at = self.file_offset(offset);
                return Err(Error::limit(format::STRUCTURE, at, "MAX_LOG_PASSES", limits::MAX_LOG_PASSES, checked));
            }
            let bytes = self.entry_bytes(offset, header.entry_length);
            if let Some(entry) = self.whole_entry(self.file_offset(offset), &bytes) {
                found.insert(offset, entry);
            }
        }
        Ok(found)
    }

    /// The rules for the numbers in an entry's header (MS-VHDX 2.3.1.1).
    fn plausible(&self, header: &LogEntryHeader) -> bool {
        let len = header.entry_length;
        len != 0
            && len.is_multiple_of(SECTOR)
            && len <= self.len()
            && header.tail.is_multiple_of(SECTOR)
            && header.tail < self.len()
            && header.sequence_number != 0
            && !header.log_guid.is_nil()
    }

    /// The entry, if its checksum, its descriptors and its data sectors are right and none of them aims at what a log
    /// must not change: the identifier, the headers, the log itself.
    fn whole_entry(&self, at: FileOffset, bytes: &[u8]) -> Option<LogEntrySummary> {
        let entry = LogEntry::parse(at, bytes).ok()?;
        let number = entry.header.sequence_number;
        let ring = FileRange::new(self.at, ByteLen::from(self.bytes.len()));
        let (mut zero_count, mut data_count) = (0_u64, 0_u64);
        for (_, descriptor) in entry.descriptors() {
            let target = descriptor.target()?;
            let aligned =
                target.start.0.is_multiple_of(format::SECTOR.0) && target.len.0.is_multiple_of(format::SECTOR.0);
            let allowed = target.start >= REGION_TABLE_1_OFFSET && !target.overlaps(ring);
            if descriptor.sequence_number() != Some(number) || !aligned || !allowed {
                return None;
            }
            if matches!(descriptor, Descriptor::Data { .. }) {
                let sector = entry.data_sector(data_count)?;
                if sector.signature != format::SECTOR_SIGNATURE || sector.sequence_number != number {
                    return None;
                }
                data_count = data_count.saturating_add(1);
            } else {
                zero_count = zero_count.saturating_add(1);
            }
        }
        if entry.computed_checksum() != entry.header.checksum {
            return None;
        }
        Some(LogEntrySummary { at, header: entry.header, zero_count, data_count, active: false })
    }
}

struct Sequence<'a> {
    /// Places in the ring, from the tail to the head.
    offsets: Vec<u32>,
    first: &'a LogEntrySummary,
    head: &'a LogEntrySummary,
}

impl Sequence<'_> {
    fn describe(&self) -> ActiveSequence {
        ActiveSequence {
            first_sequence_number: self.first.header.sequence_number,
            last_sequence_number: self.head.header.sequence_number,
            entry_count: ByteLen::from(self.offsets.len()).0,
            flushed_file_offset: self.head.header.flushed_file_offset,
            last_file_offset: self.head.header.last_file_offset,
        }
    }
}

/// The sequence to replay (MS-VHDX 2.3.2): entries of the header's GUID that follow one another in the ring with
/// numbers one apart; of several the one whose last entry has the highest number; from the place its head names as the
/// tail. Every entry has one successor, so each run is walked once, from its first entry.
fn active_sequence(whole: &BTreeMap<u32, LogEntrySummary>, guid: Uuid, ring: FileRange) -> Result<Sequence<'_>> {
    let len = u32::try_from(ring.len.0).unwrap_or(u32::MAX);
    let successor = |offset: u32, entry: &LogEntrySummary| {
        let next = u64::from(offset).saturating_add(entry.header.entry_length.into()).checked_rem(len.into())?;
        let next = u32::try_from(next).ok()?;
        let follower = whole.get(&next)?;
        let follows = entry.header.sequence_number.checked_add(1) == Some(follower.header.sequence_number);
        (follows && follower.header.log_guid == guid).then_some((next, follower))
    };
    let ours = || whole.iter().filter(|(_, entry)| entry.header.log_guid == guid);
    let followers: BTreeSet<u32> = ours().filter_map(|(&offset, entry)| Some(successor(offset, entry)?.0)).collect();
    let mut best: Option<Sequence<'_>> = None;
    for (&start, first) in ours().filter(|(offset, _)| !followers.contains(offset)) {
        let (mut offsets, mut head, mut at) = (vec![start], first, start);
        while let Some((next, follower)) = successor(at, head) {
            offsets.push(next);
            (at, head) = (next, follower);
        }
        let Some(tail) = offsets.iter().position(|&offset| offset == head.header.tail) else { continue };
        let offsets = offsets.split_off(tail);
        let Some(first) = offsets.first().and_then(|offset| whole.get(offset)) else { continue };
        let better = best.as_ref().is_none_or(|best| head.header.sequence_number > best.head.header.sequence_number);
        if better {
            best = Some(Sequence { offsets, first, head });
        }
    }
    best.ok_or_else(|| {
        let count = ours().count();
        let what = format!(
            "the header names log {guid}, and no sequence of it can be replayed ({count} whole entries of it, {} in all)",
            whole.len()
        );
        Error::malformed(format::STRUCTURE, ring.start, what)
    })
}

/// A file shorter than what was flushed has lost data that no replay brings back (MS-VHDX 2.3.1.1).
fn check_length(size: ByteLen, sequence: &Sequence<'_>, ring: FileRange) -> Result<()> {
    let head = &sequence.head.header;
    if size < head.flushed_file_offset {
        return Err(Error::truncated(format::STRUCTURE, ring.start, head.flushed_file_offset, size));
    }
    if head.last_file_offset > limits::MAX_FILE {
        let found = head.last_file_offset.0;
        return Err(Error::limit(format::STRUCTURE, sequence.head.at, "MAX_FILE", limits::MAX_FILE.0, found));
    }
    Ok(())
}

const SECTOR: u32 = 4096;

fn to_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
