//! Neither region table can be trusted.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0201",
    name: "no-valid-region-table",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "Both copies of the region table, at 192 KiB and 256 KiB, have a wrong signature, a wrong checksum \
            or an impossible entry count (MS-VHDX 2.2.3).",
        matters: "The region table is the only thing that says where metadata and BAT lie. Without it nothing of the \
            virtual disk can be found the regular way.",
        harmless: "None known; the table is hardly ever written after creation.",
        todo: "Restore from a backup. Failing that, work on a copy: the metadata region starts with \"metadata\" \
            on a whole megabyte, usually the second or third, and the BAT lies on another; a table with these two can \
            be rebuilt.",
        not_first: "Do not copy the region table of another file over it unless both were made by the same program \
            with the same size and block size.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let [first, second] = file.survey.region_tables.as_slice() else { return };
    if first.valid().is_some() || second.valid().is_some() || file.is_cut_in_headers() {
        return;
    }
    let finding = out
        .finding(first.structure, "neither copy of the region table is valid")
        .at(first.at, ByteLen(16))
        .with("region_table_1", first.state.describe())
        .with("region_table_2", second.state.describe())
        .see(file.path, Some(second.at), second.structure);
    out.push(finding);
}
