//! The JSON Schema of each shape.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;

use crate::report::dump::DumpJson;

use super::{InfoJson, LineJson, ScanJson};

/// The shapes that have a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaName {
    /// `scan --format json`.
    Scan,
    /// One line of `scan --format ndjson`.
    ScanNdjson,
    /// `info --format json`.
    Info,
    /// `dump --format json`.
    Dump,
}

/// Writes the JSON Schema (draft 2020-12) of a shape as it is written, not as it could be read.
pub fn write_schema(name: SchemaName, out: &mut dyn Write) -> io::Result<()> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = match name {
        SchemaName::Scan => generator.into_root_schema_for::<ScanJson>(),
        SchemaName::ScanNdjson => generator.into_root_schema_for::<LineJson>(),
        SchemaName::Info => generator.into_root_schema_for::<InfoJson>(),
        SchemaName::Dump => generator.into_root_schema_for::<DumpJson>(),
    };
    serde_json::to_writer_pretty(&mut *out, &schema)?;
    writeln!(out)
}
