//! `hash --format json`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::Error;
use crate::analysis::hash::Algorithm;
use crate::inspect::Inspection;
use crate::report::RunFacts;
use crate::units::ByteLen;

use super::common::{lossy, path_hex};
use super::{ErrorJson, RunJson};

/// Hashes of the content of virtual disks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HashJson {
    /// Always `vhdxray.hash/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// One entry a disk, in the order of the arguments; with `--layers` one entry a layer, the named file first.
    pub disks: Vec<HashedDiskJson>,
}

/// A virtual disk as seen from one file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct HashedDiskJson {
    /// The file from which the disk is seen, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Number of layers between this file and the named one: 0 for the named file itself.
    pub layer: usize,
    /// Bytes of the virtual disk; `null` where it cannot be read.
    pub virtual_size_bytes: Option<u64>,
    /// The hashes by the names of their algorithms; empty where the disk cannot be read.
    pub hashes: BTreeMap<&'static str, String>,
    /// What rests on an option that was given rather than on proof, a sentence each.
    pub unproved: Vec<String>,
    /// Why the disk cannot be read.
    pub error: Option<ErrorJson>,
}

impl HashedDiskJson {
    /// A disk that was hashed.
    pub fn hashed(
        path: &Path,
        layer: usize,
        size: ByteLen,
        hashes: &[(Algorithm, String)],
        unproved: Vec<String>,
    ) -> Self {
        Self {
            virtual_size_bytes: Some(size.get()),
            hashes: hashes.iter().map(|(algorithm, hash)| (algorithm.name(), hash.clone())).collect(),
            unproved,
            ..Self::empty(path, layer)
        }
    }

    /// A disk that cannot be read.
    pub fn failed(path: &Path, layer: usize, error: &Error) -> Self {
        Self { error: Some(error.into()), ..Self::empty(path, layer) }
    }

    fn empty(path: &Path, layer: usize) -> Self {
        Self {
            path: lossy(path),
            path_raw_hex: path_hex(path),
            layer,
            virtual_size_bytes: None,
            hashes: BTreeMap::new(),
            unproved: Vec::new(),
            error: None,
        }
    }
}

/// Writes the hashes as one JSON object.
pub fn write_hash(
    disks: Vec<HashedDiskJson>,
    inspection: &Inspection,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let hashes = HashJson { schema: "vhdxray.hash/1", run: RunJson::new(facts, inspection), disks };
    serde_json::to_writer_pretty(&mut *out, &hashes)?;
    writeln!(out)
}
