//! The chain from the file to its base, and its children.

use std::io;
use std::path::Path;

use crate::chain::FileNo;
use crate::estate::FoundFile;
use crate::image::vhdx::LogState;
use crate::image::{DiskType, Image};
use crate::inspect::{ChainStatus, Inspection};
use crate::report::{Paint, text};
use crate::units::ByteLen;

use super::sheet::{Cell, Sheet};

pub(super) fn section(sheet: &mut Sheet<'_>, inspection: &Inspection, number: FileNo) -> io::Result<()> {
    let Some(file) = inspection.file(number).filter(|file| file.is_image()) else { return Ok(()) };
    let chain = inspection.chain(number);
    sheet.section("Chain")?;
    let paint = if chain.status == ChainStatus::Complete { Paint::Good } else { Paint::Alarm };
    sheet.painted_row("State", paint, chain.status.name())?;
    sheet.row("Files together", text::exact_size(chain.file_size))?;
    let folder = file.path.parent();
    let rows = chain.files.iter().filter_map(|member| inspection.file(*member)).enumerate();
    sheet.table(&rows.map(|(place, member)| row(place, member, folder)).collect::<Vec<_>>())?;
    let children = inspection.forest.children(number).iter().filter_map(|child| inspection.file(*child));
    let children: Vec<String> = children.map(|child| text::path(&child.path)).collect();
    if children.is_empty() {
        return sheet.row("Children", "none among the files that were looked at");
    }
    sheet.list("Children", &children)
}

fn row(place: usize, member: &FoundFile, folder: Option<&Path>) -> Vec<Cell> {
    let image = member.image.as_deref();
    let size = |size: Option<ByteLen>| size.map(text::size).unwrap_or_default();
    let name = match (member.path.parent() == folder, member.path.file_name()) {
        (true, Some(name)) => text::path(Path::new(name)),
        _ => text::path(&member.path),
    };
    vec![
        Cell::number(place.to_string()).paint(Paint::Faint),
        Cell::new(name),
        Cell::new(image.and_then(Image::disk_type).map(DiskType::name).unwrap_or_default()),
        Cell::number(size(image.and_then(Image::virtual_size))),
        Cell::number(format!("{} file", size(member.stamp.map(|stamp| stamp.size)))),
        state(member),
    ]
}

fn state(member: &FoundFile) -> Cell {
    if !member.is_readable() {
        return Cell::new("cannot be read").paint(Paint::Alarm);
    }
    match member.image.as_deref().and_then(Image::log_state) {
        Some(state @ (LogState::Dirty | LogState::Corrupt)) => {
            Cell::new(format!("log {}", state.name())).paint(Paint::Notice)
        }
        _ => Cell::new(""),
    }
}
