//! A metadata item lies where none may lie.

use crate::checks::prelude::*;
use crate::format::vhdx::metadata_table;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0607",
    name: "metadata-item-out-of-place",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "An item starts in the first 64 KiB of the metadata region, which belong to the table, or ends \
            behind the region, or is longer than 1 MiB (MS-VHDX 2.6.1.2).",
        matters: "The item is not read. If it is one that every disk has, nothing of the disk can be read.",
        harmless: "None known.",
        todo: "Compare the entry with a backup or another file of the chain.",
        not_first: "Do not enlarge the metadata region in the region table to make the item fit.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(metadata) = file.metadata() else { return };
    for item in &metadata.items {
        let entry = &item.entry;
        let end = u64::from(entry.offset).saturating_add(entry.length.into());
        let why = if entry.length == 0 {
            continue;
        } else if u64::from(entry.offset) < metadata_table::SIZE.0 {
            "lies in the metadata table"
        } else if end > metadata.region.len.0 {
            "ends behind the metadata region"
        } else if entry.length > 1 << 20 {
            "is longer than 1 MiB"
        } else {
            continue;
        };
        let finding = super::place(out.finding("metadata table", format!("{} {why}", super::name(item))), item);
        out.push(finding.with("region_bytes", metadata.region.len));
    }
}
