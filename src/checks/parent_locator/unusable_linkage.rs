//! The disk does not say by what to know its parent.

use crate::checks::prelude::*;
use crate::format::text::Utf16Text;
use crate::format::vhdx::parent_locator::{PARENT_LINKAGE, STRUCTURE, VHDX_LOCATOR};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0704",
    name: "parent-linkage-unusable",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The parent locator has no key parent_linkage, or its value is no GUID (MS-VHDX 2.6.2.6.3). Keys \
            are compared letter by letter.",
        matters: "A parent is proved by its DataWriteGuid, and here is none to compare with. Windows refuses the \
            chain. Programs that go by paths alone open it with whatever lies there.",
        harmless: "None known for files of Windows.",
        todo: "Find the parent by its virtual disk id and by the recorded paths, and check by its content that it \
            is the right one. Then set it on a copy with Set-VHD -ParentPath -IgnoreIdMismatch.",
        not_first: "Do not set a parent with -IgnoreIdMismatch that has not been proved: a wrong one mixes two disks.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(locator) = file.locator().filter(|_| file.has_parent() == Some(true)) else { return };
    if locator.content.locator_type != VHDX_LOCATOR || locator.content.guid(PARENT_LINKAGE).is_some() {
        return;
    }
    let entries = &locator.content.entries;
    let keys: Vec<String> = entries.iter().filter_map(|entry| entry.key.as_ref().map(Utf16Text::lossy)).collect();
    let finding = match locator.entry(PARENT_LINKAGE) {
        Some(entry) if entry.value.is_none() => {
            out.finding(STRUCTURE, "the value of parent_linkage lies outside the locator").at(entry.at, ByteLen(12))
        }
        Some(entry) => out
            .finding(STRUCTURE, "the value of parent_linkage is no GUID")
            .in_range(locator.value_range(entry))
            .with_some("found", entry.value.as_ref().map(Utf16Text::lossy)),
        None => out.finding(STRUCTURE, "the required key parent_linkage is missing").in_range(locator.range),
    };
    out.push(finding.with("keys", keys));
}
