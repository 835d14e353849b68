//! A version of the format that nobody has described.

use crate::checks::prelude::*;
use crate::format::vhdx::header::VERSION;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0106",
    name: "unknown-format-version",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The current header's Version is not 1 (MS-VHDX 2.2.2).",
        matters: "A reader must not guess what another version means, so the file is refused.",
        harmless: "None known: no writer of another version exists.",
        todo: "Compare the header with the other copy and with a backup. If the checksum is right, the value was \
            written on purpose by something that is not Windows.",
        not_first: "Do not set the field to 1 to get past the check before it is known who wrote it.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(header) = file.survey.header().filter(|header| header.version != VERSION) else { return };
    let copy = file.survey.headers.iter().find(|copy| copy.valid() == Some(header));
    let Some(copy) = copy else { return };
    let finding = out
        .finding(copy.structure, format!("format version {} is unknown", header.version))
        .at(copy.at.saturating_add(ByteLen(66)), ByteLen(2))
        .with("found", u32::from(header.version))
        .with("expected", u32::from(VERSION));
    out.push(finding);
}
