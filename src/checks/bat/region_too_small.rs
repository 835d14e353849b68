//! The BAT has no room for the entries of the disk.

use crate::checks::prelude::*;
use crate::format::vhdx::bat;
use crate::image::vhdx::MetadataSurvey;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0401",
    name: "bat-region-too-small",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The BAT region is shorter than the entries that virtual size, block size and sector size ask for \
            (MS-VHDX 2.5).",
        matters: "The last blocks of the disk have no entry, so nobody can say where they are. Or one of the sizes \
            in the metadata is wrong, in which case every block is looked up in the wrong place.",
        harmless: "None known.",
        todo: "Compare the sizes in the metadata with a backup or with another file of the chain. If one of them \
            was altered, its old value makes the numbers fit again.",
        not_first: "Do not enlarge the region in the region table: what follows it in the file are not BAT entries.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(Err(error)) = &file.survey.geometry else { return };
    if error.structure() != bat::STRUCTURE {
        return;
    }
    let region = file.survey.region_table().and_then(|table| table.find(crate::format::vhdx::region_table::BAT));
    let Some(region) = region else { return };
    let metadata = file.metadata();
    let finding = out
        .finding(bat::STRUCTURE, "the BAT region is too small for the disk")
        .at(region.file_offset, ByteLen(bat::ENTRY_SIZE))
        .with("region_bytes", region.length)
        .with_some("virtual_size_bytes", metadata.and_then(MetadataSurvey::virtual_disk_size))
        .with_some("block_size_bytes", metadata.and_then(|metadata| Some(metadata.file_parameters()?.block_size)))
        .with("reason", error.reason().to_string());
    out.push(finding);
}
