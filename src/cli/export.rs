//! `export FILE -o OUT`.

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::Error;
use crate::analysis::export::{self, Checked, DEFAULT_BLOCK, Exported, Format};
use crate::inspect::{Inspection, OpenedDisk};
use crate::report::{RunFacts, json, text};
use crate::units::ByteLen;

use super::byte_watch::ByteWatch;
use super::hash::{HashName, write_line};
use super::options::{Global, OutputArgs};
use super::output::{stream_failure, unbuffered_stdout};
use super::view::{ViewArgs, say_unproved, unproved_after};
use super::{Exit, Failure, messages, size};

const HELP: &str = "\
The new file is written under a temporary name in its folder, read back, synced and only then given its name. Nothing is
ever overwritten, and after a failure or Ctrl-C nothing is left behind.
When it is done, stdout gets the hash of the virtual disk's content, as `vhdxray hash` writes it, and stderr how it was
checked: a raw file is read back byte by byte, a VHDX is opened as an image and its disk is read. With -o - the bytes go
to stdout and the hash to stderr, unchecked.

Exit status:
  0    the new file is there, and what was read back from it is what was read from the chain
  2    refused, the chain is broken or damaged, the volume is full, or the command failed; no new file is there
  130  broken off by Ctrl-C; no new file is there";

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Export {
    /// The file from which the disk is seen
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The new file; `-` is stdout, for raw bytes
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    output: PathBuf,
    /// What to write: raw bytes with holes where they are zero, or one dynamic VHDX
    #[arg(long, value_enum, default_value_t = ImageFormat::Raw, value_name = "FORMAT")]
    format: ImageFormat,
    /// Block size of a VHDX: a power of two from 1M to 256M [default: 32M]
    #[arg(long, value_name = "SIZE", value_parser = block_size)]
    block_size: Option<ByteLen>,
    /// The algorithm of the hash
    #[arg(short, long, value_enum, default_value_t = HashName::Sha256, value_name = "NAME")]
    algorithm: HashName,
    /// What is written to stdout in the end: the line with the hash, or JSON
    #[arg(long, value_enum, default_value_t = Report::Line, value_name = "REPORT")]
    report: Report,
    #[command(flatten)]
    view: ViewArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ImageFormat {
    /// The bytes of the virtual disk
    Raw,
    /// A new dynamic VHDX without parent
    Vhdx,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Report {
    /// The hash and the path
    Line,
    /// One JSON object
    Json,
}

impl Export {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        let format = self.format()?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let watch = ByteWatch::start(global);
        let inspection = self.view.inspect(std::slice::from_ref(&self.file), &watch)?;
        let mut opened = self.view.open(&inspection, &self.file)?;
        say_unproved(&opened.unproved);
        let size = opened.disk.size();
        if self.to_stdout() {
            watch.expect(size);
            self.stream(&opened, &watch)?;
            unproved_after(&inspection, &opened);
            return Ok(Exit::Ok);
        }
        watch.expect(size.saturating_add(size));
        watch.be_careful();
        let algorithm = self.algorithm.algorithm();
        let done = export::to_file(&opened.disk, &self.output, format, algorithm, &mut |done| watch.reached(done));
        let interrupted = watch.interrupted();
        drop(watch);
        let exported = match done {
            Ok(exported) => exported,
            Err(_) if interrupted => {
                messages::error(&format!("interrupted; {} was not made", text::path(&self.output)));
                return Ok(Exit::Interrupted);
            }
            Err(error) => return Err(self.failure(&error)),
        };
        facts.finished = Timestamp::now();
        opened.unproved = unproved_after(&inspection, &opened);
        self.tell(global, &exported);
        self.report(&inspection, &opened, format, &exported, &facts)
    }

    fn to_stdout(&self) -> bool {
        self.output.as_os_str() == "-"
    }

    fn format(&self) -> Result<Format, Failure> {
        match (self.format, self.block_size) {
            (ImageFormat::Raw, Some(_)) => {
                Err(Failure::new("--block-size is for --format vhdx: raw bytes have no blocks"))
            }
            (ImageFormat::Raw, None) => Ok(Format::Raw),
            (ImageFormat::Vhdx, _) if self.to_stdout() => {
                Err(Failure::new("a VHDX is not written in one go from start to end, so it cannot go to stdout"))
            }
            (ImageFormat::Vhdx, size) => Ok(Format::Vhdx(size.unwrap_or(DEFAULT_BLOCK))),
        }
    }

    fn stream(&self, opened: &OpenedDisk, watch: &ByteWatch) -> Result<(), Failure> {
        if io::stdout().is_terminal() {
            return Err(Failure::new("stdout is a terminal; raw bytes go to a pipe or a file"));
        }
        let mut stdout =
            unbuffered_stdout().map_err(|error| Failure::new(format!("cannot write to stdout: {error}")))?;
        let algorithm = self.algorithm.algorithm();
        let exported = export::to_stream(&opened.disk, &mut stdout, algorithm, &mut |done| watch.reached(done));
        let exported = exported.map_err(stream_failure)?;
        messages::note(&format!(
            "{} of the {} bytes written: {}",
            algorithm.name(),
            exported.virtual_size,
            exported.hash
        ));
        Ok(())
    }

    /// How it went and how it was checked.
    fn tell(&self, global: &Global, exported: &Exported) {
        if global.quiet {
            return;
        }
        let algorithm = self.algorithm.algorithm().name();
        let checked = match exported.checked {
            Checked::ReadBack => format!("read back, its bytes have this {algorithm}"),
            Checked::Reopened => format!("opened again as an image, its virtual disk has this {algorithm}"),
            Checked::NotChecked => "not read back".to_owned(),
        };
        let taken =
            exported.allocated.map_or_else(String::new, |bytes| format!(", {} on the volume", text::size(bytes)));
        let path = text::path(&self.output);
        messages::note(&format!("wrote {path}: {} bytes{taken}; {checked}", exported.file_size));
    }

    fn report(
        &self,
        inspection: &Inspection,
        opened: &OpenedDisk,
        format: Format,
        exported: &Exported,
        facts: &RunFacts,
    ) -> Result<Exit, Failure> {
        let algorithm = self.algorithm.algorithm();
        OutputArgs::default().write(Exit::Ok, |out| match self.report {
            Report::Line => write_line(&self.output, None, &exported.hash, out),
            Report::Json => {
                json::write_export(inspection, opened, (&self.output, format, algorithm), exported, facts, out)
            }
        })
    }

    fn failure(&self, error: &Error) -> Failure {
        let message = text::printable(&error.to_string());
        let about_target = error.path().is_some_and(|path: &Path| path == self.output);
        let writing = about_target && matches!(error.kind(), crate::ErrorKind::Io(_));
        if writing {
            Failure::new(format!("cannot write {message}; nothing was left behind"))
        } else {
            Failure::new(message)
        }
    }
}

fn block_size(text: &str) -> Result<ByteLen, String> {
    let size = size::bytes(text)?;
    let limits = crate::limits::MIN_BLOCK..=crate::limits::MAX_BLOCK;
    if size.get().is_power_of_two() && limits.contains(&size) {
        Ok(size)
    } else {
        Err("not a power of two from 1M to 256M".to_owned())
    }
}
