//! The replay log of a container: what is to be replayed, as an overlay in memory, and the entries of former commits
//! that still stand in it.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::hvs::replay_log::{self as format, ReplayLogEntry, ReplayLogHeader};
use crate::limits;
use crate::source::{Overlay, ReadAt};
use crate::units::{ByteLen, FileOffset, FileRange};
use crate::vm::ProblemKind;
use crate::vm::problem::Problems;

/// What the log says about the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplayLogState {
    /// Nothing is to be replayed.
    Clean,
    /// A commit was cut short; what it would have written is replayed in memory.
    Dirty,
    /// Something is to be replayed, or may be, and cannot be told or not wholly.
    Damaged,
    /// No header leads to a log.
    #[default]
    None,
}

impl ReplayLogState {
    /// The word for the state in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Dirty => "dirty",
            Self::Damaged => "damaged",
            Self::None => "none",
        }
    }
}

/// The log as it was found.
#[derive(Clone, Debug, Default)]
pub struct ReplayLogSurvey {
    /// Where the header says that it lies.
    pub range: Option<FileRange>,
    /// What it says about the file.
    pub state: ReplayLogState,
    /// Number of entries to be replayed, as recorded.
    pub current_entries: u32,
    /// How many of them were replayed.
    pub replayed_entries: u32,
    /// Whole entries of former commits, in the order of their slots.
    pub stale: Vec<StaleEntry>,
}

/// An entry of a former commit: a piece of the file as it once was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleEntry {
    /// Where the entry lies.
    pub at: FileOffset,
    /// Where its bytes were written to.
    pub destination: FileRange,
    /// Where its bytes lie.
    pub data: FileRange,
    /// Whether they are all still as they were; later commits write over them.
    pub intact: bool,
}

/// Follows the log in `range` and lays what is to be replayed over the file.
pub(super) fn replay<S: ReadAt>(
    overlay: &mut Overlay<S>,
    range: FileRange,
    header_size: u32,
    problems: &mut Problems,
) -> ReplayLogSurvey {
    let mut survey =
        ReplayLogSurvey { range: Some(range), state: ReplayLogState::Damaged, ..ReplayLogSurvey::default() };
    let head = match read_head(overlay.below(), range, header_size) {
        Ok(head) => head,
        Err(error) => {
            problems.add(ProblemKind::LogNotReplayed, error);
            return survey;
        }
    };
    survey.current_entries = head.header.current_entries;
    match replay_entries(overlay, &head) {
        Ok(replayed) => {
            survey.state = if replayed == 0 { ReplayLogState::Clean } else { ReplayLogState::Dirty };
            survey.replayed_entries = replayed;
        }
        Err((replayed, error)) => {
            survey.replayed_entries = replayed;
            problems.add(ProblemKind::LogNotReplayed, error);
        }
    }
    let skip = usize::try_from(survey.current_entries).unwrap_or(usize::MAX);
    survey.stale = stale(overlay.below(), &head, skip);
    survey
}

/// The entries that still stand in a log that is not used any more, because a longer one took its place; `None` where
/// the range holds no log.
pub(super) fn former(source: &dyn ReadAt, range: FileRange) -> Option<Vec<StaleEntry>> {
    let head = read_head(source, range, 0).ok()?;
    Some(stale(source, &head, 0))
}

struct Head {
    range: FileRange,
    bytes: Vec<u8>,
    header: ReplayLogHeader,
}

/// Header and slots. Where nothing tells how many bytes they take, it is as many as the header claims slots.
fn read_head(source: &dyn ReadAt, range: FileRange, header_size: u32) -> Result<Head> {
    let start = source.read_vec(format::STRUCTURE, range.start, format::HEADER_SIZE)?;
    let header = ReplayLogHeader::parse(range.start, &start)?;
    let fault = if header.signature != format::SIGNATURE {
        Some("wrong signature")
    } else if header.checksum != header.computed_checksum {
        Some("wrong checksum")
    } else {
        None
    };
    if let Some(what) = fault {
        return Err(Error::malformed(format::STRUCTURE, range.start, what));
    }
    let claimed = ByteLen(u64::from(header.max_entries).saturating_mul(format::ENTRY_SIZE.0));
    let mut len = claimed.saturating_add(format::HEADER_SIZE).min(range.len);
    if header_size != 0 {
        len = len.min(ByteLen(header_size.into()));
    }
    let most = ByteLen::from(limits::MAX_VM_LOG_ENTRIES).0.saturating_mul(format::ENTRY_SIZE.0);
    let len = len.min(ByteLen(most).saturating_add(format::HEADER_SIZE)).max(format::HEADER_SIZE);
    let len = len.min(source.size().saturating_sub(ByteLen(range.start.0)));
    Ok(Head { range, bytes: source.read_vec(format::STRUCTURE, range.start, len)?, header })
}

