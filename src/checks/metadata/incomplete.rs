//! The file was never finished.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0609",
    name: "creation-interrupted",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The metadata holds the item that Windows puts in while it makes a file and takes out when it is \
            done (71cc85f0-1b69-4e28-9558-c3bf83ae75d3; not in MS-VHDX).",
        matters: "The creation of the disk, or a conversion into it, was broken off. Blocks that should be there may \
            be missing.",
        harmless: "A creation or conversion that is still under way.",
        todo: "Wait for it to end, or make the disk again from its source.",
        not_first: "Do not delete the source of the conversion.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(metadata) = file.metadata() else { return };
    let Some(item) = metadata.system_item(crate::format::vhdx::metadata_items::INCOMPLETE_FILE) else { return };
    let message = "the mark of a file that is still being made is set";
    let finding = super::place(out.finding("metadata table", message), item);
    out.push(finding);
}
