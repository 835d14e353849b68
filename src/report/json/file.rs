//! One entry of `files[]`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::FileNo;
use crate::estate::verdict::Verdict;
use crate::estate::{FoundFile, Inventory, OriginNo};
use crate::image::KindBy;
use crate::inspect::Inspection;

use super::common::{Time, host, list_hex, lossy, path_hex};
use super::error::ErrorJson;
use super::image::ImageJson;

/// A file, with everything known of it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileJson {
    /// Which file it is.
    #[serde(flatten)]
    pub name: FileNameJson,
    /// Further paths that lead to the same file: hard links, bind mounts, overlapping arguments.
    pub other_paths: Vec<String>,
    /// The exact bytes of those of `other_paths` that are not valid Unicode, `null` for the others; only present where
    /// there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_paths_raw_hex: Option<Vec<Option<String>>>,
    /// Paths under which other hosts see the same file; only present where bundles were read and there are such.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<ElsewhereJson>,
    /// What can be told of it without looking at any other.
    #[serde(flatten)]
    pub state: FileStateJson,
    /// The virtual disk; `null` for a file that is none, or of which nothing can be told.
    pub image: Option<ImageJson>,
    /// Whether the file is needed; `null` where that was not judged.
    pub verdict: Option<VerdictJson>,
}

/// What tells a file from all others.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileNameJson {
    /// Name of the host that the path is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The bundle that tells of the file, as it was named; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<String>,
    /// The path as found, starting as it was named, lossily.
    pub path: String,
    /// The path's exact bytes (on Windows: UTF-16 units, little-endian) as hexadecimal digits; only present where it is
    /// not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
}

/// What can be told of a file without looking at any other.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileStateJson {
    /// Whether the file was named, or lies below a named folder; a file that was not is shown because a named one
    /// depends on it.
    pub named: bool,
    /// What the file is: `vhdx`, `vhd`, `vhd_set`, `vmcx`, `vmrs`, `vmgs`, `vm_xml`, `rct`, `mrt`, `hrl`, `hru`, `bin`,
    /// `vsv`, `slp`, `vhdpmem`, `vfd`, `iso`, `other`. More may be added.
    pub kind: &'static str,
    /// How the kind is known: by the file's content, or only by its name.
    #[schemars(extend("enum" = ["content", "name"]))]
    pub kind_by: &'static str,
    /// Length in bytes when it was opened; `null` for a file that could not be opened.
    pub file_size_bytes: Option<u64>,
    /// Bytes that it takes on its volume, less than the length for sparse and compressed files; `null` where the system
    /// does not tell.
    pub allocated_bytes: Option<u64>,
    /// When it was last written to.
    pub modified: Option<Time>,
    /// Whether everything that was wanted of the file could be read, so that its virtual disk could be, too.
    pub readable: bool,
    /// Why it is not readable: the first of the reasons.
    pub error: Option<ErrorJson>,
    /// Whether its length or time of last write changed while it was read, as those of a running machine's disk do;
    /// what is said of it may then be of two moments.
    pub changed_while_read: bool,
}

/// A path under which another host sees a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ElsewhereJson {
    /// Name of the host.
    pub host: String,
    /// The path, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
}

/// Whether a file is needed, and by what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VerdictJson {
    /// What the file is to its estate. In use: `active_leaf`, `chain_member`, `checkpoint_disk`, `replica`,
    /// `vhd_set_member`, `config_in_use`, `companion_in_use`. In use, and something is wrong: `recovery_checkpoint`,
    /// `uncheckpointed_chain`, `config_missing_disk`. Nothing that was looked at needs it: `stale_branch`,
    /// `unreferenced_linked`, `unreferenced_broken`, `precreated_empty`, `copy`, `deleted_machine_disk`,
    /// `config_unregistered`, `companion_orphan`. Otherwise `foreign` or `unknown`. More may be added. Being in use wins
    /// over everything else; what else is true stands in `reasons`.
    pub class: &'static str,
    /// How sure that is.
    #[schemars(extend("enum" = ["confirmed", "probable", "possible", "unknown"]))]
    pub confidence: &'static str,
    /// What it was concluded from, each a sentence; the first says why the class.
    pub reasons: Vec<String>,
    /// Bytes on the volume that hang on it.
    pub at_stake_bytes: Option<u64>,
    /// What to verify before anything is done about it.
    pub verify_first: Vec<&'static str>,
}

impl From<&Verdict> for VerdictJson {
    fn from(verdict: &Verdict) -> Self {
        Self {
            class: verdict.class.name(),
            confidence: verdict.confidence.name(),
            reasons: verdict.reasons.clone(),
            at_stake_bytes: verdict.at_stake.map(|bytes| bytes.0),
            verify_first: verdict.class.verify_first().to_vec(),
        }
    }
}

impl FileJson {
    pub(super) fn new(inspection: &Inspection, number: FileNo) -> Option<Self> {
        let file = inspection.file(number)?;
        Some(Self {
            name: FileNameJson::new(&inspection.inventory, file),
            other_paths: file.other_paths.iter().map(|path| lossy(path)).collect(),
            other_paths_raw_hex: list_hex(file.other_paths.iter().map(AsRef::as_ref)),
            elsewhere: elsewhere(&inspection.inventory, file),
            state: FileStateJson::from(file),
            image: ImageJson::new(inspection, number),
            verdict: inspection.verdict(number).map(VerdictJson::from),
        })
    }
}

impl FileNameJson {
    pub(super) fn new(inventory: &Inventory, file: &FoundFile) -> Self {
        Self::of(inventory, file.origin, &file.path)
    }

    pub(super) fn of(inventory: &Inventory, origin: OriginNo, path: &Path) -> Self {
        let bundle = inventory.origin(origin).and_then(|origin| origin.bundle.as_deref());
        Self {
            host: host(inventory, origin),
            bundle: bundle.map(lossy),
            path: lossy(path),
            path_raw_hex: path_hex(path),
        }
    }
}

pub(super) fn elsewhere(inventory: &Inventory, file: &FoundFile) -> Vec<ElsewhereJson> {
    let entries = file.elsewhere.iter().map(|(origin, path)| ElsewhereJson {
        host: host(inventory, *origin).unwrap_or_default(),
        path: lossy(path),
        path_raw_hex: path_hex(path),
    });
    entries.collect()
}

impl From<&FoundFile> for FileStateJson {
    fn from(file: &FoundFile) -> Self {
        Self {
            named: file.named,
            kind: file.kind.name(),
            kind_by: match file.kind_by {
                KindBy::Content => "content",
                KindBy::Name => "name",
            },
            file_size_bytes: file.stamp.map(|stamp| stamp.size.0),
            allocated_bytes: file.stamp.and_then(|stamp| Some(stamp.allocated?.0)),
            modified: file.stamp.and_then(|stamp| Time::of_file(stamp.modified?)),
            readable: file.is_readable(),
            error: file.error.as_ref().map(ErrorJson::from),
            changed_while_read: file.changed_while_read,
        }
    }
}
