//! Both region tables are valid and do not say the same.

use crate::checks::prelude::*;
use crate::format::vhdx::region_table::{RegionTable, RegionTableEntry};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0203",
    name: "region-tables-differ",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "Both copies of the region table are valid, and their entries differ. MS-VHDX 2.2.3 has them hold \
            the same.",
        matters: "Windows and this program use the first copy. A program that uses the second one finds other \
            metadata or another BAT, that is, another disk in the same file.",
        harmless: "A crash between the writes of the two copies, while regions were being moved; no known writer \
            moves them after creation.",
        todo: "Compare both tables with what lies at the places they name: the metadata region starts with \
            \"metadata\". Make a new file from the one that is right.",
        not_first: "Do not overwrite either copy before both disks have been looked at; somebody may have hidden one \
            of them.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let [first, second] = file.survey.region_tables.as_slice() else { return };
    let (Some(a), Some(b)) = (first.valid(), second.valid()) else { return };
    if entries(a) == entries(b) {
        return;
    }
    let only_in = |table: &RegionTable, other: &RegionTable| {
        let others = entries(other);
        let own = table.entries.iter().filter(|entry| !others.contains(&facts(entry)));
        own.take(8)
            .map(|entry| format!("{} at {} of {:#x} bytes", entry.guid, entry.file_offset, entry.length))
            .collect()
    };
    let at = b.entries.iter().find(|entry| !entries(a).contains(&facts(entry))).map_or(second.at, |entry| entry.at);
    let only_first: Vec<String> = only_in(a, b);
    let only_second: Vec<String> = only_in(b, a);
    let finding = out
        .finding(second.structure, "the two region tables are valid and differ")
        .at(at, ByteLen(32))
        .with("only_in_region_table_1", only_first)
        .with("only_in_region_table_2", only_second)
        .see(file.path, Some(first.at), format!("{}, which is used", first.structure));
    out.push(finding);
}

type Facts = (uuid::Uuid, FileOffset, u32, u32);

fn facts(entry: &RegionTableEntry) -> Facts {
    (entry.guid, entry.file_offset, entry.length, entry.flags)
}

fn entries(table: &RegionTable) -> Vec<Facts> {
    table.entries.iter().map(facts).collect()
}
