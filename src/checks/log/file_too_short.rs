//! The file is shorter than it was when its last log entry was written.

use crate::checks::prelude::*;
use crate::image::vhdx::LogFault;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0308",
    name: "file-shorter-than-flushed",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The head of the log's sequence says that the file had at least FlushedFileOffset bytes on stable \
            storage, and it has fewer (MS-VHDX 2.3.1.1).",
        matters: "The file has been cut off. Blocks are missing that no replay brings back.",
        harmless: "A copy or download that stopped early, or a copy made by a tool that took the length before the \
            content.",
        todo: "Copy the file again from its source. The evidence says how many bytes are missing at least.",
        not_first: "Do not extend the file with zeros and replay the log.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(log) = file.survey.log.as_ref().filter(|log| log.fault == Some(LogFault::FileTooShort)) else { return };
    let Some(crate::ErrorKind::Truncated { needed, available }) = log.problem.as_ref().map(crate::Error::kind) else {
        return;
    };
    let message = format!("the log says that the file had at least {needed} bytes, and it has {available}");
    let finding = out
        .finding("log", message)
        .in_range(log.range)
        .with("flushed_file_bytes", *needed)
        .with("file_bytes", *available)
        .with("missing_bytes", needed.saturating_sub(*available));
    out.push(finding);
}
