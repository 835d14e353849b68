//! The log lies where none may lie.

use crate::checks::prelude::*;
use crate::format::vhdx::{ALIGNMENT, HEADER_SECTION};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0302",
    name: "log-misplaced",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The current header's LogOffset or LogLength is no multiple of 1 MiB, is zero, lies in the header \
            section, or the log reaches behind the end of the file (MS-VHDX 2.2.2).",
        matters: "If the log has to be replayed, it cannot be, and the content of the disk is unknown. If not, the \
            disk can be read, but Windows refuses the file because it could not write a log.",
        harmless: "None known for files of Windows. A file that was cut off can lose its log if it lies at the end.",
        todo: "Compare with the other header copy, which may name another place. Compare the file's length with \
            its original.",
        not_first: "Do not attach the file for writing.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(header) = file.survey.header() else { return };
    let Some(copy) = file.survey.headers.iter().find(|copy| copy.valid() == Some(header)) else { return };
    if file.is_cut_in_headers() {
        return;
    }
    let range = FileRange::new(header.log_offset, ByteLen(header.log_length.into()));
    let why = if range.len.is_zero() {
        "is empty"
    } else if range.start.0 < HEADER_SECTION.0 {
        "lies in the header section"
    } else if !range.start.0.is_multiple_of(ALIGNMENT.0) || !range.len.0.is_multiple_of(ALIGNMENT.0) {
        "does not lie on whole megabytes"
    } else if range.end().0 > file.survey.file_size.0 {
        "ends behind the end of the file"
    } else {
        return;
    };
    let finding = out
        .finding(copy.structure, format!("the log {why}"))
        .severity(if header.log_guid.is_nil() { Severity::Error } else { Severity::Fatal })
        .at(copy.at.saturating_add(ByteLen(68)), ByteLen(12))
        .with("log_offset", range.start)
        .with("log_bytes", range.len)
        .with("file_bytes", file.survey.file_size);
    out.push(finding);
}
