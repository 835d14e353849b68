//! The bytes of a log as a ring, in which an entry may run over the end and go on at the start (MS-VHDX 2.3).

use std::borrow::Cow;
use std::collections::BTreeMap;

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::format::vhdx::log::{self as format, Descriptor, LogEntry, LogEntryHeader};
use crate::format::vhdx::{ALIGNMENT, REGION_TABLE_1_OFFSET};
use crate::limits;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, FileRange};

use super::log_entries::{LogEntrySummary, LogFault, RejectReason, RejectedEntry};

/// The bytes of the log.
#[derive(Debug)]
pub struct LogRing {
    at: FileOffset,
    bytes: Vec<u8>,
}

impl LogRing {
    /// Reads the bytes of the log at `range`, after checking the range against the rules and against the file.
    pub fn read(source: &dyn ReadAt, range: FileRange) -> Result<Self, (LogFault, Error)> {
        let misplaced = |what: &str| (LogFault::Misplaced, Error::malformed(format::STRUCTURE, range.start, what));
        if range.len.is_zero() || !range.len.0.is_multiple_of(ALIGNMENT.0) {
            return Err(misplaced(&format!("length {:#x} is not a multiple of 1 MiB", range.len.0)));
        }
        if range.start.0 < ALIGNMENT.0 || !range.start.0.is_multiple_of(ALIGNMENT.0) {
            return Err(misplaced("offset is not a multiple of 1 MiB behind the headers"));
        }
        if range.len > limits::MAX_LOG {
            let error = Error::limit(format::STRUCTURE, range.start, "MAX_LOG", limits::MAX_LOG.0, range.len.0);
            return Err((LogFault::Unreadable, error));
        }
        // The range is checked against the file before the buffer is made.
        if range.end().0 > source.size().0 {
            let available = ByteLen(source.size().0.saturating_sub(range.start.0));
            let error = Error::truncated(format::STRUCTURE, range.start, range.len, available);
            return Err((LogFault::Misplaced, error));
        }
        let mut bytes = vec![0; range.len.to_usize().unwrap_or_default()];
        source
            .read_exact_at(format::STRUCTURE, range.start, &mut bytes)
            .map_err(|error| (LogFault::Unreadable, error))?;
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

    /// The bytes of an entry in one piece, for [`LogEntry::parse`].
    pub fn entry_bytes(&self, entry: &LogEntrySummary) -> Cow<'_, [u8]> {
        self.piece(self.ring_offset(entry.at), entry.header.entry_length)
    }

    /// Where in the file a byte of an entry lies, for an entry may go on at the start of the ring.
    pub fn place(&self, entry: FileOffset, within: ByteLen) -> FileOffset {
        let ring_offset = u64::from(self.ring_offset(entry)).saturating_add(within.0);
        self.at.saturating_add(ByteLen(ring_offset.checked_rem(self.len().into()).unwrap_or(ring_offset)))
    }

    /// Where the signature of an entry stands, in the order of the ring, with the header found there. Not each of them
    /// is the start of a whole entry: a torn write leaves such places, and so does a long entry that was overwritten
    /// in part.
    pub fn signatures(&self) -> impl Iterator<Item = (FileOffset, LogEntryHeader)> + '_ {
        self.bytes.chunks(to_usize(SECTOR)).enumerate().filter_map(|(number, sector)| {
            if !sector.starts_with(&format::ENTRY_SIGNATURE) {
                return None;
            }
            let offset = u32::try_from(number).unwrap_or(u32::MAX).saturating_mul(SECTOR);
            let at = self.file_offset(offset);
            Some((at, LogEntry::parse_header(at, sector).ok()?))
        })
    }

    /// `len` bytes from `from` on, put together where they wrap around the end of the ring.
    fn piece(&self, from: u32, len: u32) -> Cow<'_, [u8]> {
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

    /// Every entry that is whole, by its place in the ring, and those of the log `wanted` that are not.
    pub(super) fn whole_entries(&self, wanted: Uuid) -> Result<(BTreeMap<u32, LogEntrySummary>, Vec<RejectedEntry>)> {
        let mut found = BTreeMap::new();
        let mut rejected = Vec::new();
        let mut reject = |at, header: LogEntryHeader, why| {
            let counts = !wanted.is_nil() && header.log_guid == wanted;
            if counts && rejected.len() < limits::MAX_REJECTED_ENTRIES {
                rejected.push(RejectedEntry { at, header, why });
            }
        };
        let budget = ByteLen::from(self.bytes.len()).0.saturating_mul(limits::MAX_LOG_PASSES);
        let mut checked: u64 = 0;
        for (at, header) in self.signatures() {
            if !self.plausible(&header) {
                reject(at, header, RejectReason::BadHeader);
                continue;
            }
            let offset = self.ring_offset(at);
            checked = checked.saturating_add(header.entry_length.into());
            if checked > budget {
                return Err(Error::limit(format::STRUCTURE, at, "MAX_LOG_PASSES", limits::MAX_LOG_PASSES, checked));
            }
            let bytes = self.piece(offset, header.entry_length);
            match self.whole_entry(at, &bytes) {
                Ok(entry) => {
                    found.insert(offset, entry);
                }
                Err(why) => reject(at, header, why),
            }
        }
        Ok((found, rejected))
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
    /// must not change: the identifier, the headers, the log itself, or places that no file has.
    fn whole_entry(&self, at: FileOffset, bytes: &[u8]) -> Result<LogEntrySummary, RejectReason> {
        let entry = LogEntry::parse(at, bytes).map_err(|_| RejectReason::BadHeader)?;
        if entry.computed_checksum() != entry.header.checksum {
            return Err(RejectReason::BadChecksum);
        }
        let number = entry.header.sequence_number;
        let ring = FileRange::new(self.at, ByteLen::from(self.bytes.len()));
        let (mut zero_count, mut data_count) = (0_u64, 0_u64);
        let mut targets = Vec::new();
        for (_, descriptor) in entry.descriptors() {
            let target = descriptor.target().ok_or(RejectReason::BadDescriptor)?;
            let aligned =
                target.start.0.is_multiple_of(format::SECTOR.0) && target.len.0.is_multiple_of(format::SECTOR.0);
            if descriptor.sequence_number() != Some(number) || !aligned {
                return Err(RejectReason::BadDescriptor);
            }
            let beyond = target.end().0 > limits::MAX_FILE.0;
            if target.start < REGION_TABLE_1_OFFSET || target.overlaps(ring) || beyond {
                return Err(RejectReason::ForbiddenTarget(target));
            }
            if matches!(descriptor, Descriptor::Data { .. }) {
                let sector = entry.data_sector(data_count).ok_or(RejectReason::BadDescriptor)?;
                if sector.signature != format::SECTOR_SIGNATURE || sector.sequence_number != number {
                    return Err(RejectReason::BadDescriptor);
                }
                data_count = data_count.saturating_add(1);
            } else {
                zero_count = zero_count.saturating_add(1);
            }
            add_target(&mut targets, target);
        }
        Ok(LogEntrySummary { at, header: entry.header, zero_count, data_count, targets, active: false })
    }
}

/// Joins `target` to the last range where it follows it, else adds it while there is room.
fn add_target(targets: &mut Vec<FileRange>, target: FileRange) {
    let has_room = targets.len() < limits::MAX_LOG_TARGETS;
    match targets.last_mut().filter(|last| last.end() == target.start) {
        Some(last) => last.len = last.len.saturating_add(target.len),
        None if has_room => targets.push(target),
        None => {}
    }
}

const SECTOR: u32 = 4096;

fn to_usize(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
