//! A region that readers may pass over.

use crate::checks::prelude::*;
use crate::format::vhdx::region_table;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0210",
    name: "unknown-optional-region",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The region table lists a region with an unknown GUID that is not marked as required (MS-VHDX \
            2.2.3.2).",
        matters: "The virtual disk can be read without it. The region keeps something that only its writer \
            understands.",
        harmless: "A product that stores data of its own beside the disk.",
        todo: "Nothing. An examiner looks at its content: it is a place where data can be kept that no guest \
            sees.",
        not_first: "Do not convert the file if the region might matter; conversion leaves it behind.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(copy) = super::current(file) else { return };
    let unknown = copy.valid().into_iter().flat_map(|table| &table.entries).filter(|entry| !entry.is_required());
    for entry in unknown.filter(|entry| !matches!(entry.guid, region_table::BAT | region_table::METADATA)) {
        let finding = out
            .finding(copy.structure, format!("region {} is unknown and need not be known", entry.guid))
            .at(entry.at, ByteLen(32))
            .with("region", entry.guid)
            .with("region_offset", entry.file_offset)
            .with("region_bytes", entry.length);
        out.push(finding);
    }
}
