//! What one file says about each byte of the virtual disk, whichever format it has.
//!
//! This is the one place that decides what the block states mean for a reader:
//!
//! | state | differencing disk | any other disk |
//! |---|---|---|
//! | `NOT_PRESENT` | the parent's content | nothing was ever written: zeros ([`super::Content::Absent`]) |
//! | `UNDEFINED` | zeros, not the parent (MS-VHDX leaves the content open; every reader gives zeros) | zeros |
//! | `ZERO`, `UNMAPPED` | zeros, not the parent | zeros |
//! | `FULLY_PRESENT` | the file's bytes; the sector bitmap is not consulted | the file's bytes |
//! | `PARTIALLY_PRESENT` | the sector bitmap chooses | the file's bytes, as Microsoft's own reader takes it |
//! | 4, 5 (reserved) | an error | an error |
//!
//! A present block must lie behind the headers, in the file, and outside log, metadata and BAT; anything else is an
//! error, never zeros.

use std::sync::Arc;

use crate::error::Result;
use crate::source::ReadAt;
use crate::units::VirtualOffset;

use super::run::Run;
use super::vhdx::runs::VhdxRuns;
use super::{Image, Survey};

/// Walks the runs of one file. Holds the last piece of the BAT and the last sector bitmap it needed, so that going on
/// costs no read.
#[derive(Debug)]
pub struct Runs {
    format: FormatRuns,
    current: Option<Run>,
}

#[derive(Debug)]
enum FormatRuns {
    Vhdx(VhdxRuns),
}

impl Runs {
    /// The runs of an image, or the first reason why its virtual disk must not be read.
    pub fn new(image: &Image) -> Result<Self> {
        if let Some(blocker) = image.blockers().first() {
            return Err(blocker.clone().with_path(image.path()));
        }
        let view: Arc<dyn ReadAt> = Arc::clone(image.view());
        let format = match image.survey() {
            Survey::Vhdx(survey) => FormatRuns::Vhdx(VhdxRuns::new(view, survey)?),
        };
        Ok(Self { format, current: None })
    }

    /// The run that holds `at`, from `at` on, cut at `end` at the latest. `at` must lie on the virtual disk.
    pub fn at(&mut self, at: VirtualOffset, end: VirtualOffset) -> Result<Run> {
        let run = match self.current.filter(|run| run.holds(at)) {
            Some(run) => run,
            None => {
                let run = match &mut self.format {
                    FormatRuns::Vhdx(runs) => runs.find(at, end)?,
                };
                self.current = Some(run);
                run
            }
        };
        let run = run.from(at);
        Ok(Run { range: run.range.before(end), ..run })
    }
}
