//! One region is listed twice.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0208",
    name: "region-duplicated",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "Two entries of the region table have one GUID (MS-VHDX 2.2.3.2 has each GUID once).",
        matters: "Programs take the first or the last of them, and may so read different metadata or another BAT.",
        harmless: "None known.",
        todo: "Look at what lies at both places, and restore from a backup.",
        not_first: "Do not delete one of the entries before both places have been looked at; somebody may have hidden \
            a second disk.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(copy) = super::current(file) else { return };
    let Some(table) = copy.valid() else { return };
    if few_and_unlike(&table.entries, |one, two| one.guid == two.guid) {
        return;
    }
    let mut seen = std::collections::BTreeMap::new();
    for entry in &table.entries {
        let first = *seen.entry(entry.guid).or_insert(entry);
        if first.at != entry.at {
            let finding = out
                .finding(copy.structure, format!("the {} is listed more than once", super::name(entry)))
                .at(entry.at, ByteLen(32))
                .with("region", entry.guid)
                .with("region_offset", entry.file_offset)
                .see(file.path, Some(first.at), format!("first entry, for a region at {}", first.file_offset));
            out.push(finding);
        }
    }
}
