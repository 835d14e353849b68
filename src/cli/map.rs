//! `map FILE`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::analysis;
use crate::report::{RunFacts, Style, json, map};
use crate::units::{VirtualOffset, VirtualRange};

use super::byte_watch::ByteWatch;
use super::options::{Global, OutputArgs};
use super::view::{ViewArgs, unproved_after};
use super::{Exit, Failure};

const EXIT_STATUS: &str = "\
Exit status:
  0    the map was written
  2    the chain is broken or damaged, and nothing was written; or the command failed
  130  broken off by Ctrl-C

States: data (bytes of the file, from the file offset on), zero, unmapped (the guest gave the block up), undefined (the
format leaves the content open; it reads as zeros here), absent (no file ever stored anything).";

/// Arguments of `map`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Map {
    /// The file from which the disk is seen: a base, a checkpoint's file, the newest file of a chain
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    view: ViewArgs,
}

/// What a list of ranges looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people
    Table,
    /// One JSON object
    Json,
    /// One JSON object a line
    Ndjson,
}

impl Map {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside([&self.file], self.view.find())?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let watch = ByteWatch::start(global);
        let inspection = self.view.inspect(std::slice::from_ref(&self.file), &watch)?;
        let opened = self.view.open(&inspection, &self.file)?;
        // The sums first: a map that ends in an error half way tells less than none.
        let whole = VirtualRange::new(VirtualOffset::ZERO, opened.disk.size());
        let totals = analysis::map::totals(&opened.disk, whole)?;
        facts.finished = Timestamp::now();
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write_view(|out| match self.format {
            Format::Table => map::write(&inspection, &opened, &totals, style, out),
            Format::Json => json::write_map(&inspection, &opened, &totals, &facts, out),
            Format::Ndjson => json::write_map_lines(&inspection, &opened, &totals, &facts, out),
        })?;
        unproved_after(&inspection, &opened);
        Ok(Exit::Ok)
    }
}
