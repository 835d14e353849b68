//! The JSON Schema of each shape.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::bundle::Line;
use crate::report::dump::DumpJson;

use super::{
    CheckJson, DiffJson, DiffLineJson, EstatePlanJson, ExportJson, HashJson, HistoryRecordJson, HistoryShowJson,
    InfoJson, LineJson, LogJson, MapJson, MapLineJson, OrphansJson, PlanJson, ResidueJson, ScanJson, UsageJson,
    VerifyJson, VmJson,
};

/// A shape that has a schema.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    name: &'static str,
    written_by: &'static str,
    schema: fn(SchemaGenerator) -> Schema,
}

impl Shape {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::of::<ScanJson>("scan", "`scan --format json`"),
        Self::of::<LineJson>("scan-ndjson", "One line of `scan --format ndjson`"),
        Self::of::<InfoJson>("info", "`info --format json`"),
        Self::of::<DumpJson>("dump", "`dump --format json`"),
        Self::of::<MapJson<'_>>("map", "`map --format json`"),
        Self::of::<MapLineJson<'_>>("map-ndjson", "One line of `map --format ndjson`"),
        Self::of::<HashJson>("hash", "`hash --format json`"),
        Self::of::<ExportJson>("export", "`export --report json`"),
        Self::of::<DiffJson<'_>>("diff", "`diff --format json`"),
        Self::of::<DiffLineJson<'_>>("diff-ndjson", "One line of `diff --format ndjson`"),
        Self::of::<UsageJson>("usage", "`usage --format json`"),
        Self::of::<LogJson>("log", "`log --format json`"),
        Self::of::<ResidueJson>("residue", "`residue --format json`"),
        Self::of::<CheckJson>("check", "`check --format json`"),
        Self::of::<VmJson>("vm", "`vm --format json`"),
        Self::of::<OrphansJson>("orphans", "`orphans --format json`"),
        Self::of::<ScanJson>("correlate", "`correlate --format json`"),
        Self::of::<LineJson>("correlate-ndjson", "One line of `correlate --format ndjson`"),
        Self::of::<Line>("bundle", "One line of a bundle, which `scan --bundle` writes"),
        Self::of::<HistoryShowJson>("history", "`history show --format json`"),
        Self::of::<HistoryRecordJson>("history-record", "`history record --format json`"),
        Self::of::<PlanJson>("plan", "`plan --format json`"),
        Self::of::<EstatePlanJson>("plan-all", "`plan --all --format json`"),
        Self::of::<VerifyJson>("verify", "`verify --format json`"),
    ];

    const fn of<T: JsonSchema>(name: &'static str, written_by: &'static str) -> Self {
        Self { name, written_by, schema: SchemaGenerator::into_root_schema_for::<T> }
    }

    /// The shape of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|shape| shape.name == name).copied()
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// What writes it.
    pub fn written_by(self) -> &'static str {
        self.written_by
    }
}

/// Writes the JSON Schema (draft 2020-12) of a shape as it is written, not as it could be read.
pub fn write_schema(shape: Shape, out: &mut dyn Write) -> io::Result<()> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    serde_json::to_writer_pretty(&mut *out, &(shape.schema)(generator))?;
    writeln!(out)
}
