//! `run`: the only part that differs between two runs over the same files.

use schemars::JsonSchema;
use serde::Serialize;

use crate::estate::{Inventory, Origin};
use crate::inspect::{Coverage, Inspection};
use crate::report::RunFacts;

use super::common::{Time, host, lossy, path_hex};
use super::error::ErrorJson;

/// Facts about the run. Two runs over the same unchanged files with the same `--as-of` differ only in here.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunJson {
    /// Always `vhdxray`.
    pub tool: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// The command line without the program's name, lossily.
    pub arguments: Vec<String>,
    /// When the run started.
    pub started: Time,
    /// When the results were ready.
    pub finished: Time,
    /// The moment from which ages count.
    pub as_of: Time,
    /// Name of the computer; `null` where the system does not tell.
    pub host: Option<String>,
    /// The bundles that were read, in the order in which they were named; only present where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<BundleJson>,
    /// What was looked at, and what could not be.
    pub coverage: CoverageJson,
}

/// What is known of a run as it starts: the fields of `run`, as far as that.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunStartJson {
    /// Always `vhdxray`.
    pub tool: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// The command line without the program's name, lossily.
    pub arguments: Vec<String>,
    /// When the run started.
    pub started: Time,
    /// Always `null`: the line of type `end` tells.
    pub finished: Option<Time>,
    /// The moment from which ages count.
    pub as_of: Time,
    /// Name of the computer; `null` where the system does not tell.
    pub host: Option<String>,
    /// The bundles that were read, in the order in which they were named; only present where there are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bundles: Vec<BundleJson>,
    /// Always `null`: the line of type `end` tells.
    pub coverage: Option<CoverageJson>,
}

/// What is known of a run only when it is over.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunEndJson {
    /// When the results were ready.
    pub finished: Time,
    /// Whether the run was broken off before all files were read.
    pub interrupted: bool,
    /// What was looked at, and what could not be.
    pub coverage: CoverageJson,
}

/// What was looked at, and what could not be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CoverageJson {
    /// Number of files met below the named paths and the folders of `--search` and `--map`, each once.
    pub files_seen_count: u64,
    /// How many of them could be read as far as was wanted.
    pub files_read_count: u64,
    /// Files, folders and named paths that could not be read, sorted by path.
    pub unreadable: Vec<UnreadableJson>,
    /// Symbolic links that were not followed and lead out of what was looked at, sorted by path; only present where there
    /// are any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links_not_followed: Vec<SymbolicLinkJson>,
}

/// A symbolic link that was not followed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SymbolicLinkJson {
    /// Name of the host that the path is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The path of the link, as found, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Where it leads, as it says itself, lossily; `null` where that could not be read.
    pub target: Option<String>,
}

/// A bundle: what another run saw.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BundleJson {
    /// The bundle, as it was named, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Name of the host whose files it tells of; `null` where that is not known.
    pub host: Option<String>,
    /// The moment from which the ages of its files count.
    pub as_of: Option<Time>,
}

/// A path that could not be read.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnreadableJson {
    /// Name of the host that the path is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The path, as found, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Why it cannot be read.
    pub error: ErrorJson,
}

impl RunJson {
    pub(super) fn new(facts: &RunFacts, inspection: &Inspection) -> Self {
        Self::covering(facts, inspection, &inspection.coverage())
    }

    /// The same where every unreadable file counts.
    pub(super) fn of_all(facts: &RunFacts, inspection: &Inspection) -> Self {
        Self::covering(facts, inspection, &inspection.coverage_of_all())
    }

    fn covering(facts: &RunFacts, inspection: &Inspection, coverage: &Coverage<'_>) -> Self {
        let read = inspection.inventory.origins.iter().filter_map(BundleJson::new);
        let run = Self::with_coverage(facts, CoverageJson::new(&inspection.inventory, coverage));
        Self { bundles: read.collect(), ..run }
    }

    pub(in crate::report) fn with_coverage(facts: &RunFacts, coverage: CoverageJson) -> Self {
        Self {
            tool: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            arguments: facts.arguments.clone(),
            started: facts.started.into(),
            finished: facts.finished.into(),
            as_of: facts.as_of.into(),
            host: facts.host.clone(),
            bundles: Vec::new(),
            coverage,
        }
    }
}

impl RunStartJson {
    pub(super) fn new(facts: &RunFacts, inventory: &Inventory) -> Self {
        Self {
            tool: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            arguments: facts.arguments.clone(),
            started: facts.started.into(),
            finished: None,
            as_of: facts.as_of.into(),
            host: facts.host.clone(),
            bundles: inventory.origins.iter().filter_map(BundleJson::new).collect(),
            coverage: None,
        }
    }
}

impl RunEndJson {
    pub(super) fn new(facts: &RunFacts, inspection: &Inspection) -> Self {
        Self {
            finished: facts.finished.into(),
            interrupted: inspection.interrupted,
            coverage: CoverageJson::new(&inspection.inventory, &inspection.coverage()),
        }
    }
}

impl CoverageJson {
    fn new(inventory: &Inventory, coverage: &Coverage<'_>) -> Self {
        let unreadable = coverage.unreadable.iter().map(|(origin, path, error)| UnreadableJson {
            host: host(inventory, *origin),
            path: lossy(path),
            path_raw_hex: path_hex(path),
            error: ErrorJson::from(*error),
        });
        let links = coverage.links.iter().map(|link| SymbolicLinkJson {
            host: host(inventory, link.origin),
            path: lossy(&link.path),
            path_raw_hex: path_hex(&link.path),
            target: link.target.as_deref().map(lossy),
        });
        Self {
            files_seen_count: coverage.files_seen,
            files_read_count: coverage.files_read,
            unreadable: unreadable.collect(),
            links_not_followed: links.collect(),
        }
    }
}

impl BundleJson {
    fn new(origin: &Origin) -> Option<Self> {
        let path = origin.bundle.as_deref()?;
        Some(Self {
            path: lossy(path),
            path_raw_hex: path_hex(path),
            host: origin.host.clone(),
            as_of: origin.as_of.map(Time::from),
        })
    }
}
