//! A disk of nothing but zeros.

use crate::checks::prelude::*;
use crate::limits::MAX_RESIDUE_PROBE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0903",
    name: "file-all-zero",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The file is named as a virtual disk, has no signature of one, and every byte that was looked at is \
            zero.",
        matters: "There is no disk in it. If it was one, its content has been overwritten or was never written to \
            the volume.",
        harmless: "Storage that lost its cache in a power failure while the length was recorded already. A file that \
            was extended for a copy that never came.",
        todo: "Restore the file from a backup, and look at the health of the storage: other files may be zero in \
            part.",
        not_first: "Do not repair or format what looks like an empty disk.",
    },
    run: Run::File(run),
};

use super::probe::{self, Probe};

fn run(file: &FoundFile, out: &mut Sink<'_>) {
    if let Some(looked_at) = all_zero(file) {
        let size = file.stamp.map(|stamp| stamp.size);
        let finding = out
            .finding("", "the file is named as a virtual disk and holds nothing but zeros")
            .with_some("file_bytes", size)
            .with("looked_at_bytes", looked_at);
        out.push(finding);
    }
}

/// How many bytes were looked at, if the file calls itself a disk, has no signature of one, and all of them are zero.
pub(super) fn all_zero(file: &FoundFile) -> Option<ByteLen> {
    let size = file.stamp?.size;
    if size.is_zero() {
        return None;
    }
    let mut probe = Probe::new(MAX_RESIDUE_PROBE);
    match probe::first_data(&**file.unrecognised.as_ref()?, FileRange::new(FileOffset::ZERO, size), &mut probe) {
        None => Some(probe.looked_at()),
        Some(_) => None,
    }
}
