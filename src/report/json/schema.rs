//! The JSON Schema of each shape.

use std::io::{self, Write};

use schemars::generate::SchemaSettings;

use crate::bundle::Line;
use crate::report::dump::DumpJson;

use super::{
    CheckJson, DiffJson, DiffLineJson, EstatePlanJson, ExportJson, HashJson, HistoryRecordJson, HistoryShowJson,
    InfoJson, LineJson, LogJson, MapJson, MapLineJson, OrphansJson, PlanJson, ResidueJson, ScanJson, UsageJson,
    VerifyJson, VmJson,
};

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
    /// `map --format json`.
    Map,
    /// One line of `map --format ndjson`.
    MapNdjson,
    /// `hash --format json`.
    Hash,
    /// `export --report json`.
    Export,
    /// `diff --format json`.
    Diff,
    /// One line of `diff --format ndjson`.
    DiffNdjson,
    /// `usage --format json`.
    Usage,
    /// `log --format json`.
    Log,
    /// `residue --format json`.
    Residue,
    /// `check --format json`.
    Check,
    /// `vm --format json`.
    Vm,
    /// `orphans --format json`.
    Orphans,
    /// `correlate --format json`.
    Correlate,
    /// One line of `correlate --format ndjson`.
    CorrelateNdjson,
    /// One line of a bundle.
    Bundle,
    /// `history show --format json`.
    History,
    /// `history record --format json`.
    HistoryRecord,
    /// `plan --format json`.
    Plan,
    /// `plan --all --format json`.
    PlanAll,
    /// `verify --format json`.
    Verify,
}

/// Writes the JSON Schema (draft 2020-12) of a shape as it is written, not as it could be read.
pub fn write_schema(name: SchemaName, out: &mut dyn Write) -> io::Result<()> {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = match name {
        SchemaName::Scan | SchemaName::Correlate => generator.into_root_schema_for::<ScanJson>(),
        SchemaName::ScanNdjson | SchemaName::CorrelateNdjson => generator.into_root_schema_for::<LineJson>(),
        SchemaName::Bundle => generator.into_root_schema_for::<Line>(),
        SchemaName::Vm => generator.into_root_schema_for::<VmJson>(),
        SchemaName::Check => generator.into_root_schema_for::<CheckJson>(),
        SchemaName::Usage => generator.into_root_schema_for::<UsageJson>(),
        SchemaName::Log => generator.into_root_schema_for::<LogJson>(),
        SchemaName::Residue => generator.into_root_schema_for::<ResidueJson>(),
        SchemaName::History => generator.into_root_schema_for::<HistoryShowJson>(),
        SchemaName::HistoryRecord => generator.into_root_schema_for::<HistoryRecordJson>(),
        SchemaName::Orphans => generator.into_root_schema_for::<OrphansJson>(),
        SchemaName::Plan => generator.into_root_schema_for::<PlanJson>(),
        SchemaName::PlanAll => generator.into_root_schema_for::<EstatePlanJson>(),
        SchemaName::Verify => generator.into_root_schema_for::<VerifyJson>(),
        SchemaName::Info => generator.into_root_schema_for::<InfoJson>(),
        SchemaName::Dump => generator.into_root_schema_for::<DumpJson>(),
        SchemaName::Map => generator.into_root_schema_for::<MapJson<'_>>(),
        SchemaName::MapNdjson => generator.into_root_schema_for::<MapLineJson<'_>>(),
        SchemaName::Hash => generator.into_root_schema_for::<HashJson>(),
        SchemaName::Export => generator.into_root_schema_for::<ExportJson>(),
        SchemaName::Diff => generator.into_root_schema_for::<DiffJson<'_>>(),
        SchemaName::DiffNdjson => generator.into_root_schema_for::<DiffLineJson<'_>>(),
    };
    serde_json::to_writer_pretty(&mut *out, &schema)?;
    writeln!(out)
}
