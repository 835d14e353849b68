//! One of the two headers of a configuration is damaged.

use crate::checks::prelude::*;
use crate::vm::ProblemKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1005",
    name: "configuration-header-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "One copy of the container's header has a wrong signature or checksum; the other one is used.",
        matters: "Everything can be read. The second copy is there for a write that was cut short, and is now the \
            only one.",
        harmless: "A loss of power while the header was written.",
        todo: "Copy the file and let the host load and save the machine: it writes the other copy anew.",
        not_first: "Do not overwrite one copy with the other by hand.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    super::problems(file, out, |kind| kind == ProblemKind::HeaderDamaged);
}
