//! Two valid headers claim to be the same update and say different things.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0105",
    name: "header-sequence-conflict",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "Both copies of the header are valid and have the same sequence number, and they differ (MS-VHDX \
            2.2.2). Two identical copies with one number are no finding: Disk2vhd writes them so.",
        matters: "Nothing says which of the two counts, and programs choose differently.",
        harmless: "None known. It takes a tool that rewrote one copy without counting up.",
        todo: "Work on two copies of the file, each with one of the headers, and compare what they show. The \
            fields that differ are in the evidence.",
        not_first: "Do not attach the original for writing: the next update overwrites one of the two.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let [first, second] = &file.survey.headers;
    let (Some(a), Some(b)) = (first.valid(), second.valid()) else { return };
    if a.sequence_number != b.sequence_number || a == b {
        return;
    }
    let mut differing = super::history::differences(a, b);
    if differing.is_empty() {
        differing.push("reserved bytes".to_owned());
    }
    let finding = out
        .finding(second.structure, "both headers are valid with one sequence number and differ")
        .at(second.at, ByteLen(80))
        .with("sequence_number", a.sequence_number)
        .with("differing", differing)
        .see(file.path, Some(first.at), first.structure);
    out.push(finding);
}
