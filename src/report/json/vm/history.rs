//! What is left of former states.

use schemars::JsonSchema;
use serde::Serialize;

use crate::vm::{FormerValue, History, StaleEntry};

use super::ValueJson;

/// What the replay log still holds of former states. The order in time is not recorded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HistoryJson {
    /// Pieces of the file as it once was, in the order of their slots.
    pub log_entries: Vec<StaleEntryJson>,
    /// Key tables that no object table names: states that were replaced, and not written over yet.
    pub unreferenced_tables: Vec<UnreferencedTableJson>,
    /// Values that the file does not hold any more.
    pub former_values: Vec<FormerValueJson>,
    /// How many more there are.
    pub left_out_count: u64,
}

/// A piece of the file as it once was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StaleEntryJson {
    /// Where the entry of the log lies.
    pub offset: u64,
    /// Where its bytes were written to.
    pub destination_offset: u64,
    /// How many they are.
    pub length_bytes: u64,
    /// Where they lie.
    pub data_offset: u64,
    /// Whether they are all as they were.
    pub intact: bool,
}

/// A key table that no object table names.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct UnreferencedTableJson {
    /// Where it lies.
    pub offset: u64,
    /// Bytes that belong to it at most.
    pub length_bytes: u64,
}

/// A value that a key once had.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FormerValueJson {
    /// Names from the top down to the key, each after a `/`; `…` stands for what is not known any more.
    pub key_path: String,
    /// The value.
    pub value: Option<ValueJson>,
    /// What the key holds now; `null` where there is none any more.
    pub now: Option<ValueJson>,
    /// Where the former key lies.
    pub offset: u64,
    /// Where the entry of the log lies that it belongs to, or the table that nothing names.
    pub log_entry_offset: u64,
}

impl From<&History> for HistoryJson {
    fn from(history: &History) -> Self {
        Self {
            log_entries: history.entries.iter().map(StaleEntryJson::from).collect(),
            unreferenced_tables: history
                .unreferenced_tables
                .iter()
                .map(|table| UnreferencedTableJson { offset: table.start.0, length_bytes: table.len.0 })
                .collect(),
            former_values: history.former.iter().map(FormerValueJson::from).collect(),
            left_out_count: history.left_out_count,
        }
    }
}

impl From<&StaleEntry> for StaleEntryJson {
    fn from(entry: &StaleEntry) -> Self {
        Self {
            offset: entry.at.0,
            destination_offset: entry.destination.start.0,
            length_bytes: entry.destination.len.0,
            data_offset: entry.data.start.0,
            intact: entry.intact,
        }
    }
}

impl From<&FormerValue> for FormerValueJson {
    fn from(former: &FormerValue) -> Self {
        Self {
            key_path: former.path.clone(),
            value: ValueJson::new(&former.value),
            now: former.now.as_ref().and_then(ValueJson::new),
            offset: former.at.0,
            log_entry_offset: former.log_entry.0,
        }
    }
}
