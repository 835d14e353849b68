//! A version of the log that nobody has described.

use crate::checks::prelude::*;
use crate::format::vhdx::header::LOG_VERSION;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0301",
    name: "unknown-log-version",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The current header's LogVersion is not 0 (MS-VHDX 2.2.2).",
        matters: "With a log GUID set, the log has to be replayed and cannot be: the file is refused. Without one \
            the field has no effect, and the finding is for information only.",
        harmless: "Some writers put another number there while the log is not in use.",
        todo: "If the log has to be replayed, open the file with the program that wrote it. Otherwise nothing.",
        not_first: "Do not clear the log GUID to get past the check: changes that stand only in the log would be lost.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(header) = file.survey.header().filter(|header| header.log_version != LOG_VERSION) else { return };
    let Some(copy) = file.survey.headers.iter().find(|copy| copy.valid() == Some(header)) else { return };
    let (severity, effect) = if header.log_guid.is_nil() {
        (Severity::Info, "which has no effect while the log is not in use")
    } else {
        (Severity::Fatal, "and the log has to be replayed")
    };
    let finding = out
        .finding(copy.structure, format!("log version {} is unknown, {effect}", header.log_version))
        .severity(severity)
        .at(copy.at.saturating_add(ByteLen(64)), ByteLen(2))
        .with("found", u32::from(header.log_version))
        .with("expected", u32::from(LOG_VERSION));
    out.push(finding);
}
