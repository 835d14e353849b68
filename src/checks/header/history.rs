//! The older header tells what the last update changed.

use std::fmt;

use crate::checks::prelude::*;
use crate::format::vhdx::header::Header;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0108",
    name: "header-history",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "Both headers are valid, and the older one names another identity, another log place or another \
            version than the current one.",
        matters: "Nothing is wrong. The older copy keeps the state before the last header update: an earlier \
            DataWriteGuid shows that the content was changed since, and by which GUID children of the earlier state \
            know this file.",
        harmless: "Every file that was closed right after its first write of a session, or that was copied while it \
            was open.",
        todo: "Nothing. When a child does not match this parent, compare the child's parent_linkage with the \
            earlier DataWriteGuid in the evidence.",
        not_first: "Do not write the older header's GUID back to make a child match: the content has changed in \
            between.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let [first, second] = &file.survey.headers;
    let (Some(a), Some(b)) = (first.valid(), second.valid()) else { return };
    let ((older, copy), newer) = match a.sequence_number.cmp(&b.sequence_number) {
        std::cmp::Ordering::Less => ((a, first), b),
        std::cmp::Ordering::Greater => ((b, second), a),
        std::cmp::Ordering::Equal => return,
    };
    let differing: Vec<String> =
        differences(older, newer).into_iter().filter(|field| !field.starts_with("LogGuid")).collect();
    if differing.is_empty() {
        return;
    }
    let finding = out
        .finding(copy.structure, "the older header keeps an earlier state of the file")
        .at(copy.at, ByteLen(80))
        .with("differing", differing)
        .with("older_sequence_number", older.sequence_number)
        .with("current_sequence_number", newer.sequence_number);
    out.push(finding);
}

/// The fields in which two headers differ, each with the older value first.
pub(super) fn differences(older: &Header, newer: &Header) -> Vec<String> {
    fn field<T: PartialEq + fmt::Display>(name: &str, older: &T, newer: &T) -> Option<String> {
        (older != newer).then(|| format!("{name} {older} -> {newer}"))
    }
    let fields = [
        field("FileWriteGuid", &older.file_write_guid, &newer.file_write_guid),
        field("DataWriteGuid", &older.data_write_guid, &newer.data_write_guid),
        field("LogGuid", &older.log_guid, &newer.log_guid),
        field("LogVersion", &older.log_version, &newer.log_version),
        field("Version", &older.version, &newer.version),
        field("LogLength", &older.log_length, &newer.log_length),
        field("LogOffset", &older.log_offset, &newer.log_offset),
    ];
    fields.into_iter().flatten().collect()
}
