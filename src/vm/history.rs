//! What a file still tells of its past.

use crate::units::{FileOffset, FileRange};

use super::{StaleEntry, Value};

/// What the replay log of a container, logs that it has outgrown, and tables that nothing names still hold of former
/// commits.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The pieces, in the order of their slots; the order in time is not recorded.
    pub entries: Vec<StaleEntry>,
    /// Key tables that no object table names: states that were replaced, and not written over yet.
    pub unreferenced_tables: Vec<FileRange>,
    /// Values that the file does not hold any more, each once, in the order of the pieces.
    pub former: Vec<FormerValue>,
    /// How many more there are.
    pub left_out_count: u64,
}

/// A value that a key once had.
#[derive(Clone, Debug, PartialEq)]
pub struct FormerValue {
    /// Names from the top down to the key, each after a `/`; `…` stands for parents that are not there any more.
    pub path: String,
    /// The value.
    pub value: Value,
    /// What the key holds now; `None` where there is no such key any more.
    pub now: Option<Value>,
    /// Where the former key lies.
    pub at: FileOffset,
    /// Where the entry of the log lies that it belongs to, or the table that nothing names.
    pub log_entry: FileOffset,
}

impl FormerValue {
    /// The name of the key.
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(self.path.as_str(), |(_, name)| name)
    }
}
