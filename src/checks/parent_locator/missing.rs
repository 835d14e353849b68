//! The disk has a parent and does not say which.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0701",
    name: "parent-locator-missing",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The flag HasParent is set in the file parameters, and there is no parent locator (MS-VHDX \
            2.6.2.6).",
        matters: "The file holds only what differs from a parent that nobody can name. Blocks that are wholly in \
            this file can still be read.",
        harmless: "None known.",
        todo: "Find the parent by its virtual disk id, which is the same along a chain: candidates are listed. \
            Set it on a copy with Set-VHD -ParentPath.",
        not_first: "Do not clear HasParent to make the file open: what is not in it would then read as zeros.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(metadata) = file.metadata() else { return };
    let item = metadata.system_item(crate::format::vhdx::metadata_items::PARENT_LOCATOR);
    if file.has_parent() != Some(true) || item.is_some() {
        return;
    }
    let finding = out
        .finding("parent locator", "the disk has a parent, and there is no parent locator")
        .at(metadata.region.start, ByteLen(32))
        .with_some("virtual_disk_id", metadata.virtual_disk_id());
    out.push(finding);
}
