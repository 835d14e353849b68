//! The flags of a metadata item are not those it must have.

use crate::checks::prelude::*;
use crate::format::vhdx::metadata_items as items;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0610",
    name: "metadata-flags-wrong",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "There are more than 1,024 user items, reserved bits are set, or \
            an item that every disk has bears the wrong mark IsVirtualDisk (MS-VHDX 2.6.1.2, 2.6.2).",
        matters: "The content can be read. Programs that check the flags, Windows among them, may refuse the file; \
            and a merge that takes the virtual disk's items over to the parent goes by them.",
        harmless: "A writer that is not Windows.",
        todo: "Convert the file, or have its writer corrected.",
        not_first: "Do not merge a chain with such a file without a backup.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    const MOST_USER_ITEMS: usize = 1024;
    let Some(metadata) = file.metadata() else { return };
    let user_items = metadata.items.iter().filter(|item| item.entry.is_user());
    if let Some(over) = user_items.clone().nth(MOST_USER_ITEMS) {
        let message = format!("{} user items are more than {MOST_USER_ITEMS}", user_items.count());
        let finding = super::place(out.finding("metadata table", message), over);
        out.push(finding);
    }
    for item in &metadata.items {
        let entry = &item.entry;
        let describes_disk = match entry.item_id {
            _ if entry.is_user() => None,
            items::FILE_PARAMETERS | items::PARENT_LOCATOR => Some(false),
            items::VIRTUAL_DISK_SIZE
            | items::VIRTUAL_DISK_ID
            | items::LOGICAL_SECTOR_SIZE
            | items::PHYSICAL_SECTOR_SIZE => Some(true),
            _ => None,
        };
        let why = if entry.flags >> 3 != 0 {
            "has reserved flags set"
        } else if describes_disk.is_some_and(|right| right != entry.is_virtual_disk()) {
            "has the wrong mark IsVirtualDisk"
        } else {
            continue;
        };
        let finding = super::place(out.finding("metadata table", format!("{} {why}", super::name(item))), item);
        out.push(finding.with("flags", format!("{:#x}", entry.flags)));
    }
}
