//! The findings of an earlier run, read back from its JSON, to tell what is new, what persists and what is resolved.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::finding::Finding;

/// The findings of an earlier run.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    entries: BTreeMap<Key, Past>,
}

/// What makes two findings the same: path, offset and code.
type Key = (String, Option<u64>, String);

/// What is remembered of an earlier finding. Two findings are the same when code, path and offset are.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Past {
    /// The file, as shown then.
    pub path: String,
    /// Where in the file.
    pub offset: Option<u64>,
    /// The code of the check.
    pub code: String,
    /// What was said.
    #[serde(default)]
    pub message: String,
}

/// Whether a finding was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was not there.
    New,
    /// It was there.
    Persisting,
}

impl Standing {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Persisting => "persisting",
        }
    }
}

#[derive(Deserialize)]
struct Old {
    schema: String,
    findings: Vec<Past>,
}

impl Baseline {
    /// Reads the JSON of an earlier `check` or `scan`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let old: Old = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if !matches!(old.schema.as_str(), "vhdxray.check/1" | "vhdxray.scan/1") {
            return Err(format!("schema {:?} is not that of a check or a scan", old.schema));
        }
        Ok(Self { entries: old.findings.into_iter().map(|past| (past.key(), past)).collect() })
    }

    /// Whether a finding was there before.
    pub fn standing(&self, finding: &Finding) -> Standing {
        if self.entries.contains_key(&key(finding)) { Standing::Persisting } else { Standing::New }
    }

    /// What was there before and is not among `findings`, sorted by path, offset and code.
    pub fn resolved(&self, findings: &[Finding]) -> Vec<Past> {
        let now: BTreeSet<Key> = findings.iter().map(key).collect();
        self.entries.iter().filter(|(key, _)| !now.contains(key)).map(|(_, past)| past.clone()).collect()
    }
}

impl Past {
    fn key(&self) -> Key {
        (self.path.clone(), self.offset, self.code.clone())
    }
}

fn key(finding: &Finding) -> Key {
    let path = finding.path.to_string_lossy().into_owned();
    (path, finding.offset.map(|offset| offset.0), finding.code.to_owned())
}
