//! `info FILE…`: one image and its place in the chain.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::chain::FileNo;
use crate::checks::Severity;
use crate::estate::FoundFile;
use crate::image::Image;
use crate::image::vhdx::Depth;
use crate::inspect::{ChainStatus, Inspection, Recognise};
use crate::report::{RunFacts, Style, info, json, text};

use super::options::{self, FindArgs, Global, OutputArgs, ReadArgs};
use super::{Exit, Failure, messages, progress};

/// Arguments of `info`.
#[derive(Debug, Args)]
pub struct Info {
    /// Image files; parents are looked for in the folders they lie in, and in those named with --search and --map
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    find: FindArgs,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Sections for people
    Text,
    /// One JSON object
    Json,
}

impl Info {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(&self.files, &self.find)?;
        let (folders, files): (Vec<_>, Vec<_>) = self.files.iter().cloned().partition(|path| path.is_dir());
        for folder in &folders {
            messages::error(&format!("{}: is a folder, which 'scan' goes through", text::path(folder)));
        }
        // The log of a clean file is a megabyte that says nothing of the disk.
        let depth = if self.read.no_blocks { Depth::Tables } else { Depth::Full };
        let mut request = options::request(&files, None, &self.find, &self.read, depth)?;
        request.read.only_named = true;
        // What a guest has on the disk is found through the block maps.
        request.recognise = if self.read.no_blocks { Recognise::Nothing } else { Recognise::Named };
        request.checks = Some(self.read.checks());
        let mut facts = RunFacts::start(Timestamp::now(), None);
        request.as_of = Some(facts.as_of);
        let inspection = progress::inspect(&request, global);
        facts.finished = Timestamp::now();
        let exit = judge(&inspection, global).max(if folders.is_empty() { Exit::Ok } else { Exit::Failed });
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(exit, |out| match self.format {
            Format::Text => self.text(&inspection, style, out),
            Format::Json => json::write_info(&inspection, &facts, out),
        })
    }

    fn text(&self, inspection: &Inspection, style: Style, out: &mut dyn Write) -> io::Result<()> {
        for (place, (number, file)) in named(inspection).enumerate() {
            if place > 0 {
                writeln!(out, "\n")?;
            }
            let wanted = file.image.as_deref().filter(|_| !self.read.no_blocks);
            let block_use = wanted.and_then(Image::block_use);
            info::write(inspection, number, block_use.as_ref(), style, out)?;
        }
        Ok(())
    }
}

fn named(inspection: &Inspection) -> impl Iterator<Item = (FileNo, &FoundFile)> {
    inspection.files().filter(|(_, file)| file.named)
}

/// The exit status; says on stderr which files cannot be read as what they were named for.
fn judge(inspection: &Inspection, global: &Global) -> Exit {
    let mut exit = Exit::Ok;
    messages::dirty_logs(global, named(inspection).map(|(_, file)| file));
    for (_, path, error) in inspection.unreadable_paths() {
        messages::error(&format!("{}: {}", text::path(path), text::printable(&error.reason().to_string())));
        exit = Exit::Failed;
    }
    for (number, file) in named(inspection) {
        let reason = match &file.error {
            Some(error) => Some(error.reason().to_string()),
            None if file.image.is_none() => {
                Some(format!("is no virtual disk that can be read here ({})", file.kind.name()))
            }
            None => None,
        };
        if let Some(reason) = reason {
            messages::error(&format!("{}: {}", text::path(&file.path), text::printable(&reason)));
            exit = Exit::Failed;
        } else if inspection.chain(number).status != ChainStatus::Complete {
            exit = exit.max(Exit::Findings);
        }
    }
    if inspection.findings.worst() >= Some(Severity::Error) {
        exit = exit.max(Exit::Findings);
    }
    exit
}
