//! `vm FILE…`: a configuration and the disks it attaches.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::report::json::{ConfigurationJson, VmParts};
use crate::report::{RunFacts, Style, json, text, vm};
use crate::source::FileSource;
use crate::vm::{ReplayLogState, VmFile, VmFormat};

use super::options::{self, Global, OutputArgs};
use super::{Exit, Failure, messages};

const EXIT_STATUS: &str = "\
Exit status:
  0    every file was read, and nothing is wrong with any
  1    a file is damaged; what could be read is shown
  2    a file cannot be read, or is no configuration; or the command failed

Paths are shown as the host recorded them. None of them is opened.";

/// Arguments of `vm`.
#[derive(Debug, Args)]
#[command(after_help = EXIT_STATUS)]
pub struct Vm {
    /// Configurations: .vmcx, .vmrs, a host's data.vmcx, or the .xml of Windows Server 2012 R2
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// Show the raw tree of keys
    #[arg(long)]
    keys: bool,
    /// Show what the replay log still holds of former states: earlier disks, names, machines
    #[arg(long)]
    history: bool,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Sections for people
    Text,
    /// One JSON object
    Json,
}

impl Vm {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_apart(self.files.iter().map(PathBuf::as_path))?;
        for file in &self.files {
            options::refuse_stream(file)?;
        }
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let (mut read, mut failed, mut exit) = (Vec::new(), Vec::new(), Exit::Ok);
        for path in &self.files {
            match FileSource::open(path).and_then(|source| VmFile::read(&source)) {
                Ok(vm) => {
                    exit = exit.max(judge(path, &vm, global));
                    read.push((path.as_path(), vm));
                }
                Err(error) => {
                    let reason = text::printable(&error.reason().to_string());
                    messages::error(&format!("{}: {reason}", text::path(path)));
                    failed.push((path.as_path(), error));
                    exit = Exit::Failed;
                }
            }
        }
        facts.finished = Timestamp::now();
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(exit, |out| match self.format {
            Format::Text => self.text(&read, style, out),
            Format::Json => {
                let parts = VmParts { keys: self.keys, history: self.history };
                let machines = read.iter().map(|(path, vm)| ConfigurationJson::new(path, vm, parts)).collect();
                json::write_vm(machines, &failed, &facts, out)
            }
        })
    }

    fn text(&self, read: &[(&Path, VmFile)], style: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut first = true;
        let mut gap = |out: &mut dyn Write| if std::mem::take(&mut first) { Ok(()) } else { writeln!(out, "\n") };
        for (path, file) in read {
            if self.keys {
                gap(out)?;
                vm::write_keys(path, file, style, out)?;
            }
            if self.history {
                gap(out)?;
                vm::write_history(path, file, style, out)?;
            }
            if !self.keys && !self.history {
                gap(out)?;
                vm::write(path, file, style, out)?;
            }
        }
        Ok(())
    }
}

/// The exit status of one file; says on stderr what must not be overlooked.
fn judge(path: &Path, vm: &VmFile, global: &Global) -> Exit {
    let shown = text::path(path);
    if let VmFormat::Storage(storage) = &vm.format
        && storage.log.state == ReplayLogState::Dirty
    {
        let what = "its log is dirty; everything is shown as after its replay, which was done in memory";
        messages::warning(global, &format!("{shown}: {what}"));
    }
    let problems = &vm.configuration.problems;
    let Some(first) = problems.first() else { return Exit::Ok };
    let reason = text::printable(&first.error.reason().to_string());
    if vm.keys.is_empty() {
        messages::error(&format!("{shown}: {reason}"));
        return Exit::Failed;
    }
    let more = match problems.len() {
        1 => String::new(),
        count => format!(" (and {} more)", count.saturating_sub(1)),
    };
    messages::warning(global, &format!("{shown}: {reason}{more}"));
    Exit::Findings
}
