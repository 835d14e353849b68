//! File type identifier (MS-VHDX 2.2.1).

use std::io;

use crate::format::vhdx::file_type_identifier::{OFFSET, SIGNATURE, SIZE, STRUCTURE};
use crate::image::vhdx::VhdxSurvey;
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::units::{ByteLen, FileOffset, FileRange};

const CREATOR_AT: FileOffset = OFFSET.saturating_add(ByteLen(8));

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    let found = match &survey.identifier {
        Ok(found) => found,
        Err(error) => return dump.unreadable(STRUCTURE, error),
    };
    dump.open(&Structure::new(STRUCTURE, OFFSET, SIZE))?;
    dump.field(&super::signature(OFFSET, &found.signature, &SIGNATURE))?;
    let creator = Field::new(CREATOR_AT, "Creator", Value::Text(found.creator.lossy()));
    dump.field(&match found.creator.exact() {
        Some(_) => creator,
        None => creator.meaning("not valid UTF-16"),
    })?;
    if found.creator.exact().is_none() {
        dump.field(&Field::new(CREATOR_AT, "Creator bytes", Value::Bytes(found.creator.bytes().to_vec())))?;
    }
    dump.close(Some(FileRange::new(OFFSET, SIZE)))
}
