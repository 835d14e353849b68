//! A kind of parent locator that nobody has described.

use crate::checks::prelude::*;
use crate::format::vhdx::{metadata_items, parent_locator};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0703",
    name: "unknown-locator-type",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The parent locator's type is not the one for VHDX parents, b04aefb7-d19e-4a81-b789-25b8e9445913 \
            (MS-VHDX 2.6.2.6.1), or it is too short to have one.",
        matters: "What its entries mean is unknown, so the parent cannot be named.",
        harmless: "A product that keeps parents elsewhere than in files.",
        todo: "Open the disk with the program that wrote it. The entries are in the dump of the file.",
        not_first: "Do not set the type by hand before the keys have been looked at.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    if file.has_parent() != Some(true) {
        return;
    }
    let item = file.metadata().and_then(|metadata| metadata.system_item(metadata_items::PARENT_LOCATOR));
    if let Some((item, Err(error))) = item.map(|item| (item, &item.parsed)) {
        let at = item.range.map_or(item.entry.at, |range| range.start);
        let finding = out
            .finding(parent_locator::STRUCTURE, "the parent locator cannot be read")
            .at(at, ByteLen(20))
            .with("reason", error.reason().to_string());
        out.push(finding);
    }
    let Some(locator) = file.locator() else { return };
    if locator.content.locator_type != parent_locator::VHDX_LOCATOR {
        let finding = out
            .finding(parent_locator::STRUCTURE, format!("locator type {} is unknown", locator.content.locator_type))
            .at(locator.range.start, ByteLen(16))
            .with("found", locator.content.locator_type)
            .with("expected", parent_locator::VHDX_LOCATOR);
        out.push(finding);
    }
}
