//! `log FILE`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::analysis::log_history::LogHistory;
use crate::report::{RunFacts, Style, json, log_history, text};

use super::one_file::{self, OneFile};
use super::options::{Global, OutputArgs};
use super::{Exit, Failure};

const HELP: &str = "\
The log of a VHDX file is a ring that is never wiped. Entries that need no replay any more still hold sectors of the BAT,
of sector bitmaps and of metadata as they were. Entries stand in the order of their sequence numbers. Of each sector is
shown what it changed beside the image before it in the log; of the first image of a sector, what was different then from
what is now.

Exit status:
  0    the history was written
  2    the file cannot be read, or is no VHDX file; or the command failed
  130  broken off by Ctrl-C";

/// Arguments of `log`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Log {
    /// A VHDX file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Compare with the bytes as they stand on disk, without replaying a dirty log in memory
    #[arg(long)]
    as_on_disk: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// What a report about one file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Lines for people
    Text,
    /// One JSON object
    Json,
}

impl Log {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_apart([self.file.as_path()])?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let inspection = one_file::inspect(&self.file, self.as_on_disk, global)?;
        let OneFile { file, image } = OneFile::of(&inspection, &self.file)?;
        let why = |what: &str| Failure::new(format!("{}: {what}", text::path(&self.file)));
        let Some(survey) = image.as_vhdx() else {
            return Err(why("a VHD file has no log"));
        };
        let history = LogHistory::of(image, survey).ok_or_else(|| why("no valid header tells where the log is"))?;
        let history = history.map_err(|error| error.with_path(&self.file))?;
        facts.finished = Timestamp::now();
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(Exit::Ok, |out| match self.format {
            Format::Text => log_history::write(file, &history, style, out),
            Format::Json => json::write_log(&inspection, file, &history, &facts, out),
        })
    }
}
