//! The file changed while it was looked at.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0909",
    name: "changed-while-read",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The length of the file, or the time of its last write, was another one at the end of reading it \
            than at the start.",
        matters: "What was read may come from two states of the file. Other findings about it may be due to that \
            alone.",
        harmless: "A machine that is running on the disk.",
        todo: "Run again on a snapshot of the volume (VSS, or of the storage), or while the machine is off.",
        not_first: "Do not act on other findings of this file before that.",
    },
    run: Run::File(run),
};

fn run(file: &FoundFile, out: &mut Sink<'_>) {
    if file.changed_while_read {
        let finding = out.finding("", "the file changed while it was read");
        out.push(finding.with_some("file_bytes", file.stamp.map(|stamp| stamp.size)));
    }
}
