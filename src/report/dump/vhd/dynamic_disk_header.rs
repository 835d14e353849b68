//! Dynamic disk header.

use std::io;

use crate::format::vhd::dynamic_disk_header::{COOKIE, DynamicDiskHeader, HEADER_VERSION, SIZE, STRUCTURE};
use crate::image::vhd::VhdSurvey;
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::text;
use crate::units::{ByteLen, FileOffset, FileRange};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let Some(found) = super::header(dump, survey, STRUCTURE)? else { return Ok(()) };
    dump.open(&Structure::new(STRUCTURE, found.at, SIZE).state(found.state.describe()))?;
    match &found.parsed {
        Ok(header) => dump.fields(&fields(found.at, header))?,
        Err(error) => dump.problem(error)?,
    }
    dump.close(found.content().map(|_| FileRange::new(found.at, SIZE)))
}

fn fields(start: FileOffset, header: &DynamicDiskHeader) -> Vec<Field> {
    let at = |from: u64| start.saturating_add(ByteLen(from));
    let version = u32::from(header.header_version.major) << 16 | u32::from(header.header_version.minor);
    let known = if header.header_version == HEADER_VERSION { "" } else { ", unknown" };
    let stamp = match header.parent_time_stamp.0 {
        0 => "not given".to_owned(),
        _ => header.parent_time_stamp.to_timestamp().to_string(),
    };
    let name = Field::new(at(64), "ParentUnicodeName", Value::Text(header.parent_unicode_name.lossy()));
    let mut fields = vec![
        super::cookie(at(0), &header.cookie, &COOKIE),
        Field::new(at(8), "DataOffset", Value::Hex(header.data_offset.0)).meaning("not used"),
        Field::new(at(16), "TableOffset", Value::Hex(header.table_offset.0)).meaning("the block allocation table"),
        Field::new(at(24), "HeaderVersion", Value::Hex(version.into()))
            .meaning(format!("{}{known}", header.header_version)),
        Field::new(at(28), "MaxTableEntries", Value::Count(header.max_table_entries.into())),
        Field::new(at(32), "BlockSize", Value::Hex(header.block_size.0)).meaning(text::size(header.block_size)),
        super::checksum(at(36), header.checksum, header.computed_checksum),
        Field::new(at(40), "ParentUniqueId", Value::Guid(header.parent_unique_id.as_uuid()))
            .meaning(if header.parent_unique_id.is_zero() { "no parent" } else { "" }),
        Field::new(at(56), "ParentTimeStamp", Value::Count(header.parent_time_stamp.0.into())).meaning(stamp),
        Field::new(at(60), "Reserved", Value::Hex(header.reserved.into())),
        if header.parent_unicode_name.exact().is_some() { name } else { name.meaning("not valid UTF-16") },
    ];
    fields.extend(super::reserved(at(768), &header.reserved_at_end));
    fields
}
