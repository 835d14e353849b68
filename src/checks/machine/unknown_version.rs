//! A configuration of a version that is not known.

use crate::checks::prelude::*;
use crate::vm::ProblemKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1006",
    name: "configuration-unknown-version",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The container says that its format is of a version newer than any that is known here. It was read by \
            the rules of the newest known one.",
        matters: "Keys may have been read wrongly or passed over, so that the machine may use disks that were not \
            found.",
        harmless: "A host of a newer Windows than this program.",
        todo: "Use a newer release of this program, and compare the disks with what the host shows.",
        not_first: "Do not rely on a verdict about the disks of this machine until they were compared.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    super::problems(file, out, |kind| kind == ProblemKind::UnknownVersion);
}
