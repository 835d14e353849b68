//! A region that every reader must know, and nobody knows.

use crate::checks::prelude::*;
use crate::format::vhdx::region_table;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0209",
    name: "unknown-required-region",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The region table lists a region with an unknown GUID and the flag Required (MS-VHDX 2.2.3.2).",
        matters: "Its writer says that the file must not be opened by anyone who does not know the region: reading \
            on would perhaps give wrong content. This program obeys.",
        harmless: "A newer version of Windows, or a product that extends the format.",
        todo: "Find out from the creator field and from where the file comes what wrote it, and open it with \
            that.",
        not_first: "Do not clear the flag to get at the content before you know what the region changes.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(copy) = super::current(file) else { return };
    let unknown = copy.valid().into_iter().flat_map(|table| &table.entries).filter(|entry| entry.is_required());
    for entry in unknown.filter(|entry| !matches!(entry.guid, region_table::BAT | region_table::METADATA)) {
        let finding = out
            .finding(copy.structure, format!("region {} is required and unknown", entry.guid))
            .at(entry.at, ByteLen(32))
            .with("region", entry.guid)
            .with("region_offset", entry.file_offset)
            .with("region_bytes", entry.length);
        out.push(finding);
    }
}
