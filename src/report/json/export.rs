//! `export --report json`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::export::{Exported, Format};
use crate::analysis::hash::Algorithm;
use crate::inspect::{Inspection, OpenedDisk};
use crate::report::RunFacts;
use crate::units::ByteLen;

use super::common::{lossy, path_hex};
use super::{LayerJson, RunJson};

/// What an export wrote.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExportJson {
    /// Always `vhdxray.export/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The files that the disk was read through.
    pub layers: Vec<LayerJson>,
    /// What rests on an option that was given rather than on proof, a sentence each.
    pub unproved: Vec<String>,
    /// The new file, lossily; `-` for stdout.
    pub output_path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_path_raw_hex: Option<String>,
    /// `raw` or `vhdx`.
    pub format: &'static str,
    /// Bytes of a block of the new file; `null` for a raw one.
    pub block_size_bytes: Option<u64>,
    /// Bytes of the virtual disk.
    pub virtual_size_bytes: u64,
    /// Bytes of the new file.
    pub file_size_bytes: u64,
    /// Bytes that the new file takes on its volume; `null` where the system does not tell.
    pub allocated_bytes: Option<u64>,
    /// The hash of the virtual disk's content, by the name of its algorithm.
    pub hashes: BTreeMap<&'static str, String>,
    /// How it was checked: `read_back` (the file's bytes have the hash), `reopened` (the file was opened as an image and
    /// its content has the hash), `not_checked` (stdout).
    pub checked: &'static str,
}

/// Writes what an export wrote as one JSON object.
pub fn write_export(
    inspection: &Inspection,
    opened: &OpenedDisk,
    (target, format, algorithm): (&Path, Format, Algorithm),
    exported: &Exported,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (name, block_size) = match format {
        Format::Raw => ("raw", None),
        Format::Vhdx(block_size) => ("vhdx", Some(block_size.get())),
    };
    let json = ExportJson {
        schema: "vhdxray.export/1",
        run: RunJson::new(facts, inspection),
        layers: LayerJson::all(inspection, opened),
        unproved: opened.unproved.clone(),
        output_path: lossy(target),
        output_path_raw_hex: path_hex(target),
        format: name,
        block_size_bytes: block_size,
        virtual_size_bytes: exported.virtual_size.get(),
        file_size_bytes: exported.file_size.get(),
        allocated_bytes: exported.allocated.map(ByteLen::get),
        hashes: BTreeMap::from([(algorithm.name(), exported.hash.clone())]),
        checked: exported.checked.name(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}
