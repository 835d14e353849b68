//! `VHDX09xx`: the file as a whole.

pub(super) mod all_zero;
pub(super) mod appended;
pub(super) mod changed;
pub(super) mod cut_in_headers;
pub(super) mod empty;
pub(super) mod misleading_name;
pub(super) mod not_a_disk;
mod probe;
pub(super) mod unreadable;
pub(super) mod unreferenced;

use crate::estate::FoundFile;
use crate::image::KindBy;
use crate::units::FileRange;

use super::prelude::VhdxFile;

/// Whether the file calls itself a disk and nothing in it says so.
fn is_only_named(file: &FoundFile) -> bool {
    file.is_image() && file.kind_by == KindBy::Name
}

/// The ranges of the file that nothing refers to; `None` where that cannot be said because a structure is unknown.
fn unreferenced(file: &VhdxFile<'_>) -> Option<impl Iterator<Item = FileRange>> {
    file.survey.header()?;
    let bat = file.bat()?;
    Some(bat.used.free(bat.anchored_space.as_ref()))
}
