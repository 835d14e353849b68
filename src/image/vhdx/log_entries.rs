//! Entries of a log as they were found: whole ones, and those that were refused with the reason.

use crate::format::vhdx::log::LogEntryHeader;
use crate::units::{FileOffset, FileRange};

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
    /// What its descriptors aim at, in their order, neighbours joined; at most [`crate::limits::MAX_LOG_TARGETS`].
    pub targets: Vec<FileRange>,
    /// Whether a replay applies it.
    pub active: bool,
}

/// Why a log cannot be read or replayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFault {
    /// Its version is unknown.
    UnknownVersion,
    /// Its place breaks a rule: not on whole megabytes, over the headers, behind the end of the file, too long.
    Misplaced,
    /// The file ends before bytes that were on stable storage when the last entry was written.
    FileTooShort,
    /// No sequence of whole entries bears the header's GUID.
    NoSequence,
    /// Reading failed, or its entries ask for more than a bound allows.
    Unreadable,
}

/// An entry that starts as one of the log to be replayed and is not whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedEntry {
    /// Where the entry starts in the file.
    pub at: FileOffset,
    /// Its header.
    pub header: LogEntryHeader,
    /// Why it does not count.
    pub why: RejectReason,
}

/// Why an entry does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// A number in its header cannot be right.
    BadHeader,
    /// Its checksum is not that of its bytes.
    BadChecksum,
    /// A descriptor or data sector is not one, or is another entry's.
    BadDescriptor,
    /// A descriptor aims at what a log must not change: the identifier, the headers, the log itself.
    ForbiddenTarget(FileRange),
}
