//! One entry of `chains[]`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::estate::Machine;
use crate::inspect::{Chain, Inspection};

use super::common::{hosts, list_hex, lossy};

/// A disk without children, with everything it depends on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChainJson {
    /// Path of the leaf, lossily.
    pub leaf: Option<String>,
    /// Paths of the files, leaf first, base last, lossily; ends at the first link that is broken.
    pub files: Vec<String>,
    /// Names of the hosts that `files` are of, in the same order; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_hosts: Option<Vec<String>>,
    /// The exact bytes of those of `files` that are not valid Unicode, `null` for the others; only present where there
    /// is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_raw_hex: Option<Vec<Option<String>>>,
    /// `complete`: from the leaf to a base, each link proved by identity. `broken`: a parent is missing or not proved.
    /// `unreadable`: a file of it cannot be read.
    #[schemars(extend("enum" = ["complete", "broken", "unreadable"]))]
    pub status: &'static str,
    /// Number of `files`.
    pub depth_count: u64,
    /// Bytes of the virtual disk as the leaf has it.
    pub virtual_size_bytes: Option<u64>,
    /// Bytes of all files of the chain.
    pub file_size_bytes: u64,
    /// Id of the machine that uses the leaf; `null` where that is not known.
    pub owner: Option<String>,
    /// Names of the checkpoints that the files belong to, where known.
    pub checkpoint_names: Vec<String>,
}

impl ChainJson {
    pub(super) fn new(inspection: &Inspection, chain: &Chain) -> Self {
        let paths = || chain.files.iter().filter_map(|file| Some(inspection.file(*file)?.path.as_path()));
        Self {
            leaf: paths().next().map(lossy),
            files: paths().map(lossy).collect(),
            files_hosts: hosts(inspection, &chain.files),
            files_raw_hex: list_hex(paths()),
            status: chain.status.name(),
            depth_count: u64::try_from(chain.files.len()).unwrap_or(u64::MAX),
            virtual_size_bytes: chain.virtual_size.map(|size| size.0),
            file_size_bytes: chain.file_size.0,
            owner: inspection.owner(chain).and_then(|owner| Some(owner.configuration.id?.to_string())),
            checkpoint_names: inspection.checkpoints_over(chain).filter_map(Machine::name).collect(),
        }
    }
}
