//! What is wrong with a configuration, as a value that checks and reports read.

use crate::error::{Error, ErrorKind};
use crate::limits;

/// Something that is not as it should be.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What kind of thing.
    pub kind: ProblemKind,
    /// Where and why, for people.
    pub error: Error,
    /// How many places it concerns; the error tells the first.
    pub count: u64,
}

/// Problems as they are met: each kind is kept once for each structure, with the first place, and counted.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    pub(super) fn add(&mut self, kind: ProblemKind, error: Error) {
        let structure = error.structure().to_owned();
        self.add_first(kind, &structure, || error);
    }

    /// The same where the error takes work: it is made only for the first place.
    pub(super) fn add_first(&mut self, kind: ProblemKind, structure: &str, error: impl FnOnce() -> Error) {
        let same = |known: &Problem| known.kind == kind && known.error.structure() == structure;
        if let Some(number) = self.0.iter().position(same) {
            if let Some(known) = self.0.get_mut(number) {
                known.count = known.count.saturating_add(1);
            }
        } else if self.0.len() < limits::MAX_VM_PROBLEMS {
            self.0.push(Problem { kind, error: error(), count: 1 });
        }
    }

    /// Adds what kept a structure from being read.
    pub(super) fn add_error(&mut self, error: Error) {
        let kind = match error.kind() {
            ErrorKind::Truncated { .. } => ProblemKind::Truncated,
            ErrorKind::Limit { .. } => ProblemKind::OverLimit,
            ErrorKind::Io(_) => ProblemKind::Unreadable,
            _ => ProblemKind::TableDamaged,
        };
        self.add(kind, error);
    }

    pub(super) fn into_vec(self) -> Vec<Problem> {
        self.0
    }
}

impl PartialEq for Problem {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.count == other.count && self.error.to_string() == other.error.to_string()
    }
}

/// What kind of thing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemKind {
    /// The file has no bytes.
    Empty,
    /// All bytes are zero, as after a loss of power.
    AllZero,
    /// The file ends too early.
    Truncated,
    /// It is neither a storage container nor a configuration in XML.
    NotAConfiguration,
    /// One of the two headers is damaged; the other is used.
    HeaderDamaged,
    /// Both headers are damaged; what could be read was read all the same.
    NoValidHeader,
    /// A format version that this program does not know: read by the rules of the newest known.
    UnknownVersion,
    /// The replay log holds changes that cannot be replayed: what was read may be older than the file's state.
    LogNotReplayed,
    /// An object table, a key table or an entry of one cannot be read.
    TableDamaged,
    /// A checksum is not that of the bytes.
    BadChecksum,
    /// Tables or entries lead back to themselves.
    Cycle,
    /// Entries whose parent is not there; they stand at the top of the tree.
    ParentMissing,
    /// Two key tables bear one number; the newer one counts.
    TableTwice,
    /// A value that cannot be read as its type says.
    ValueUnreadable,
    /// A value of a type that this program does not know.
    UnknownType,
    /// The XML is broken; what could be saved by looking for single values was saved.
    XmlDamaged,
    /// The file asks for more than a bound allows; what is over it is left out.
    OverLimit,
    /// The file cannot be read.
    Unreadable,
}

impl ProblemKind {
    /// The word for the kind in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::AllZero => "all_zero",
            Self::Truncated => "truncated",
            Self::NotAConfiguration => "not_a_configuration",
            Self::HeaderDamaged => "header_damaged",
            Self::NoValidHeader => "no_valid_header",
            Self::UnknownVersion => "unknown_version",
            Self::LogNotReplayed => "log_not_replayed",
            Self::TableDamaged => "table_damaged",
            Self::BadChecksum => "bad_checksum",
            Self::Cycle => "cycle",
            Self::ParentMissing => "parent_missing",
            Self::TableTwice => "table_twice",
            Self::ValueUnreadable => "value_unreadable",
            Self::UnknownType => "unknown_type",
            Self::XmlDamaged => "xml_damaged",
            Self::OverLimit => "over_limit",
            Self::Unreadable => "unreadable",
        }
    }

    /// Whether the configuration may say less, or something older, than it should.
    pub fn loses_content(self) -> bool {
        !matches!(self, Self::HeaderDamaged | Self::UnknownVersion | Self::TableTwice)
    }
}