impl Head {
    fn entries(&self) -> impl Iterator<Item = (FileOffset, ReplayLogEntry)> + '_ {
        format::entries(self.range.start, &self.bytes)
    }

    /// Where an entry's bytes lie, if that is inside the log.
    fn data(&self, entry: &ReplayLogEntry) -> Option<FileRange> {
        let len = ByteLen(entry.destination_size.into());
        let end = entry.offset_inside_log.0.checked_add(len.0)?;
        let start = self.range.start.checked_add(entry.offset_inside_log)?;
        (end <= self.range.len.0).then_some(FileRange::new(start, len))
    }
}

/// Lays every whole entry over the file; fails with their number where there are others, or too many.
fn replay_entries<S: ReadAt>(overlay: &mut Overlay<S>, head: &Head) -> Result<u32, (u32, Error)> {
    let count = head.header.current_entries;
    let (mut replayed, mut budget) = (0_u32, limits::MAX_VM_LOG_DATA);
    let mut first_error = None;
    let mut met = 0_u32;
    for (at, entry) in head.entries().take(usize::try_from(count).unwrap_or(usize::MAX)) {
        met = met.saturating_add(1);
        match read_live(overlay.below(), head, at, &entry, &mut budget) {
            Ok(data) => {
                overlay.put(entry.destination_offset, data);
                replayed = replayed.saturating_add(1);
            }
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    if met < count {
        let what = format!("{count} entries to be replayed, and room for {met}");
        first_error = first_error.or(Some(Error::malformed(format::STRUCTURE, head.range.start, what)));
    }
    match first_error {
        None => Ok(replayed),
        Some(error) => Err((replayed, error)),
    }
}

fn read_live(
    source: &dyn ReadAt,
    head: &Head,
    at: FileOffset,
    entry: &ReplayLogEntry,
    budget: &mut ByteLen,
) -> Result<Arc<[u8]>> {
    let malformed = |what: &str| Error::malformed(format::ENTRY_STRUCTURE, at, what);
    if entry.checksum != entry.computed_checksum {
        return Err(malformed("wrong checksum"));
    }
    let data = head.data(entry).ok_or_else(|| malformed("its bytes do not lie in the log"))?;
    if entry.destination().end().0 > limits::MAX_FILE.0 {
        let end = entry.destination().end().0;
        return Err(Error::limit(format::ENTRY_STRUCTURE, at, "MAX_FILE", limits::MAX_FILE.0, end));
    }
    if data.len > *budget {
        let limit = limits::MAX_VM_LOG_DATA.0;
        return Err(Error::limit(format::ENTRY_STRUCTURE, at, "MAX_VM_LOG_DATA", limit, data.len.0));
    }
    *budget = budget.saturating_sub(data.len);
    let bytes = source.read_vec(format::ENTRY_STRUCTURE, data.start, data.len)?;
    if ReplayLogEntry::computed_data_checksum(&bytes) != entry.data_checksum {
        return Err(malformed("wrong checksum of its bytes"));
    }
    Ok(Arc::from(bytes))
}

/// The whole entries from slot number `skip` on, up to the first slot that was never used.
fn stale(source: &dyn ReadAt, head: &Head, skip: usize) -> Vec<StaleEntry> {
    let mut budget = limits::MAX_VM_LOG_DATA;
    let mut found = Vec::new();
    let slots = head
        .entries()
        .skip(skip)
        .take_while(|(_, entry)| entry.checksum != 0 || entry.destination_offset.0 != 0 || entry.destination_size != 0);
    for (at, entry) in slots.filter(|(_, entry)| entry.checksum == entry.computed_checksum) {
        let Some(data) = head.data(&entry).filter(|data| data.len <= budget) else { continue };
        budget = budget.saturating_sub(data.len);
        let Ok(bytes) = source.read_vec(format::ENTRY_STRUCTURE, data.start, data.len) else { continue };
        let intact = ReplayLogEntry::computed_data_checksum(&bytes) == entry.data_checksum;
        found.push(StaleEntry { at, destination: entry.destination(), data, intact });
    }
    found
}
