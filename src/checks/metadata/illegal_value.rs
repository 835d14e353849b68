//! A size of the disk is one that cannot be.

use crate::checks::prelude::*;
use crate::format::vhdx::metadata_items as items;
use crate::image::vhdx::ItemSurvey;
use crate::limits::{MAX_BLOCK, MAX_VIRTUAL_SIZE, MIN_BLOCK};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0608",
    name: "illegal-metadata-value",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "Block size is no power of two from 1 MiB to 256 MiB; or the virtual size is 0, no multiple of the \
            logical sector size, or over 64 TiB; or a sector size is neither 512 nor 4096; or an item is too short for \
            its value (MS-VHDX 2.6.2).",
        matters: "Every place in the file is computed from block size, virtual size and logical sector size. With \
            one of them wrong nothing can be read. The physical sector size does not matter for reading, but Windows \
            refuses the file.",
        harmless: "None known for files of Windows.",
        todo: "Take the right value from another file of the chain, from the machine's configuration or from a \
            backup. On a copy, the value that makes the BAT's length and the file system's own size fit is the right \
            one.",
        not_first: "Do not round the value to the next legal one and go on.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(metadata) = file.metadata() else { return };
    let item = |id| metadata.system_item(id);
    if let Some(parameters) = metadata.file_parameters() {
        let size = ByteLen(parameters.block_size.into());
        if !size.0.is_power_of_two() || !(MIN_BLOCK..=MAX_BLOCK).contains(&size) {
            let what = format!("block size {size} is not a power of two from 1 MiB to 256 MiB");
            illegal(out, item(items::FILE_PARAMETERS), what, size, Severity::Fatal);
        }
    }
    if let Some(size) = metadata.virtual_disk_size() {
        let sector = metadata.logical_sector_size().filter(|sector| matches!(sector.0, 512 | 4096));
        if size.is_zero() {
            illegal(out, item(items::VIRTUAL_DISK_SIZE), "virtual size is 0".to_owned(), size, Severity::Fatal);
        } else if let Some(sector) = sector.filter(|sector| !size.0.is_multiple_of(sector.0)) {
            let what = format!("virtual size {size} is not a multiple of the logical sector size {sector}");
            illegal(out, item(items::VIRTUAL_DISK_SIZE), what, size, Severity::Fatal);
        } else if size > MAX_VIRTUAL_SIZE {
            let what = format!("virtual size {size} is over 64 TiB");
            illegal(out, item(items::VIRTUAL_DISK_SIZE), what, size, Severity::Fatal);
        }
    }
    let sectors = [
        (items::LOGICAL_SECTOR_SIZE, "logical", metadata.logical_sector_size(), Severity::Fatal),
        (items::PHYSICAL_SECTOR_SIZE, "physical", metadata.physical_sector_size(), Severity::Error),
    ];
    for (id, name, size, severity) in sectors {
        if let Some(size) = size.filter(|size| !matches!(size.0, 512 | 4096)) {
            illegal(out, item(id), format!("{name} sector size {size} is neither 512 nor 4096"), size, severity);
        }
    }
    for short in metadata.items.iter().filter(|item| item.range.is_some() || item.entry.length == 0) {
        // The locator has findings of its own.
        if let (Err(error), true) = (&short.parsed, short.entry.item_id != items::PARENT_LOCATOR) {
            let what = format!("{} cannot be read: {}", super::name(short), error.reason());
            // No place in the file is computed from these two.
            let is_needed = !matches!(short.entry.item_id, items::VIRTUAL_DISK_ID | items::PHYSICAL_SECTOR_SIZE);
            let severity = if is_needed { Severity::Fatal } else { Severity::Error };
            out.push(super::place(out.finding("metadata table", what).severity(severity), short));
        }
    }
}

fn illegal(out: &mut Sink<'_>, item: Option<&ItemSurvey>, what: String, value: ByteLen, severity: Severity) {
    let Some((item, range)) = item.and_then(|item| Some((item, item.range?))) else { return };
    let name = items::name(item.entry.item_id).unwrap_or("metadata item");
    let width = if item.entry.item_id == items::VIRTUAL_DISK_SIZE { 8 } else { 4 };
    let finding = out.finding(name, what).severity(severity).at(range.start, ByteLen(width)).with("found_bytes", value);
    out.push(finding);
}
