//! Parent locator (MS-VHDX 2.6.2.6).

use std::io;

use crate::format::text::Utf16Text;
use crate::format::vhdx::metadata_items::{self as items, MetadataItem};
use crate::format::vhdx::parent_locator::{ParentLocator, ParentLocatorEntry, STRUCTURE, VHDX_LOCATOR};
use crate::image::vhdx::VhdxSurvey;
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::units::{ByteLen, FileOffset, FileRange};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    let Some(metadata) = survey.metadata() else {
        return dump.absent(STRUCTURE, "unknown, for the metadata cannot be read");
    };
    let Some(item) = metadata.system_item(items::PARENT_LOCATOR) else {
        return dump.absent(STRUCTURE, "none in the metadata table");
    };
    match (&item.parsed, item.range) {
        (Ok(MetadataItem::ParentLocator(locator)), Some(range)) => {
            dump.open(&Structure::new(STRUCTURE, range.start, range.len))?;
            fields(dump, range, locator)?;
            dump.close(Some(range))
        }
        (Err(error), _) => dump.unreadable(STRUCTURE, error),
        (Ok(_), _) => dump.absent(STRUCTURE, "empty"),
    }
}

fn fields(dump: &mut Dump<'_>, range: FileRange, locator: &ParentLocator) -> io::Result<()> {
    let at = |from: u64| range.start.saturating_add(ByteLen(from));
    let known = if locator.locator_type == VHDX_LOCATOR { "a VHDX file" } else { "unknown" };
    dump.field(&Field::new(at(0), "LocatorType", Value::Guid(locator.locator_type)).meaning(known))?;
    let count = Field::new(at(18), "KeyValueCount", Value::Count(locator.key_value_count.into()));
    let room = locator.entries.len();
    let fits = room == usize::from(locator.key_value_count);
    dump.field(&if fits { count } else { count.meaning(format!("the item has room for {room}")) })?;
    for (entry, number) in locator.entries.iter().zip(0_u64..) {
        entry_fields(dump, range.start, number, entry)?;
    }
    Ok(())
}

fn entry_fields(dump: &mut Dump<'_>, item: FileOffset, number: u64, entry: &ParentLocatorEntry) -> io::Result<()> {
    let at = |from: u64| entry.at.saturating_add(ByteLen(from));
    let place = |offset: u32| item.saturating_add(ByteLen(offset.into()));
    let name = |field: &str| format!("Entry {number} {field}");
    let hex = |at, field, number: u32| Field::new(at, name(field), Value::Hex(number.into()));
    let count = |at, field, number: u16| Field::new(at, name(field), Value::Count(number.into()));
    let (key_at, value_at) = (place(entry.key_offset), place(entry.value_offset));
    dump.fields(&[
        hex(at(0), "KeyOffset", entry.key_offset).meaning(format!("at {key_at}")),
        hex(at(4), "ValueOffset", entry.value_offset).meaning(format!("at {value_at}")),
        count(at(8), "KeyLength", entry.key_length),
        count(at(10), "ValueLength", entry.value_length),
    ])?;
    text(dump, key_at, &name("Key"), entry.key.as_ref())?;
    text(dump, value_at, &name("Value"), entry.value.as_ref())
}

/// A text, and its bytes too where it is not valid UTF-16.
fn text(dump: &mut Dump<'_>, at: FileOffset, name: &str, found: Option<&Utf16Text>) -> io::Result<()> {
    let Some(found) = found else {
        return dump.note(format!("{name} does not lie inside the item"));
    };
    let field = Field::new(at, name.to_owned(), Value::Text(found.lossy()));
    if found.exact().is_some() {
        return dump.field(&field);
    }
    dump.field(&field.meaning("not valid UTF-16"))?;
    dump.field(&Field::new(at, format!("{name} bytes"), Value::Bytes(found.bytes().to_vec())))
}
