//! `schema NAME`.

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::report::json::{self, Shape};

use super::options::OutputArgs;
use super::{Exit, Failure};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// The report
    #[arg(value_enum, value_name = "NAME")]
    name: Shape,
    #[command(flatten)]
    output: OutputArgs,
}

impl ValueEnum for Shape {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.written_by()))
    }
}

impl Schema {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        self.output.check()?;
        self.output.write(Exit::Ok, |out| json::write_schema(self.name, out))
    }
}
