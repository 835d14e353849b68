//! Parent and child are not of one size.

use crate::checks::prelude::*;
use crate::image::FileKind;
use crate::limits::MAX_VIRTUAL_SIZE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0809",
    name: "virtual-sizes-differ",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The virtual sizes of a differencing disk and of its parent differ.",
        matters: "For VHDX this is allowed: what lies behind the end of the parent reads as zeros. Several other \
            programs refuse such a chain or fail in the middle of it. For VHD (version 1) it is an error: Windows \
            gives 0xC03A0017.",
        harmless: "A disk that was resized while it had a checkpoint.",
        todo: "For VHDX nothing. For VHD restore the size of the parent.",
        not_first: "Do not resize the parent to make the sizes equal: every child would lose its link.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    let Some(parent) = file.parent().filter(|_| link.status.is_linked()) else {
        return;
    };
    let size = |found: &FoundFile| found.disk.as_ref().and_then(|disk| disk.virtual_size);
    let (Some(own), Some(other)) = (size(file.file), size(parent)) else { return };
    // A size that no disk has is found by itself.
    if own != other && [own, other].iter().all(|size| !size.is_zero() && *size <= MAX_VIRTUAL_SIZE) {
        let severity = if file.file.kind == FileKind::Vhd { Severity::Error } else { Severity::Info };
        let finding = out
            .finding("virtual disk size", format!("the virtual size is {own} bytes, and that of the parent {other}"))
            .severity(severity);
        let finding = super::item_place(finding, file.disk().and_then(|disk| disk.places.virtual_disk_size))
            .with("virtual_size_bytes", own)
            .with("parent_virtual_size_bytes", other);
        out.push(finding.see_file(parent, None, "the parent"));
    }
}
