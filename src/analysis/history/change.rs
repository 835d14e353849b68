//! What became different between two runs.

use jiff::Timestamp;

use super::path_text::PathText;
use super::record::RunNo;

/// A difference between a run and the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The run in which it showed.
    pub run: RunNo,
    /// The moment that this run stands for.
    pub as_of: Timestamp,
    /// The computer.
    pub host: Option<String>,
    /// What happened.
    pub kind: ChangeKind,
    /// The file, or the configuration of the machine; empty for what is about the run itself.
    pub path: PathText,
    /// Name of the machine, where it is known.
    pub machine: Option<String>,
    /// Another file that has to do with it: where it was before, what it was merged into, what it is a copy of.
    pub other: Option<PathText>,
    /// A number of bytes, or a moment in seconds, as it was.
    pub before: Option<i64>,
    /// The same, as it is.
    pub now: Option<i64>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// A differencing disk is gone, and the file below it does not hold its content.
    DeletedNotMerged,
    /// Another disk lies where this one lay.
    Replaced,
    /// A parent that was there is no longer found.
    ParentLost,
    /// A differencing disk is gone, and whether its content arrived in the file below it cannot be told.
    GoneUnproved,
    /// A disk is gone.
    Gone,
    /// A disk grew or shrank by more than it ever did.
    SizeJumped,
    /// The virtual disk became larger or smaller.
    VirtualSizeChanged,
    /// A disk cannot be read any more.
    Unreadable,
    /// A machine's configuration is gone.
    MachineGone,
    /// The clock of the run is before that of an earlier one.
    ClockStep,
    /// A differencing disk was merged into the file below it.
    Merged,
    /// A differencing disk that held nothing of its own is gone.
    GoneEmpty,
    /// A disk has another path.
    Renamed,
    /// A new differencing disk over one that was there.
    NewCheckpoint,
    /// A new file with the content of another.
    Copied,
    /// A new disk.
    New,
    /// A disk can be read again.
    ReadableAgain,
    /// A new machine.
    MachineNew,
}

/// How much a change asks for somebody's eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// What happens every day.
    Info,
    /// Worth a look.
    Warning,
    /// Something may be lost.
    Alarm,
}

impl ChangeKind {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeletedNotMerged => "deleted_not_merged",
            Self::Replaced => "replaced",
            Self::ParentLost => "parent_lost",
            Self::GoneUnproved => "gone_unproved",
            Self::Gone => "gone",
            Self::SizeJumped => "size_jumped",
            Self::VirtualSizeChanged => "virtual_size_changed",
            Self::Unreadable => "unreadable",
            Self::MachineGone => "machine_gone",
            Self::ClockStep => "clock_step",
            Self::Merged => "merged",
            Self::GoneEmpty => "gone_empty",
            Self::Renamed => "renamed",
            Self::NewCheckpoint => "new_checkpoint",
            Self::Copied => "copied",
            Self::New => "new",
            Self::ReadableAgain => "readable_again",
            Self::MachineNew => "machine_new",
        }
    }

    /// How much it asks for somebody's eye.
    pub fn weight(self) -> Weight {
        match self {
            Self::DeletedNotMerged | Self::Replaced | Self::ParentLost => Weight::Alarm,
            Self::GoneUnproved
            | Self::Gone
            | Self::SizeJumped
            | Self::VirtualSizeChanged
            | Self::Unreadable
            | Self::MachineGone
            | Self::ClockStep => Weight::Warning,
            _ => Weight::Info,
        }
    }
}

impl Weight {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Alarm => "alarm",
        }
    }
}
