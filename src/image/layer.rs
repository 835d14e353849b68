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
//! A VHD knows only blocks that are there, with a bitmap of their sectors, and blocks that are not; what a clear bit
//! means is said in [`vhd::block_map`].
//!
//! A present block must lie behind the headers, in the file, and outside log, metadata and BAT; anything else is an
//! error, never zeros.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::ReadAt;
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::layout::{FormatLayout, Layout};
use super::run::{Content, Run};
use super::vhdx::runs::{VhdxRuns, structures};
use super::{Image, Survey, vhd};

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
    Vhd(VhdRuns),
}

/// The runs of a window of a VHD, found together.
#[derive(Debug)]
struct VhdRuns {
    view: Arc<dyn ReadAt>,
    geometry: vhd::Geometry,
    window: Vec<Run>,
}

/// Bytes of a VHD's window: its runs are at most one a sector, so the window stays small in memory.
const VHD_WINDOW: ByteLen = ByteLen::mib(64);

impl VhdRuns {
    /// The run that holds `at`, cut at the end of its window.
    fn find(&mut self, at: VirtualOffset, end: VirtualOffset) -> Result<Run> {
        let known =
            self.window.binary_search_by_key(&at, |run| run.range.start).unwrap_or_else(|next| next.saturating_sub(1));
        if let Some(run) = self.window.get(known).filter(|run| run.holds(at)) {
            return Ok(*run);
        }
        self.window.clear();
        let len = VirtualRange::between(at, end).len.min(VHD_WINDOW);
        vhd::block_map::runs(&*self.view, &self.geometry, at, len, |run| {
            let content = match run.place {
                vhd::block_map::Place::Data { file_offset } => Content::Data(file_offset),
                vhd::block_map::Place::Transparent => Content::Transparent,
                vhd::block_map::Place::Zero => Content::Absent,
            };
            self.window.push(Run { range: VirtualRange::new(run.start, run.len), content });
            Ok(())
        })?;
        let first = self.window.first().filter(|run| run.holds(at));
        first.copied().ok_or_else(|| Error::refused("", None, format!("nothing is known of virtual offset {at}")))
    }
}

impl Runs {
    /// The runs of an image, or the first reason why its virtual disk must not be read.
    pub fn new(image: &Image) -> Result<Self> {
        if let Some(blocker) = image.blockers().first() {
            return Err(blocker.clone().with_path(image.path()));
        }
        let view: Arc<dyn ReadAt> = Arc::clone(image.view());
        let unknown = || Error::refused("", None, "the sizes of the virtual disk are unknown");
        let of_vhd = |view, geometry| FormatRuns::Vhd(VhdRuns { view, geometry, window: Vec::new() });
        let format = match image.known_layout() {
            Some(Layout(FormatLayout::Vhdx { geometry, structures, ends })) => {
                FormatRuns::Vhdx(VhdxRuns::new(view, *geometry, Arc::clone(structures), *ends))
            }
            Some(Layout(FormatLayout::Vhd(geometry))) => of_vhd(view, *geometry),
            None => match image.survey() {
                Survey::Vhdx(survey) => {
                    let geometry = *survey.geometry().ok_or_else(unknown)?;
                    FormatRuns::Vhdx(VhdxRuns::new(view, geometry, structures(survey, &geometry).into(), None))
                }
                Survey::Vhd(survey) => of_vhd(view, *survey.geometry().ok_or_else(unknown)?),
            },
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
                    FormatRuns::Vhd(runs) => runs.find(at, end)?,
                };
                self.current = Some(run);
                run
            }
        };
        let run = run.from(at);
        Ok(Run { range: run.range.before(end), ..run })
    }
}
