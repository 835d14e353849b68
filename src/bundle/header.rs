//! The first line of a bundle: whose files they are, when they were seen, and what was looked at.

use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::chain::ScopeRoot;
use crate::chain::windows_path::PathMap;
use crate::inspect::Inspection;

use super::text::Text;

/// Name and version of the shape.
pub const SCHEMA: &str = "vhdxray.bundle/1";

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HeaderLine {
    /// Always `vhdxray.bundle/1`. Within this version fields and types of lines are only added.
    pub schema: String,
    /// The program that wrote it.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Name of the computer; `null` where the system does not tell.
    #[serde(default)]
    pub host: Option<String>,
    /// Whether the paths are those of Windows.
    pub windows: bool,
    /// The folder from which relative paths start.
    pub working_folder: Text,
    /// When the run started.
    #[schemars(with = "String")]
    pub started: Timestamp,
    /// When the results were ready.
    #[schemars(with = "String")]
    pub finished: Timestamp,
    /// The moment from which the ages of its files count.
    #[schemars(with = "String")]
    pub as_of: Timestamp,
    /// The folders that were looked through.
    pub scope: Vec<ScopeLine>,
    /// Files and folders there that were met and not looked at.
    #[serde(default)]
    pub left_out: Vec<Text>,
    /// Whether more was left out than `left_out` tells.
    #[serde(default)]
    pub more_left_out: bool,
    /// Where the files of recorded Windows paths are.
    #[serde(default)]
    pub map: Vec<MapLine>,
    /// Everything that the user named.
    #[serde(default)]
    pub named_paths: Vec<Text>,
    /// What was not looked at.
    pub coverage: CoverageLine,
}

/// What was not looked at. Paths that could not be read have lines of their own.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CoverageLine {
    /// Whether folders were left out on request.
    pub limited: bool,
    /// Whether single files were named rather than whole folders.
    pub single_files: bool,
    /// Whether the run was broken off before all files were read.
    pub interrupted: bool,
}

/// A folder that was looked through.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ScopeLine {
    /// The folder.
    pub path: Text,
    /// Whether what lies in folders below counts too.
    pub below: bool,
}

/// A rule of `--map`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct MapLine {
    /// The left side.
    pub from_recorded: String,
    /// Where that is.
    pub to: Text,
}

/// What a bundle tells about the run beside its results.
#[derive(Clone, Debug)]
pub struct About {
    /// Name of the computer.
    pub host: Option<String>,
    /// When the run started.
    pub started: Timestamp,
    /// When the results were ready.
    pub finished: Timestamp,
    /// The moment from which ages count.
    pub as_of: Timestamp,
}

impl HeaderLine {
    pub(super) fn new(inspection: &Inspection, about: &About) -> Self {
        let looked = &inspection.looked;
        let scope = |root: &ScopeRoot| ScopeLine { path: Text::of_path(&root.folder), below: root.below };
        let rule = |(from, to): (&str, &Path)| MapLine { from_recorded: from.to_owned(), to: Text::of_path(to) };
        Self {
            schema: SCHEMA.to_owned(),
            tool: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: about.host.clone(),
            windows: cfg!(windows),
            working_folder: Text::of_path(&crate::chain::absolute(Path::new("."))),
            started: about.started,
            finished: about.finished,
            as_of: about.as_of,
            scope: looked.scope.roots().iter().map(scope).collect(),
            left_out: looked.scope.left_out().map(Text::of_path).collect(),
            more_left_out: looked.scope.has_more_left_out(),
            map: looked.maps.iter().flat_map(PathMap::rules).map(rule).collect(),
            named_paths: inspection.named_paths.iter().map(|named| Text::of_path(&named.path)).collect(),
            coverage: CoverageLine {
                limited: looked.limited,
                single_files: looked.single_files,
                interrupted: inspection.interrupted,
            },
        }
    }
}
