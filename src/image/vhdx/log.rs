//! The log of a file: which entries are whole, which of them make up the active sequence, and what replaying it would
//! have written (MS-VHDX 2.3.2). The replay is an overlay in memory; the file is never touched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::format::vhdx::header::{self, Header};
use crate::format::vhdx::log::{self as format, Descriptor, LogEntry};
use crate::limits;
use crate::source::{Overlay, ReadAt};
use crate::units::{ByteLen, FileOffset, FileRange};

use super::log_entries::{LogEntrySummary, LogFault, RejectedEntry};
use super::log_ring::LogRing;

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
    /// Whether entries were looked for: in a clean log only at depth [`super::Depth::Full`].
    pub looked_through: bool,
    /// Every whole entry, live or stale, by its place in the ring.
    pub entries: Vec<LogEntrySummary>,
    /// Entries of the log to be replayed that were refused, at most [`limits::MAX_REJECTED_ENTRIES`].
    pub rejected: Vec<RejectedEntry>,
    /// Why the log could not be read, or why it cannot be replayed.
    pub problem: Option<Error>,
    /// What kind of problem that is.
    pub fault: Option<LogFault>,
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

impl LogSurvey {
    /// Looks at the log that `header` names: always when it is to be replayed, else only if `whole`.
    pub(super) fn read(source: &dyn ReadAt, header: &Header, whole: bool) -> (Self, Option<LogRing>) {
        let range = FileRange::new(header.log_offset, ByteLen(header.log_length.into()));
        let wanted = !header.log_guid.is_nil();
        let state = if wanted { LogState::Corrupt } else { LogState::Clean };
        let mut survey = Self {
            range,
            state,
            active: None,
            looked_through: wanted || whole,
            entries: Vec::new(),
            rejected: Vec::new(),
            problem: None,
            fault: None,
        };
        if !survey.looked_through {
            return (survey, None);
        }
        let ring = match survey.follow(source, header) {
            Ok(ring) => Some(ring),
            Err((fault, error)) => {
                survey.problem = Some(error);
                survey.fault = Some(fault);
                None
            }
        };
        (survey, ring)
    }

    fn follow(&mut self, source: &dyn ReadAt, header: &Header) -> Result<LogRing, (LogFault, Error)> {
        if !header.log_guid.is_nil() && header.log_version != header::LOG_VERSION {
            let what = format!("log version {} is unknown", header.log_version);
            let error = Error::unsupported(format::STRUCTURE, self.range.start, what);
            return Err((LogFault::UnknownVersion, error));
        }
        let ring = LogRing::read(source, self.range)?;
        let (whole, rejected) = ring.whole_entries(header.log_guid).map_err(|error| (LogFault::Unreadable, error))?;
        self.rejected = rejected;
        if !header.log_guid.is_nil() {
            let sequence = match active_sequence(&whole, header.log_guid, self.range) {
                Ok(sequence) => sequence,
                Err(error) => {
                    self.entries = whole.into_values().collect();
                    return Err((LogFault::NoSequence, error));
                }
            };
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

    /// The bytes of the log, for a closer look at its entries. They are the same before and after a replay.
    pub fn ring(&self, source: &dyn ReadAt) -> Result<LogRing> {
        LogRing::read(source, self.range).map_err(|(_, error)| error)
    }

    /// Lays everything that a replay would write over the source.
    pub(super) fn replay<S: ReadAt>(&self, ring: &LogRing, overlay: &mut Overlay<S>) -> Result<()> {
        let Some(active) = &self.active else { return Ok(()) };
        let mut entries: Vec<&LogEntrySummary> = self.entries.iter().filter(|entry| entry.active).collect();
        entries.sort_by_key(|entry| entry.header.sequence_number);
        for summary in entries {
            let bytes = ring.entry_bytes(summary);
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
fn check_length(size: ByteLen, sequence: &Sequence<'_>, ring: FileRange) -> Result<(), (LogFault, Error)> {
    let head = &sequence.head.header;
    if size < head.flushed_file_offset {
        let error = Error::truncated(format::STRUCTURE, ring.start, head.flushed_file_offset, size);
        return Err((LogFault::FileTooShort, error));
    }
    if head.last_file_offset > limits::MAX_FILE {
        let found = head.last_file_offset.0;
        let error = Error::limit(format::STRUCTURE, sequence.head.at, "MAX_FILE", limits::MAX_FILE.0, found);
        return Err((LogFault::Unreadable, error));
    }
    Ok(())
}
