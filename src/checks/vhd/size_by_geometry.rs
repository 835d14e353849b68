//! Some programs see the disk shorter than it is.

use crate::checks::prelude::*;
use crate::format::vhd::footer;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1117",
    name: "vhd-size-by-geometry",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The size that cylinders, heads and sectors give is not the current size, and the creator is one \
            for which QEMU goes by the former.",
        matters: "Windows, Hyper-V and Azure, and this program, go by the current size. QEMU shows a shorter disk, \
            so that hashes and copies of the two differ.",
        harmless: "Every disk of Virtual PC or older QEMU whose size is no multiple of the geometry's unit.",
        todo: "Nothing. When a hash made with QEMU differs, hash the length that QEMU shows.",
        not_first: "Do not resize the disk for this.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let (Some(footer), Some(current)) = (file.survey.footer(), file.survey.footers.current()) else { return };
    let in_qemu = footer.size_in_qemu();
    if in_qemu != footer.current_size {
        let finding = out
            .finding(footer::STRUCTURE, format!("QEMU sees {in_qemu} bytes of the disk's {}", footer.current_size))
            .at(current.at.saturating_add(ByteLen(48)), ByteLen(12))
            .with("current_size_bytes", footer.current_size)
            .with("size_by_geometry_bytes", in_qemu);
        out.push(finding);
    }
}
