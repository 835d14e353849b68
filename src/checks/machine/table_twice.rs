//! Two tables of a configuration bear one number.

use crate::checks::prelude::*;
use crate::vm::ProblemKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1007",
    name: "configuration-table-twice",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "Two key tables of the container have the same number; the one with the higher sequence number \
            counts.",
        matters: "The other one is an older state, which an examiner may want to see.",
        harmless: "The host makes a new table and then lets go of the old one; a copy taken in between has both.",
        todo: "Nothing; the vm command with --keys shows what counts.",
        not_first: "Do not take values of the older table for current ones.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    super::problems(file, out, |kind| kind == ProblemKind::TableTwice);
}
