//! Parent and child count in different sectors.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0808",
    name: "sector-sizes-differ",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The logical sector sizes of a differencing disk and of its parent differ (512 and 4096).",
        matters: "A sector bitmap says for each of the child's sectors whose it is, and the guest addresses by \
            sectors: the chain cannot be read as one disk. Windows gives error 0xC03A001D.",
        harmless: "None known. Windows does not make such a chain.",
        todo: "Find out which of the two sizes was altered: the other files of the chain have the right one. \
            Otherwise the link is wrong.",
        not_first: "Do not edit the sector size to make the files fit before that is known.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    if !link.status.is_linked() {
        return;
    }
    let Some(parent) = file.parent() else { return };
    let size = |found: &FoundFile| found.disk.as_ref().and_then(|disk| disk.logical_sector_size);
    let (Some(own), Some(other)) = (size(file.file), size(parent)) else { return };
    // A size that no disk has is found by itself.
    if own != other && [own, other].iter().all(|size| matches!(size.0, 512 | 4096)) {
        let finding = out.finding(
            "logical sector size",
            format!("the logical sector size is {own} bytes, and that of the parent {other}"),
        );
        let finding = super::item_place(finding, file.disk().and_then(|disk| disk.places.logical_sector_size))
            .with("logical_sector_size_bytes", own)
            .with("parent_logical_sector_size_bytes", other)
            .with_some("parent_data_write_guid", link.found);
        out.push(finding.see_file(parent, None, "the parent"));
    }
}
