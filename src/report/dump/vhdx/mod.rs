//! VHDX, one file a structure.

mod bat;
mod file_type_identifier;
mod header;
mod log;
mod metadata;
mod parent_locator;
mod region_table;
mod sector_bitmap;

use std::io;

use crate::error::{Error, Result};
use crate::image::vhdx::{CopyState, Geometry, VhdxSurvey};
use crate::units::FileOffset;

use super::model::{Field, Value};
use super::{Dump, Part};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    let wanted = dump.wanted;
    for part in Part::OF_VHDX.into_iter().filter(|part| wanted.has(*part)) {
        match part {
            Part::Identifier => file_type_identifier::dump(dump, survey)?,
            Part::Header => header::dump(dump, survey)?,
            Part::RegionTable => region_table::dump(dump, survey)?,
            Part::Metadata => metadata::dump(dump, survey)?,
            Part::Locator => parent_locator::dump(dump, survey)?,
            Part::Log => log::dump(dump, survey)?,
            Part::Bat => bat::dump(dump, survey)?,
            Part::Bitmaps => sector_bitmap::dump(dump, survey)?,
            Part::Footer | Part::FooterCopy | Part::DynamicHeader => {}
        }
    }
    Ok(())
}

/// The sizes of the disk, or why what depends on them cannot be shown.
fn geometry(survey: &VhdxSurvey) -> Result<&Geometry, Error> {
    match (&survey.geometry, &survey.metadata, &survey.current_region_table) {
        (Some(Ok(geometry)), _, _) => Ok(geometry),
        (Some(Err(error)), _, _) | (None, Some(Err(error)), _) | (None, None, Err(error)) => Err(error.clone()),
        (None, _, _) => Err(Error::refused(
            "",
            None,
            "the region table names no metadata region, so the sizes of the disk are unknown",
        )),
    }
}

fn signature(at: FileOffset, found: &[u8], wanted: &[u8]) -> Field {
    if found == wanted {
        Field::new(at, "Signature", Value::Text(String::from_utf8_lossy(found).into_owned()))
    } else {
        let meaning = format!("wrong, should be \"{}\"", String::from_utf8_lossy(wanted));
        Field::new(at, "Signature", Value::Bytes(found.to_vec())).meaning(meaning)
    }
}

fn checksum(at: FileOffset, stored: u32, computed: u32) -> Field {
    let meaning = if stored == computed { "right".to_owned() } else { format!("wrong, the bytes have {computed:#x}") };
    Field::new(at, "Checksum", Value::Hex(stored.into())).meaning(meaning)
}

/// Whether a copy is valid, and whether it counts.
fn copy_state(state: CopyState, counts: Option<&str>) -> String {
    match counts {
        Some(why) => format!("{}, current: {why}", state.describe()),
        None => state.describe().to_owned(),
    }
}
