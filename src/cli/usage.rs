//! `usage PATH…`.

use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::image::vhdx::Depth;
use crate::report::{RunFacts, Style, json, usage};

use super::judge::judge;
use super::options::{self, FindArgs, Global, OutputArgs, ReadArgs, WalkArgs};
use super::{Exit, Failure, messages, progress};

const HELP: &str = "\
The bytes of each file sum to its size: structures, content that some leaf sees (live), content that none sees
(shadowed), bytes of blocks that are no content (unfilled), blocks that were given up and keep their place (trimmed), and
what nothing refers to (free, and at the end of the file tail). What a leaf outside the named paths sees is not known;
name all folders in which children may lie.

Exit status:
  0    nothing wrong was found
  1    something is wrong with the files: a broken link, a file that cannot be read, a block map that cannot be
  2    wrong arguments, a named path that cannot be read, or the command failed
  130  broken off by Ctrl-C";

/// Arguments of `usage`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Usage {
    /// Folders, with everything below them, and single files
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    paths: Vec<PathBuf>,
    /// Read all content as well, and count its sectors of zeros
    #[arg(long)]
    content: bool,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Table, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    find: FindArgs,
    #[command(flatten)]
    walk: WalkArgs,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Tables for people
    Table,
    /// One JSON object
    Json,
}

impl Usage {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(&self.paths, &self.find)?;
        let read = ReadArgs { no_blocks: true, ..self.read.clone() };
        let request = options::request(&self.paths, Some(&self.walk), &self.find, &read, Depth::Open)?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let inspection = progress::inspect(&request, global);
        let found = inspection.usage(self.content, &mut |_| {});
        facts.finished = Timestamp::now();
        messages::dirty_logs(global, inspection.reported().map(|(_, file)| file));
        let is_unknown = found.files.iter().any(|file| file.problem.is_some() || file.content_problem.is_some());
        let exit = judge(&inspection).max(if is_unknown { Exit::Findings } else { Exit::Ok });
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(exit, |out| match self.format {
            Format::Table => usage::write(&inspection, &found, style, out),
            Format::Json => json::write_usage(&inspection, &found, &facts, out),
        })
    }
}
