//! The name says that the file is something else than it is.

use crate::checks::prelude::*;
use crate::estate::is_automatic;
use crate::image::{DiskType, FileKind, KindBy};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0906",
    name: "misleading-file-name",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The extension of the file names another type than its content has. For information: a file named \
            .avhdx or .avhd that has no parent.",
        matters: "Windows goes by the extension and refuses the file, or treats it as what it is not. Scripts and \
            people delete or merge by extension.",
        harmless: "A checkpoint that was renamed to make it a disk of its own; the disk behind a VHD set, which is \
            named .avhdx and need not have a parent; a conversion that kept the name.",
        todo: "Find out from machine configurations and other disks who uses the file and under which name, and \
            name it for what it is.",
        not_first: "Do not rename a file that other disks or machines name by its present name.",
    },
    run: Run::File(run),
};

fn run(file: &FoundFile, out: &mut Sink<'_>) {
    let by_name = FileKind::of_name(&file.path);
    let disk_type = file.disk.as_deref().and_then(|disk| disk.disk_type);
    let has_parent = disk_type.is_none_or(|found| found == DiskType::Differencing);
    let (what, severity) = if file.kind_by == KindBy::Content && by_name != FileKind::Other && by_name != file.kind {
        (format!("the file is named as {} and is {}", by_name.name(), file.kind.name()), Severity::Warning)
    } else if !has_parent && is_automatic(&file.path) {
        ("the file is named as a checkpoint and has no parent".to_owned(), Severity::Info)
    } else {
        return;
    };
    let extension = file.path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let finding = out.finding("", what).severity(severity).with("extension", extension).with("kind", file.kind.name());
    out.push(finding.with_some("disk_type", disk_type.map(DiskType::name)));
}
