//! A checksum of a configuration is wrong.

use crate::checks::prelude::*;
use crate::vm::ProblemKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1003",
    name: "configuration-checksum-wrong",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "A header of a table, an entry of one, or a key has a CRC-32 that is not that of its bytes. For \
            run-time state (.vmrs) it is a warning.",
        matters: "The value may be wrong: a path that leads to another disk, an id of another machine. Windows \
            refuses such a structure.",
        harmless: "A tool that edited the file and did not set the checksum.",
        todo: "Compare the value with a backup and with the host's copy. The vm command with --keys marks each key \
            whose checksum is wrong.",
        not_first: "Do not set the checksum right by hand: that makes a value valid that may be wrong.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    super::problems(file, out, |kind| kind == ProblemKind::BadChecksum);
}
