//! `VHDX09xx`: the file as a whole, and who needs it.

pub(super) mod all_zero;
pub(super) mod appended;
pub(super) mod chain_without_checkpoint;
pub(super) mod changed;
pub(super) mod cut_in_headers;
pub(super) mod empty;
pub(super) mod merge_exceeds_free;
pub(super) mod misleading_name;
pub(super) mod not_a_disk;
pub(super) mod precreated;
pub(super) mod same_identity;
pub(super) mod stale_branch;
pub(super) mod unneeded;
pub(super) mod unreadable;
pub(super) mod unreferenced;

use crate::analysis::probe;
use crate::format::vhdx::ALIGNMENT;
use crate::image::vhdx::LogState;
use crate::units::{ByteLen, FileOffset, FileRange};

use super::prelude::VhdxFile;

/// The ranges of the file that nothing refers to; `None` where that cannot be said because a structure is unknown.
fn unreferenced(file: &VhdxFile<'_>) -> Option<impl Iterator<Item = FileRange>> {
    file.survey.header()?;
    // A BAT that a log should have changed says nothing about what is free.
    let is_current = file.survey.replayed || file.survey.log_state() == Some(LogState::Clean);
    let bat = file.bat().filter(|_| is_current)?;
    Some(bat.used.free(bat.anchored_space.as_ref()))
}

/// The part of a free range behind the file's last whole megabyte.
fn tail_of(range: FileRange) -> Option<FileRange> {
    let len = range.end().0 % ALIGNMENT.0;
    let start = FileOffset(range.end().0.saturating_sub(len));
    (len != 0).then_some(FileRange::new(start, ByteLen(len)))
}
