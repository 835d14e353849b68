//! Neither header can be trusted.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0102",
    name: "no-valid-header",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "Both copies of the header, at 64 KiB and 128 KiB, have a wrong signature or a wrong checksum \
            (MS-VHDX 2.2.2).",
        matters: "The header says where the log lies and whether it has to be replayed. Without it nobody knows \
            whether the rest of the file is up to date, and the file's identity (DataWriteGuid) is lost, so that no \
            child can be linked to it.",
        harmless: "None known. Writers change one copy at a time, so that a crash leaves at least one whole.",
        todo: "Restore the file from a backup. Failing that, work on a copy: region tables, metadata and BAT may \
            be whole, and a header can be rebuilt from them when the log region shows no entry that still had to be \
            replayed.",
        not_first: "Do not write a fresh header over the old ones before the log has been looked at; a header without \
            log GUID discards whatever had to be replayed.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let [first, second] = &file.survey.headers;
    if first.valid().is_some() || second.valid().is_some() || file.is_cut_in_headers() {
        return;
    }
    let finding = out
        .finding(first.structure, "neither copy of the header is valid")
        .at(first.at, ByteLen(80))
        .with("header_1", first.state.describe())
        .with("header_2", second.state.describe())
        .see(file.path, Some(second.at), second.structure);
    out.push(finding);
}
