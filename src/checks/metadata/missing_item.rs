//! A metadata item that every disk has is not there.

use crate::checks::prelude::*;
use crate::format::vhdx::metadata_items as items;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0602",
    name: "required-item-missing",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The metadata table does not list one of the items that every file has: file parameters, virtual \
            disk size, virtual disk id, logical and physical sector size (MS-VHDX 2.6.2).",
        matters: "Without block size, virtual size or logical sector size nothing can be read. Without the virtual \
            disk id or the physical sector size the disk can be read, but Windows refuses the file.",
        harmless: "Some writers leave out the last two.",
        todo: "Take the missing value from another file of the chain or from a backup, and put it in on a copy.",
        not_first: "Do not guess the block size.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(metadata) = file.metadata() else { return };
    let needed = [
        (items::FILE_PARAMETERS, Severity::Fatal),
        (items::VIRTUAL_DISK_SIZE, Severity::Fatal),
        (items::LOGICAL_SECTOR_SIZE, Severity::Fatal),
        (items::VIRTUAL_DISK_ID, Severity::Error),
        (items::PHYSICAL_SECTOR_SIZE, Severity::Error),
    ];
    for (id, severity) in needed {
        if metadata.system_item(id).is_none() {
            let name = items::name(id).unwrap_or("metadata item");
            let finding = out
                .finding("metadata table", format!("the item {name} is missing"))
                .severity(severity)
                .at(metadata.region.start, ByteLen(32))
                .with("item", id)
                .with("entries_count", u32::from(metadata.table.entry_count));
            out.push(finding);
        }
    }
}
