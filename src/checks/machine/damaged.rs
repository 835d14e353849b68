//! A configuration can be read in part.

use crate::checks::prelude::*;
use crate::vm::ProblemKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1002",
    name: "configuration-damaged",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The file ends too early, a table or the XML is damaged, both headers are, keys lead back to \
            themselves or have lost their parents, or a bound was reached. What could be read is shown. For \
            run-time state (.vmrs) it is a warning.",
        matters: "Windows may refuse the whole file. It may have named more disks than those that were found, so \
            that no disk in this scan is called unneeded without doubt.",
        harmless: "A copy that was cut short; the original may be sound.",
        todo: "Compare with the host's copy in the Virtual Machines Cache folder and with a backup. The vm command \
            with --keys shows what is left and with --history what its log still tells.",
        not_first: "Do not open a copy with the host's tools to see whether it works: they may write to it.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    super::problems(file, out, |kind| {
        matches!(
            kind,
            ProblemKind::Truncated
                | ProblemKind::NoValidHeader
                | ProblemKind::TableDamaged
                | ProblemKind::Cycle
                | ProblemKind::ParentMissing
                | ProblemKind::ValueUnreadable
                | ProblemKind::UnknownType
                | ProblemKind::XmlDamaged
                | ProblemKind::OverLimit
                | ProblemKind::Unreadable
        )
    });
}
