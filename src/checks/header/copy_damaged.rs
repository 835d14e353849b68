//! One header cannot be trusted; the other can and is at least as new as far as anyone can tell.

use super::newer_damaged;
use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0103",
    name: "header-copy-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "One of the two copies of the header has a wrong signature or checksum, the other is valid (MS-VHDX \
            2.2.2).",
        matters: "The valid copy is used and the content is as it should be. But the file has lost its spare: the \
            next crash while the remaining copy is written leaves none.",
        harmless: "A bad sector, or a tool that edited one copy. An update cut off by a power failure looks like this \
            too, when the damaged copy can no longer tell its sequence number.",
        todo: "Attach the disk once on Windows, or open it for writing with any other program: the next header \
            update rewrites the damaged copy. Then look at the health of the storage.",
        not_first: "Do not patch the checksum of the damaged copy: that makes bytes valid that may be wrong.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let headers = &file.survey.headers;
    let Some((bad, good)) = newer_damaged::pair(headers) else { return };
    if newer_damaged::is_newer(bad, good) || file.is_cut_in_headers() {
        return;
    }
    let message = format!("{} {}; {} is used", bad.structure, bad.state.predicate(), good.structure);
    let finding = newer_damaged::describe(out.finding(bad.structure, message), file.path, bad, good);
    out.push(finding);
}
