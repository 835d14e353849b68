//! A region without which there is no disk is not listed.

use crate::checks::prelude::*;
use crate::format::vhdx::region_table;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0204",
    name: "region-missing",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The valid region table has no entry for the BAT or none for the metadata region (MS-VHDX 2.2.3.2).",
        matters: "The virtual disk cannot be read: its sizes or the places of its blocks are unknown.",
        harmless: "None known.",
        todo: "Compare the two copies of the table; when the other one lists both regions, use it. Else restore \
            from a backup.",
        not_first: "Do not add an entry by guess; a wrong place makes the file readable and its content wrong.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(copy) = super::current(file) else { return };
    let Some(table) = copy.valid() else { return };
    for (guid, name) in [(region_table::BAT, "BAT"), (region_table::METADATA, "metadata")] {
        if table.find(guid).is_none() {
            let finding = out
                .finding(copy.structure, format!("no entry for the {name} region"))
                .at(copy.at, ByteLen(16))
                .with("region", guid)
                .with("entries_count", table.entry_count);
            out.push(finding);
        }
    }
}
