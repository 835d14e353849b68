//! What `Get-VHD` prints, under its names and in its order.

use std::io;

use crate::chain::FileNo;
use crate::estate::FoundFile;
use crate::image::{DiskType, Image};
use crate::inspect::Inspection;
use crate::report::text;
use crate::units::ByteLen;

use super::sheet::Sheet;

pub(super) fn section(
    sheet: &mut Sheet<'_>,
    inspection: &Inspection,
    number: FileNo,
    file: &FoundFile,
    image: &Image,
) -> io::Result<()> {
    sheet.section("As Get-VHD shows it")?;
    sheet.row("Path", text::path(&file.path))?;
    let others: Vec<String> = file.other_paths.iter().map(|path| text::path(path)).collect();
    sheet.list("Other paths", &others)?;
    sheet.row("VhdFormat", file.kind.name().to_uppercase())?;
    let disk = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    let size = |value: Option<ByteLen>| disk(value.map(text::exact_size));
    let plain = |value: Option<ByteLen>| disk(value.map(|value| value.to_string()));
    sheet.row("VhdType", disk(image.disk_type().map(|of| capital(of.name()))))?;
    sheet.row("FileSize", size(file.stamp.map(|stamp| stamp.size)))?;
    sheet.row("Size", size(image.virtual_size()))?;
    sheet.row("MinimumSize", "unknown: it follows from the guest's partitions, which are not read")?;
    sheet.row("LogicalSectorSize", plain(image.logical_sector_size()))?;
    sheet.row("PhysicalSectorSize", plain(image.physical_sector_size()))?;
    let no_blocks = image.as_vhd().is_some() && image.disk_type() == Some(DiskType::Fixed);
    sheet.row("BlockSize", if no_blocks { "none".to_owned() } else { size(image.block_size()) })?;
    if image.disk_type() == Some(DiskType::Differencing) {
        sheet.row("ParentPath", parent_path(inspection, number, image))?;
    }
    let of_vhd = image.as_vhd().and_then(|survey| Some(survey.footer()?.unique_id.as_windows_guid()));
    sheet.row("DiskIdentifier", disk(image.virtual_disk_id().or(of_vhd).map(|id| id.to_string())))?;
    sheet.row("FragmentationPercentage", "left out: how Windows counts it is not published; see Blocks for pieces")?;
    if image.as_vhdx().is_some() {
        sheet.row("Alignment", "1: blocks lie at multiples of 1 MiB in the file")?;
    }
    sheet.row("Left out", "Attached, DiskNumber, Number, ComputerName: only a running host knows them")
}

/// What there is to say of a file that is no disk, or none that is read.
pub(super) fn of_no_disk(sheet: &mut Sheet<'_>, file: &FoundFile) -> io::Result<()> {
    sheet.section("File")?;
    sheet.row("Path", text::path(&file.path))?;
    sheet.row("Kind", file.kind.name())?;
    sheet.optional("FileSize", file.stamp.map(|stamp| text::exact_size(stamp.size)))
}

/// The linked parent, else what the file says of it.
fn parent_path(inspection: &Inspection, number: FileNo, image: &Image) -> String {
    let link = inspection.link(number);
    let linked = link.filter(|link| link.status.is_linked()).and_then(|link| inspection.file(link.parent?));
    if let Some(parent) = linked {
        return text::path(&parent.path);
    }
    let recorded = image.parent_reference().and_then(Result::ok);
    match recorded.and_then(|reference| reference.hints.into_iter().next_back()) {
        Some(hint) => format!("{} (as recorded; not linked)", text::printable(&hint.path)),
        None => "unknown".to_owned(),
    }
}

pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
