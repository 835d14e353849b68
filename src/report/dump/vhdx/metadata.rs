//! The metadata table (MS-VHDX 2.6.1) and its items (MS-VHDX 2.6.2).

use std::io;

use crate::error::Error;
use crate::format::vhdx::metadata_items::{self as items, MetadataItem};
use crate::format::vhdx::metadata_table::{MetadataTableEntry, SIGNATURE, SIZE, STRUCTURE};
use crate::image::vhdx::{ItemSurvey, MetadataSurvey, VhdxSurvey};
use crate::limits;
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::dump::{Dump, Part};
use crate::report::text;
use crate::units::{ByteLen, FileOffset, FileRange};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    match (&survey.metadata, &survey.current_region_table) {
        (Some(Ok(metadata)), _) => {
            table(dump, metadata)?;
            // The locator has a part of its own.
            let apart = |item: &&ItemSurvey| {
                !dump.wanted.has(Part::Locator) || item.entry.is_user() || item.entry.item_id != items::PARENT_LOCATOR
            };
            let items: Vec<&ItemSurvey> = metadata.items.iter().filter(apart).collect();
            items.into_iter().try_for_each(|item| item_structure(dump, item))
        }
        (Some(Err(error)), _) | (None, Err(error)) => dump.unreadable(STRUCTURE, error),
        (None, Ok(_)) => {
            dump.unreadable(STRUCTURE, &Error::refused("", None, "the region table names no metadata region"))
        }
    }
}

fn table(dump: &mut Dump<'_>, metadata: &MetadataSurvey) -> io::Result<()> {
    let start = metadata.region.start;
    let region = format!("in a region of {}", text::size(metadata.region.len));
    dump.open(&Structure::new(STRUCTURE, start, SIZE).state(region))?;
    let at = |from: u64| start.saturating_add(ByteLen(from));
    dump.field(&super::signature(at(0), &metadata.table.signature, &SIGNATURE))?;
    dump.field(&Field::new(at(10), "EntryCount", Value::Count(metadata.table.entry_count.into())))?;
    for (entry, number) in metadata.table.entries.iter().zip(0..) {
        dump.fields(&entry_fields(number, entry, start))?;
    }
    dump.close(Some(FileRange::new(start, SIZE)))
}

fn entry_fields(number: u64, entry: &MetadataTableEntry, region: FileOffset) -> [Field; 4] {
    let at = |from: u64| entry.at.saturating_add(ByteLen(from));
    let name = |field: &str| format!("Entry {number} {field}");
    let place = match entry.length {
        0 => "empty".to_owned(),
        _ => format!("at {}", region.saturating_add(ByteLen(entry.offset.into()))),
    };
    [
        Field::new(at(0), name("ItemId"), Value::Guid(entry.item_id)).meaning(item_name(entry)),
        Field::new(at(16), name("Offset"), Value::Hex(entry.offset.into())).meaning(place),
        Field::new(at(20), name("Length"), Value::Hex(entry.length.into()))
            .meaning(text::size(ByteLen(entry.length.into()))),
        Field::new(at(24), name("Flags"), Value::Hex(entry.flags.into())).meaning(flags(entry)),
    ]
}

fn item_name(entry: &MetadataTableEntry) -> &'static str {
    match (entry.is_user(), items::name(entry.item_id)) {
        (true, _) => "user item",
        (false, Some(name)) => name,
        (false, None) => "unknown item",
    }
}

fn flags(entry: &MetadataTableEntry) -> String {
    let owner = if entry.is_user() { "user" } else { "system" };
    let of = if entry.is_virtual_disk() { "virtual disk" } else { "file" };
    let required = if entry.is_required() { "required" } else { "optional" };
    let reserved = if entry.flags & !7 == 0 { "" } else { ", reserved bits set" };
    format!("{owner}, of the {of}, {required}{reserved}")
}

fn item_structure(dump: &mut Dump<'_>, item: &ItemSurvey) -> io::Result<()> {
    let structure = match item.range {
        Some(range) => Structure::new(item_name(&item.entry), range.start, range.len),
        None => Structure::nowhere(item_name(&item.entry)).state("empty"),
    };
    dump.open(&structure)?;
    match &item.parsed {
        Err(error) => dump.problem(error)?,
        Ok(parsed) => {
            if let Some(range) = item.range {
                item_fields(dump, range, parsed)?;
            }
        }
    }
    dump.close(item.range)
}

fn item_fields(dump: &mut Dump<'_>, range: FileRange, parsed: &MetadataItem) -> io::Result<()> {
    let at = range.start;
    let sector = |name, size: u32| {
        let known = matches!(size, 512 | 4096);
        Field::new(at, name, Value::Count(size.into())).meaning(if known { "" } else { "neither 512 nor 4096" })
    };
    match parsed {
        MetadataItem::FileParameters(parameters) => dump.fields(&[
            Field::new(at, "BlockSize", Value::Hex(parameters.block_size.into()))
                .meaning(text::size(ByteLen(parameters.block_size.into()))),
            Field::new(at.saturating_add(ByteLen(4)), "Flags", Value::Hex(parameters.flags.into())).meaning(format!(
                "LeaveBlockAllocated {}, HasParent {}{}",
                u8::from(parameters.leave_blocks_allocated()),
                u8::from(parameters.has_parent()),
                if parameters.flags & !3 == 0 { "" } else { ", reserved bits set" }
            )),
        ]),
        MetadataItem::VirtualDiskSize(size) => {
            dump.field(&Field::new(at, "VirtualDiskSize", Value::Hex(size.0)).meaning(text::exact_size(*size)))
        }
        MetadataItem::VirtualDiskId(id) => dump.field(&Field::new(at, "VirtualDiskId", Value::Guid(*id))),
        MetadataItem::LogicalSectorSize(size) => dump.field(&sector("LogicalSectorSize", *size)),
        MetadataItem::PhysicalSectorSize(size) => dump.field(&sector("PhysicalSectorSize", *size)),
        MetadataItem::ParentLocator(locator) => {
            dump.note(format!("{} entries; see the structure 'locator'", locator.key_value_count))
        }
        _ => opaque(dump, range),
    }
}

/// The first bytes of an item that this program does not interpret.
fn opaque(dump: &mut Dump<'_>, range: FileRange) -> io::Result<()> {
    let shown = range.len.min(limits::MAX_HEX_VALUE);
    match dump.view.read_vec("metadata item", range.start, shown) {
        Ok(bytes) => {
            let field = Field::new(range.start, "Bytes", Value::Bytes(bytes));
            let part = format!("the first {shown} of {}", range.len);
            dump.field(&if shown < range.len { field.meaning(part) } else { field })
        }
        Err(error) => dump.problem(&error),
    }
}
