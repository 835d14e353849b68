//! The Hyper-V storage container as a whole: headers, the replay of its log in memory, objects, keys, and what is left of
//! former commits.

mod headers;
mod history;
mod keys;
mod log;
mod objects;
mod sweep;
mod tree;

pub use headers::HeaderCopy;
pub use log::{ReplayLogState, ReplayLogSurvey, StaleEntry};

use crate::error::Error;
use crate::format::hvs::header::{self, Header};
use crate::format::hvs::{FIRST_OBJECT_TABLE_OFFSET, HEADER_OFFSETS, object_table};
use crate::source::{Overlay, ReadAt};
use crate::units::{ByteLen, FileOffset};

use super::problem::Problems;
use super::{History, Key, ProblemKind};

/// What was found of a container apart from its keys.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Both copies of the header.
    pub headers: [HeaderCopy; 2],
    /// Which of them counts; `None` where neither is valid.
    pub current_header: Option<usize>,
    /// The replay log.
    pub log: ReplayLogSurvey,
    /// Number of logs that it has outgrown and that can still be read.
    pub former_log_count: u64,
    /// Number of object tables.
    pub object_table_count: u64,
    /// Number of key tables that count.
    pub key_table_count: u64,
    /// Number of values that lie outside the key tables.
    pub file_object_count: u64,
}

impl Storage {
    /// The header that counts.
    pub fn header(&self) -> Option<&Header> {
        self.headers.get(self.current_header?)?.valid()
    }

    /// Whether the start of a file is that of a container, or its first object table is where it belongs.
    pub(super) fn is_one(source: &dyn ReadAt) -> bool {
        let has = |at: FileOffset, signature: u32| {
            let mut bytes = [0; 4];
            source.read_exact_at("", at, &mut bytes).is_ok() && bytes == signature.to_le_bytes()
        };
        HEADER_OFFSETS.iter().any(|at| has(*at, header::SIGNATURE))
            || has(FIRST_OBJECT_TABLE_OFFSET, object_table::SIGNATURE)
    }

    /// Reads the whole container.
    pub(super) fn read(source: &dyn ReadAt, problems: &mut Problems) -> (Self, Vec<Key>, History) {
        let headers = headers::read(source);
        let current_header = headers::current(&headers, problems);
        // A log says itself whether it is one, so that a damaged header may lead to it.
        let header = current_header.and_then(|number| headers.get(number)?.valid()).or_else(|| {
            let mut contents = headers.iter().filter_map(|copy| copy.parsed.as_ref().ok());
            contents.find(|header| header.signature == header::SIGNATURE)
        });
        let version = header.map(|header| header.format_version);
        if let Some(version) = version.filter(|version| !header::VERSIONS.contains(version)) {
            let what = format!("format version {version:#x} is unknown; read by the rules of the newest known");
            let at = HEADER_OFFSETS.get(current_header.unwrap_or_default()).copied().unwrap_or_default();
            problems.add(ProblemKind::UnknownVersion, Error::unsupported("storage header", at, what));
        }
        let wide_names = version == Some(header::WIDE_NAMES_VERSION);
        let mut view = Overlay::new(source);
        let log = header.map_or_else(ReplayLogSurvey::default, |header| {
            log::replay(&mut view, header.replay_log(), header.replay_log_header_size, problems)
        });
        let objects = objects::read(&view, version, problems);
        let keys = keys::read(&view, &objects.key_tables, wide_names, problems);
        let tree = tree::build(&keys.keys, problems);
        let mut stale = log.stale.clone();
        let mut former_log_count = 0_u64;
        let mut known = objects.key_tables.clone();
        known.extend(log.range);
        for range in objects.free.iter().filter(|range| Some(**range) != log.range) {
            if let Some(entries) = log::former(&view, *range) {
                former_log_count = former_log_count.saturating_add(1);
                known.push(*range);
                stale.extend(entries);
            }
        }
        let unreferenced = sweep::unreferenced(&view, &known, wide_names);
        let history = history::read(&view, &keys, stale, unreferenced, wide_names);
        let storage = Self {
            former_log_count,
            object_table_count: objects.table_count,
            key_table_count: ByteLen::from(keys.tables.len()).0,
            file_object_count: objects.stored_count,
            current_header,
            headers,
            log,
        };
        (storage, tree, history)
    }
}
