//! `scan --bundle FILE`: what was seen, in a file that `correlate` reads.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use crate::bundle::{self, About};
use crate::chain::absolute;
use crate::inspect::Inspection;
use crate::report::{RunFacts, text};

use super::Failure;

/// Where a scan writes down what it saw.
#[derive(Clone, Debug, Default, Args)]
pub struct BundleArgs {
    /// Also write what was seen into FILE, for vhdxray correlate: facts about files, disks and machines, and of
    /// what the disks hold no more than partition tables and labels; gzip over one line of JSON a file
    #[arg(long, value_name = "FILE.vxb", value_hint = ValueHint::FilePath)]
    bundle: Option<PathBuf>,
}

impl BundleArgs {
    /// Where the bundle goes.
    pub fn path(&self) -> Option<&Path> {
        self.bundle.as_deref()
    }

    /// Looks whether the bundle can be written at all, before a long run. Only another bundle is ever replaced, and
    /// nothing that lies in what is to be looked at.
    pub fn check(&self, looked_at: &[PathBuf]) -> Result<(), Failure> {
        let Some(path) = &self.bundle else { return Ok(()) };
        let fail = |why: &str| Failure::new(format!("--bundle {}: {why}", text::path(path)));
        if path.is_dir() {
            return Err(fail("is a folder"));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(fail(&format!("there is no folder {}", text::path(folder))));
        }
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        match bundle::is_bundle(path) {
            Ok(true) => {}
            Ok(false) => return Err(fail("is there already and is no bundle: it is not overwritten")),
            Err(error) => return Err(fail(&error.to_string())),
        }
        if looked_at.iter().any(|named| absolute(path).starts_with(absolute(named))) {
            return Err(fail("is there already and lies in what is to be looked at, of which nothing is overwritten"));
        }
        Ok(())
    }

    /// Writes the bundle, if one is wanted.
    pub fn write(&self, inspection: &Inspection, facts: &RunFacts) -> Result<(), Failure> {
        let Some(path) = &self.bundle else { return Ok(()) };
        let about =
            About { host: facts.host.clone(), started: facts.started, finished: facts.finished, as_of: facts.as_of };
        bundle::write(inspection, &about, path)
            .map_err(|error| Failure::new(format!("cannot write {}: {error}", text::path(path))))
    }
}
