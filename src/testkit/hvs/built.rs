//! What was written, and what can be done to it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::testkit::record::Record;

use super::log::{self, Write};

/// What was written, and where.
#[derive(Clone, Debug)]
pub struct Built {
    /// The file.
    pub bytes: Vec<u8>,
    /// The replay log.
    pub log: Range<usize>,
    /// The object tables in the order of their chain.
    pub object_tables: Vec<Range<usize>>,
    /// The key tables in the order of their numbers.
    pub key_tables: Vec<Range<usize>>,
    /// The values that lie outside them.
    pub file_objects: Vec<Range<usize>>,
    /// Each key by the names from the root; of several of one name the last.
    pub keys: BTreeMap<String, Range<usize>>,
}

impl Built {
    /// The file with `live` writes in its log that are to be replayed, and `stale` ones after them that are not.
    #[must_use]
    pub fn with_log(mut self, live: &[Write], stale: &[Write]) -> Self {
        let current = u32::try_from(live.len()).unwrap_or(u32::MAX);
        let mut bytes = Record::new(4096);
        bytes.put(0, &log::header(current));
        let mut data = 4096;
        for (number, write) in live.iter().chain(stale).enumerate() {
            bytes.put(34 + 28 * number, &log::slot(write, data)).put(data, &write.bytes);
            data += write.bytes.len();
        }
        if let Some(place) = self.bytes.get_mut(self.log.start..self.log.start + bytes.bytes().len()) {
            place.copy_from_slice(bytes.bytes());
        }
        self
    }

    /// What makes `self` of `older`, page by page, without the headers and the log.
    pub fn changes_from(&self, older: &Self) -> Vec<Write> {
        let page = |bytes: &[u8], at: usize| {
            let end = (at + 4096).min(bytes.len());
            bytes.get(at..end).map(<[u8]>::to_vec).unwrap_or_default()
        };
        let outside = |at: &usize| *at >= 8192 && !self.log.contains(at);
        (0..self.bytes.len())
            .step_by(4096)
            .filter(outside)
            .filter(|at| page(&self.bytes, *at) != page(&older.bytes, *at))
            .map(|at| Write::new(at, &page(&self.bytes, at)))
            .collect()
    }
}
