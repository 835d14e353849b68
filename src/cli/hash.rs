//! `hash FILE…`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::Error;
use crate::analysis::hash::{Algorithm, hash_disk};
use crate::chain::FileNo;
use crate::inspect::{Inspection, OpenedDisk};
use crate::report::json::HashedDiskJson;
use crate::report::{RunFacts, json, text};
use crate::units::ByteLen;

use super::byte_watch::ByteWatch;
use super::options::{Global, OutputArgs};
use super::view::{ViewArgs, named, say_unproved, unproved_after};
use super::{Exit, Failure, messages};

const HELP: &str = "\
What is hashed is the content of the virtual disk, as a guest would read it from the named file, not the file itself.
One algorithm gives lines as sha256sum writes them: the hash, two spaces, the path. Several give tagged lines, as
sha256sum --tag and its relatives write them: SHA256 (path) = hash. A path with a backslash or a line break is escaped,
and its line starts with a backslash.

Exit status:
  0    every disk was hashed
  2    a chain is broken or damaged, which is said for each disk while the others are hashed; or the command failed
  130  broken off by Ctrl-C";

/// Arguments of `hash`.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Hash {
    /// The files from which the disks are seen
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<PathBuf>,
    /// The algorithm; several are computed in one pass
    #[arg(short, long, value_enum, default_value = "sha256", value_name = "NAME", value_delimiter = ',')]
    algorithm: Vec<HashName>,
    /// Write tagged lines for one algorithm as well
    #[arg(long)]
    tag: bool,
    /// Hash the disk at every point of the chain: as seen from the named file, from its parent, down to the base
    #[arg(long)]
    layers: bool,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Lines, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    view: ViewArgs,
}

/// A hash algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum HashName {
    /// What sha256sum computes
    Sha256,
    /// BLAKE3, the fastest: it uses every core
    Blake3,
    /// SHA-1, for old case files
    Sha1,
    /// MD5, for old case files
    Md5,
}

impl HashName {
    /// The algorithm.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::Sha256 => Algorithm::Sha256,
            Self::Blake3 => Algorithm::Blake3,
            Self::Sha1 => Algorithm::Sha1,
            Self::Md5 => Algorithm::Md5,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines as sha256sum writes them
    Lines,
    /// One JSON object
    Json,
}

/// A disk that is to be hashed.
struct Job {
    path: PathBuf,
    layer: usize,
    opened: Result<OpenedDisk, Error>,
}

/// Hashes with their algorithms, and sentences about what they rest on.
type Hashed = (Vec<(Algorithm, String)>, Vec<String>);

