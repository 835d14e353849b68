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
}

impl Schema {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        self.output.check()?;
        let name = match self.name {
            Name::Scan => SchemaName::Scan,
            Name::ScanNdjson => SchemaName::ScanNdjson,
            Name::Info => SchemaName::Info,
            Name::Dump => SchemaName::Dump,
        };
        self.output.write(Exit::Ok, |out| json::write_schema(name, out))
    }
}
