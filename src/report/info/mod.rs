//! `info`: one image and its place in the chain, for people. What PowerShell's `Get-VHD` prints stands under its own
//! names; the rest is what `Get-VHD` cannot see, or cannot be asked when something is broken.
//!
//! A damaged file shows all that could be read of it, with the reasons for the rest.

mod blocks;
mod chain;
mod contents;
mod findings;
mod get_vhd;
mod log;
mod parent;
pub(in crate::report) mod sheet;
mod verdict;
mod vhd;
mod vhdx;

use std::io::{self, Write};

use crate::chain::FileNo;
use crate::estate::FoundFile;
use crate::image::vhdx::LogState;
use crate::image::{BlockUse, DiskType, Image, Survey};
use crate::inspect::{ChainStatus, Inspection, Role};

use super::{Paint, Style, text};
use sheet::Sheet;

/// Writes what is known of a file that was read at depth [`Full`](crate::image::vhdx::Depth::Full). `block_use` is what
/// its blocks take, where that was looked at.
pub fn write(
    inspection: &Inspection,
    number: FileNo,
    block_use: Option<&crate::Result<BlockUse>>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Some(file) = inspection.file(number) else { return Ok(()) };
    let mut sheet = Sheet::new(out, style);
    sheet.title(&text::path(&file.path))?;
    sheet.prose(Paint::Plain, &summary(inspection, number, file))?;
    notes(&mut sheet, inspection, number, file)?;
    let Some(image) = &file.image else { return get_vhd::of_no_disk(&mut sheet, file) };
    get_vhd::section(&mut sheet, inspection, number, file, image)?;
    match image.survey() {
        Survey::Vhdx(survey) => {
            vhdx::identity(&mut sheet, image, survey)?;
            vhdx::headers(&mut sheet, survey)?;
            vhdx::regions(&mut sheet, survey)?;
            log::section(&mut sheet, survey)?;
            blocks::section(&mut sheet, file, image, &blocks::Shape::of_vhdx(survey), block_use)?;
            vhdx::metadata(&mut sheet, survey)?;
            parent::locator(&mut sheet, survey)?;
        }
        Survey::Vhd(survey) => {
            vhd::identity(&mut sheet, survey)?;
            vhd::footers(&mut sheet, survey)?;
            vhd::header(&mut sheet, survey)?;
            blocks::section(&mut sheet, file, image, &blocks::Shape::of_vhd(survey), block_use)?;
            vhd::locator(&mut sheet, survey)?;
        }
    }
    parent::link(&mut sheet, inspection, number)?;
    chain::section(&mut sheet, inspection, number)?;
    verdict::section(&mut sheet, inspection, number)?;
    contents::section(&mut sheet, inspection, number)?;
    findings::section(&mut sheet, inspection, file)
}

/// The file in one line.
fn summary(inspection: &Inspection, number: FileNo, file: &FoundFile) -> String {
    let Some(image) = &file.image else {
        return format!("Not read as a disk: {}", file.kind.name());
    };
    let disk_type = image.disk_type().map_or("unknown type of", DiskType::name);
    let mut words = vec![get_vhd::capital(disk_type), format!(" {}", file.kind.name().to_uppercase())];
    words.extend(image.virtual_size().map(|size| format!(" of {}", text::size(size))));
    words.extend(file.stamp.map(|stamp| format!(" in a file of {}", text::size(stamp.size))));
    let role = inspection.role(number).filter(|role| *role != Role::Unreadable);
    words.extend(role.map(|role| format!(", {}", role.name())));
    let chain = inspection.chain(number);
    match chain.status {
        ChainStatus::Complete if chain.files.len() > 1 => {
            words.push(format!(", {} to the base, chain complete", counted(chain.files.len(), "file")));
        }
        ChainStatus::Complete => {}
        ChainStatus::Broken | ChainStatus::Unreadable => words.push(format!(", chain {}", chain.status.name())),
    }
    words.concat()
}

/// What must not be overlooked: a dirty log, damage, a file that changed, a broken chain.
fn notes(sheet: &mut Sheet<'_>, inspection: &Inspection, number: FileNo, file: &FoundFile) -> io::Result<()> {
    if let Some((paint, note)) = file.image.as_deref().and_then(log_note) {
        sheet.gap()?;
        sheet.prose(paint, &note)?;
    }
    let blockers = file.image.as_deref().map(Image::blockers).unwrap_or_default();
    if let Some(error) = file.error.as_ref().filter(|_| blockers.is_empty()) {
        sheet.gap()?;
        sheet.prose(Paint::Alarm, &format!("Cannot be read: {}", text::printable(&error.reason().to_string())))?;
    }
    if !blockers.is_empty() {
        sheet.gap()?;
        sheet.prose(Paint::Alarm, "The disk in this file must not be read. What could be found out follows; why:")?;
        for error in blockers {
            sheet.bullet(Paint::Alarm, &text::printable(&error.reason().to_string()))?;
        }
    }
    if file.changed_while_read {
        sheet.gap()?;
        sheet.prose(Paint::Notice, "The file changed while it was read; what follows may mix two states of it.")?;
    }
    if let Some(link) = inspection.link(number).filter(|link| !link.status.is_linked()) {
        sheet.gap()?;
        sheet.prose(Paint::Alarm, &format!("The parent is not linked: {}.", parent::meaning(link.status)))?;
    }
    Ok(())
}

fn log_note(image: &Image) -> Option<(Paint, String)> {
    let entries = image.as_vhdx().and_then(|survey| Some(survey.log.as_ref()?.active.as_ref()?.entry_count));
    let left = match entries.unwrap_or_default() {
        1 => "1 entry of it never reached its place".to_owned(),
        entries => format!("{} entries of it never reached their places", text::count(entries)),
    };
    match image.log_state()? {
        LogState::Clean => None,
        LogState::Dirty if image.replayed() => Some((
            Paint::Notice,
            format!(
                "The log is dirty: {left}, as after a crash or while the disk is in use. All that follows is as of a \
                 replay in memory; the file is unchanged. A program that \
                 does not replay the log reads an older or a broken disk."
            ),
        )),
        LogState::Dirty => Some((
            Paint::Notice,
            format!(
                "The log is dirty: {left}. It is not replayed here: all that follows is as the bytes stand on disk, which is not the state of the disk."
            ),
        )),
        LogState::Corrupt => Some((
            Paint::Alarm,
            "The header names a log that cannot be replayed: what it would change is lost. All that follows is as the \
             bytes stand on disk, which may not be the state of the disk."
                .to_owned(),
        )),
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn counted_u64(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", text::count(count), if count == 1 { one } else { many })
}
