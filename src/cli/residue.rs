//! `residue FILE`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::analysis::residue::{self, Extracted};
use crate::inspect::Inspection;
use crate::report::{RunFacts, Style, json, residue as report, text};

use super::log::Format;
use super::one_file::{self, OneFile};
use super::options::{Global, OutputArgs};
use super::{Exit, Failure};

const HELP: &str = "\
Every byte of the file is either used by a live structure or listed here: stale entries of the log, room inside and
between structures, sectors of present blocks that are no content, blocks without content that keep their place, and what
nothing refers to. Used and unused bytes sum to the size of the file.
--extract copies each range that holds data into a file of its own in DIR, which must be new or empty, and writes
manifest.json (this report) and SHA256SUMS beside them.

Exit status:
  0    the ranges were written
  1    the use of a part of the file cannot be told, for its block map cannot be read
  2    the file cannot be read, or the command failed
  130  broken off by Ctrl-C";

/// Arguments of `residue`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Residue {
    /// An image file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Copy what holds data into this folder, with a manifest of offsets and hashes
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    extract: Option<PathBuf>,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Take the bytes as they stand on disk, without replaying a dirty log in memory
    #[arg(long)]
    as_on_disk: bool,
    #[command(flatten)]
    output: OutputArgs,
}

impl Residue {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_apart([self.file.as_path()])?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let inspection = one_file::inspect(&self.file, self.as_on_disk, global)?;
        let found = OneFile::of(&inspection, &self.file)?;
        found.say_log(global);
        let left = residue::Residue::of(found.image);
        let copies = self.extract.as_deref().map(|folder| residue::extract(found.image, &left, folder, &mut |_| {}));
        let copies = copies.transpose()?;
        facts.finished = Timestamp::now();
        let extracted = self.extract.as_deref().zip(copies.as_deref());
        if let Some((folder, copies)) = extracted {
            manifest(&inspection, &found, &left, folder, copies, &facts)?;
        }
        let exit = if left.problem.is_some() { Exit::Findings } else { Exit::Ok };
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        self.output.write(exit, |out| match self.format {
            Format::Text => report::write(found.file, &left, extracted, style, out),
            Format::Json => json::write_residue(&inspection, found.file, &left, extracted, &facts, out),
        })
    }
}

/// Writes what says where the copies come from.
fn manifest(
    inspection: &Inspection,
    found: &OneFile<'_>,
    left: &residue::Residue,
    folder: &Path,
    copies: &[Extracted],
    facts: &RunFacts,
) -> Result<(), Failure> {
    let put = |name: &str, write: &dyn Fn(&mut dyn Write) -> std::io::Result<()>| {
        let path = folder.join(name);
        let written = File::create_new(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
        });
        written.map_err(|error| Failure::new(format!("{}: {error}", text::path(&path))))
    };
    put("manifest.json", &|out| json::write_residue(inspection, found.file, left, Some((folder, copies)), facts, out))?;
    put("SHA256SUMS", &|out| copies.iter().try_for_each(|copy| writeln!(out, "{}  {}", copy.sha256, copy.name)))
}
