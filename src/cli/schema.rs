//! `schema NAME`.

use clap::{Args, ValueEnum};

use crate::report::json::{self, SchemaName};

use super::options::OutputArgs;
use super::{Exit, Failure};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// The report
    #[arg(value_enum, value_name = "NAME")]
    name: Name,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    /// `scan --format json`
    Scan,
    /// One line of `scan --format ndjson`
    ScanNdjson,
    /// `info --format json`
    Info,
    /// `dump --format json`
    Dump,
    /// `map --format json`
    Map,
    /// One line of `map --format ndjson`
    MapNdjson,
    /// `hash --format json`
    Hash,
    /// `export --report json`
    Export,
    /// `diff --format json`
    Diff,
    /// One line of `diff --format ndjson`
    DiffNdjson,
    /// `usage --format json`
    Usage,
    /// `log --format json`
    Log,
    /// `residue --format json`
    Residue,
    /// `check --format json`
    Check,
    /// `vm --format json`
    Vm,
    /// `orphans --format json`
    Orphans,
    /// `correlate --format json`
    Correlate,
    /// One line of `correlate --format ndjson`
    CorrelateNdjson,
    /// One line of a bundle, which `scan --bundle` writes
    Bundle,
    /// `history show --format json`
    History,
    /// `history record --format json`
    HistoryRecord,
    /// `plan --format json`
    Plan,
    /// `plan --all --format json`
    PlanAll,
    /// `verify --format json`
    Verify,
}

impl Schema {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        self.output.check()?;
        let name = match self.name {
            Name::Scan => SchemaName::Scan,
            Name::ScanNdjson => SchemaName::ScanNdjson,
            Name::Info => SchemaName::Info,
            Name::Dump => SchemaName::Dump,
            Name::Map => SchemaName::Map,
            Name::MapNdjson => SchemaName::MapNdjson,
            Name::Hash => SchemaName::Hash,
            Name::Export => SchemaName::Export,
            Name::Diff => SchemaName::Diff,
            Name::DiffNdjson => SchemaName::DiffNdjson,
            Name::Vm => SchemaName::Vm,
            Name::Usage => SchemaName::Usage,
            Name::Log => SchemaName::Log,
            Name::Residue => SchemaName::Residue,
            Name::Check => SchemaName::Check,
            Name::History => SchemaName::History,
            Name::HistoryRecord => SchemaName::HistoryRecord,
            Name::Orphans => SchemaName::Orphans,
            Name::Correlate => SchemaName::Correlate,
            Name::CorrelateNdjson => SchemaName::CorrelateNdjson,
            Name::Bundle => SchemaName::Bundle,
            Name::Plan => SchemaName::Plan,
            Name::PlanAll => SchemaName::PlanAll,
            Name::Verify => SchemaName::Verify,
        };
        self.output.write(Exit::Ok, |out| json::write_schema(name, out))
    }
}
