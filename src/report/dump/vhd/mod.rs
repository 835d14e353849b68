//! VHD ("version 1"), one file a structure.

mod block_allocation_table;
mod dynamic_disk_header;
mod footer;
mod parent_locator;
mod sector_bitmap;

use std::io;

use crate::error::Error;
use crate::format::vhd::dynamic_disk_header as format;
use crate::image::Surveyed;
use crate::image::vhd::{Geometry, VhdSurvey};
use crate::units::{ByteLen, FileOffset};

use super::model::{Field, Value};
use super::{Dump, Part};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let wanted = dump.wanted;
    for part in Part::OF_VHD.into_iter().filter(|part| wanted.has(*part)) {
        match part {
            Part::Footer => footer::dump(dump, survey)?,
            Part::FooterCopy => footer::dump_copy(dump, survey)?,
            Part::DynamicHeader => dynamic_disk_header::dump(dump, survey)?,
            Part::Locator => parent_locator::dump(dump, survey)?,
            Part::Bat => block_allocation_table::dump(dump, survey)?,
            Part::Bitmaps => sector_bitmap::dump(dump, survey)?,
            Part::Identifier | Part::Header | Part::RegionTable | Part::Metadata | Part::Log => {}
        }
    }
    Ok(())
}

/// The sizes of the disk, or why what depends on them cannot be shown.
fn geometry(survey: &VhdSurvey) -> Result<&Geometry, Error> {
    match &survey.geometry {
        Some(Ok(geometry)) => Ok(geometry),
        Some(Err(error)) => Err(error.clone()),
        None => Err(survey
            .blockers
            .last()
            .cloned()
            .unwrap_or_else(|| Error::refused("", None, "the sizes of the disk are unknown"))),
    }
}

/// The dynamic disk header, or `None` after saying why there is nothing of the kind `name` to show.
fn header<'a>(
    dump: &mut Dump<'_>,
    survey: &'a VhdSurvey,
    name: &'static str,
) -> io::Result<Option<&'a Surveyed<format::DynamicDiskHeader>>> {
    match (&survey.header, &survey.footers.current) {
        (Some(found), _) => return Ok(Some(found)),
        (None, Err(error)) => dump.unreadable(name, error)?,
        (None, Ok(_)) => dump.absent(name, "none: the footer leads to no dynamic disk header")?,
    }
    Ok(None)
}

fn cookie(at: FileOffset, found: &[u8], wanted: &[u8]) -> Field {
    if found == wanted {
        Field::new(at, "Cookie", Value::Text(String::from_utf8_lossy(found).into_owned()))
    } else {
        let meaning = format!("wrong, should be \"{}\"", String::from_utf8_lossy(wanted));
        Field::new(at, "Cookie", Value::Bytes(found.to_vec())).meaning(meaning)
    }
}

/// Reserved bytes, which are only worth a line where they are not zero.
fn reserved(at: FileOffset, bytes: &[u8]) -> Option<Field> {
    let (place, byte) = bytes.iter().enumerate().find(|(_, byte)| **byte != 0)?;
    let field = Field::new(at.saturating_add(ByteLen::from(place)), "Reserved", Value::Hex((*byte).into()));
    Some(field.meaning("the first reserved byte that is not zero"))
}

fn checksum(at: FileOffset, stored: u32, computed: u32) -> Field {
    let meaning = if stored == computed { "right".to_owned() } else { format!("wrong, the bytes have {computed:#x}") };
    Field::new(at, "Checksum", Value::Hex(stored.into())).meaning(meaning)
}
