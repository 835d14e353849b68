//! Parent locators: their entries in the dynamic disk header, and the data these point at.

use std::io;

use crate::format::vhd::parent_locator::{ENTRY_SIZE, ParentLocatorEntry, STRUCTURE};
use crate::image::vhd::{LocatorSurvey, VhdSurvey};
use crate::limits;
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::text;
use crate::units::ByteLen;

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdSurvey) -> io::Result<()> {
    if super::header(dump, survey, STRUCTURE)?.is_none() {
        return Ok(());
    }
    if survey.locators.is_empty() {
        return dump.absent(STRUCTURE, "no entry is in use");
    }
    survey.locators.iter().try_for_each(|locator| one(dump, locator))
}

fn one(dump: &mut Dump<'_>, locator: &LocatorSurvey) -> io::Result<()> {
    let entry = &locator.entry;
    let code = String::from_utf8_lossy(&entry.platform_code.code()).into_owned();
    let name = format!("{STRUCTURE} {}", text::printable(code.trim_end()));
    dump.open(&Structure::new(name, entry.at, ENTRY_SIZE))?;
    dump.fields(&fields(entry, code))?;
    match &locator.data {
        Err(error) => dump.problem(error)?,
        Ok(data) => {
            if let Some(text) = &data.text {
                let field = Field::new(entry.platform_data_offset, "Data", Value::Text(text.clone()));
                dump.field(&if data.exact { field } else { field.meaning("not valid text as a whole") })?;
            }
            if !data.exact {
                let shown = limits::MAX_HEX_VALUE.to_usize().unwrap_or_default();
                let bytes = data.raw.get(..shown).unwrap_or(&data.raw).to_vec();
                let cut = if bytes.len() < data.raw.len() { "the first bytes of it" } else { "" };
                dump.field(&Field::new(entry.platform_data_offset, "Data bytes", Value::Bytes(bytes)).meaning(cut))?;
            }
        }
    }
    dump.close(locator.data.is_ok().then(|| entry.data()))
}

fn fields(entry: &ParentLocatorEntry, code: String) -> [Field; 5] {
    let at = |from: u64| entry.at.saturating_add(ByteLen(from));
    [
        Field::new(at(0), "PlatformCode", Value::Text(code)),
        Field::new(at(4), "PlatformDataSpace", Value::Hex(entry.platform_data_space.into()))
            .meaning(format!("room for {}", text::size(entry.room().len))),
        Field::new(at(8), "PlatformDataLength", Value::Count(entry.platform_data_length.into())),
        Field::new(at(12), "Reserved", Value::Hex(entry.reserved.into())),
        Field::new(at(16), "PlatformDataOffset", Value::Hex(entry.platform_data_offset.0)),
    ]
}