impl Hash {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_beside(&self.files, self.view.find())?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let watch = ByteWatch::start(global);
        let inspection = self.view.inspect(&self.files, &watch)?;
        let mut exit = Exit::Ok;
        let jobs = self.jobs(&inspection, &mut exit);
        let sizes = jobs.iter().filter_map(|job| job.opened.as_ref().ok()).map(|opened| opened.disk.size());
        watch.expect(sizes.fold(ByteLen::ZERO, ByteLen::saturating_add));
        match self.format {
            Format::Lines => {
                self.output.write(Exit::Ok, |out| {
                    for job in &jobs {
                        let Ok((hashes, _)) = self.hash(job, &inspection, &watch, &mut exit) else { continue };
                        self.lines(&job.path, &hashes, out)?;
                        // Each line as soon as it is known: the next disk may take an hour.
                        out.flush()?;
                    }
                    Ok(())
                })?;
            }
            Format::Json => {
                let disks = jobs.iter().map(|job| match self.hash(job, &inspection, &watch, &mut exit) {
                    Ok((hashes, unproved)) => {
                        let opened = job.opened.as_ref().ok();
                        let size = opened.map_or(ByteLen::ZERO, |opened| opened.disk.size());
                        HashedDiskJson::hashed(&job.path, job.layer, size, &hashes, unproved)
                    }
                    Err(error) => HashedDiskJson::failed(&job.path, job.layer, &error),
                });
                let disks = disks.collect();
                facts.finished = Timestamp::now();
                self.output.write(Exit::Ok, |out| json::write_hash(disks, &inspection, &facts, out))?;
            }
        }
        Ok(exit)
    }

    fn jobs(&self, inspection: &Inspection, exit: &mut Exit) -> Vec<Job> {
        let mut jobs = Vec::new();
        for path in &self.files {
            let file = match named(inspection, path) {
                Ok(file) => file,
                Err(failure) => {
                    *exit = Exit::Failed;
                    if let Failure::Message(message) = failure {
                        messages::error(&message);
                    }
                    continue;
                }
            };
            let opened = inspection.open_disk(file, self.view.policy());
            let below: Vec<FileNo> = match &opened {
                Ok(opened) if self.layers => opened.files.iter().skip(1).copied().collect(),
                _ => Vec::new(),
            };
            jobs.push(Job { path: path.clone(), layer: 0, opened });
            for (number, file) in below.into_iter().enumerate() {
                let path = inspection.file(file).map(|file| file.path.clone()).unwrap_or_default();
                let opened = inspection.open_disk(file, self.view.policy());
                jobs.push(Job { path, layer: number.saturating_add(1), opened });
            }
        }
        jobs
    }

    /// The hashes of a disk, and what they rest on beside proof.
    fn hash(&self, job: &Job, inspection: &Inspection, watch: &ByteWatch, exit: &mut Exit) -> Result<Hashed, Error> {
        let algorithms: Vec<Algorithm> = self.algorithms();
        let hashed = match &job.opened {
            Ok(opened) => {
                say_unproved(&opened.unproved);
                let hashes = hash_disk(&opened.disk, &algorithms, &mut |done| watch.reached(done));
                watch.next_disk(opened.disk.size());
                hashes.map(|hashes| (hashes, unproved_after(inspection, opened)))
            }
            Err(error) => Err(error.clone()),
        };
        match hashed {
            Ok((hashes, unproved)) => Ok((algorithms.into_iter().zip(hashes).collect(), unproved)),
            Err(error) => {
                let error = error.with_path(&job.path);
                *exit = Exit::Failed;
                messages::error(&text::printable(&error.to_string()));
                Err(error)
            }
        }
    }

    /// The algorithms that were asked for, each once, in the order of the arguments.
    fn algorithms(&self) -> Vec<Algorithm> {
        let mut algorithms = Vec::new();
        for name in &self.algorithm {
            if !algorithms.contains(&name.algorithm()) {
                algorithms.push(name.algorithm());
            }
        }
        algorithms
    }

    fn lines(&self, path: &Path, hashes: &[(Algorithm, String)], out: &mut dyn Write) -> io::Result<()> {
        for (algorithm, hash) in hashes {
            let tag = (self.tag || hashes.len() > 1).then_some(*algorithm);
            write_line(path, tag, hash, out)?;
        }
        Ok(())
    }
}

/// One line as sha256sum writes it, with its tag if there is one.
pub(super) fn write_line(path: &Path, tag: Option<Algorithm>, hash: &str, out: &mut dyn Write) -> io::Result<()> {
    let (escaped, path) = escape(path.as_os_str().as_encoded_bytes());
    if escaped {
        out.write_all(b"\\")?;
    }
    match tag {
        Some(algorithm) => {
            write!(out, "{} (", algorithm.name().to_ascii_uppercase())?;
            out.write_all(&path)?;
            writeln!(out, ") = {hash}")
        }
        None => {
            write!(out, "{hash}  ")?;
            out.write_all(&path)?;
            writeln!(out)
        }
    }
}

/// The bytes of a path as sha256sum escapes them, and whether anything was escaped.
fn escape(path: &[u8]) -> (bool, Vec<u8>) {
    let mut escaped = Vec::with_capacity(path.len());
    for byte in path {
        match byte {
            b'\\' => escaped.extend(b"\\\\"),
            b'\n' => escaped.extend(b"\\n"),
            b'\r' => escaped.extend(b"\\r"),
            other => escaped.push(*other),
        }
    }
    (escaped.len() != path.len(), escaped)
}
