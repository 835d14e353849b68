//! What only a VHD file has: two footers, a dynamic disk header, a geometry in cylinders.

use std::io;

use crate::image::vhd::{CurrentFooter, VhdSurvey};
use crate::image::{CopyState, Surveyed};
use crate::report::{Paint, text};

use super::sheet::{Cell, Sheet};
use super::vhdx::reason;

pub(super) fn identity(sheet: &mut Sheet<'_>, survey: &VhdSurvey) -> io::Result<()> {
    sheet.section("Identity")?;
    let Some(footer) = survey.footer() else {
        return sheet.prose(Paint::Alarm, "unknown, for no footer can be read");
    };
    let (code, name) = (footer.creator_application.to_string(), footer.creator_application.name());
    let (version, host) = (footer.creator_version, footer.creator_host_os);
    sheet.row("Creator", format!("{} (\"{code}\"), version {version}, on {host}", name.unwrap_or("unknown")))?;
    sheet.row("UniqueId", format!("{} (in the order of its bytes)", footer.unique_id))?;
    sheet.row("TimeStamp", footer.time_stamp.to_timestamp())?;
    if footer.saved_state != 0 {
        sheet.painted_row("SavedState", Paint::Notice, "a virtual machine was saved while it used the disk")?;
    }
    let geometry = footer.disk_geometry;
    let (cylinders, heads, sectors) = (geometry.cylinders, geometry.heads, geometry.sectors_per_track);
    let size = text::size(geometry.size());
    sheet.row("Geometry", format!("{cylinders} cylinders, {heads} heads, {sectors} sectors a track: {size}"))?;
    if footer.size_in_qemu() != footer.current_size {
        let shown = text::exact_size(footer.size_in_qemu());
        sheet.painted_row(
            "Size in QEMU",
            Paint::Notice,
            format!("{shown}: it goes by the geometry for this creator"),
        )?;
    }
    Ok(())
}

pub(super) fn structures(sheet: &mut Sheet<'_>, survey: &VhdSurvey) -> io::Result<()> {
    sheet.section("Structures")?;
    let footers = &survey.footers;
    let current = footers.current.as_ref().ok();
    let mut rows = Vec::new();
    rows.extend(footers.copy.as_ref().map(|copy| row(copy, current == Some(&CurrentFooter::Copy))));
    rows.push(row(&footers.at_end, current == Some(&CurrentFooter::AtEnd)));
    rows.extend(survey.header.as_ref().map(|header| row(header, false)));
    sheet.table(&rows)
}

fn row<T>(found: &Surveyed<T>, counts: bool) -> Vec<Cell> {
    let paint = if found.state == CopyState::Valid { Paint::Plain } else { Paint::Alarm };
    vec![
        Cell::new(found.structure),
        Cell::number(found.at.to_string()),
        Cell::new(found.state.describe()).paint(paint),
        Cell::new(if counts { "current" } else { "" }),
    ]
}

/// What the file says of its parent, every entry as it is.
pub(super) fn locator(sheet: &mut Sheet<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let Some(header) = survey.header().filter(|header| {
        !header.parent_unique_id.is_zero() || !header.parent_unicode_name.is_empty() || !survey.locators.is_empty()
    }) else {
        return Ok(());
    };
    sheet.section("Parent locators")?;
    let mut rows = vec![
        vec![Cell::new("ParentUniqueId"), Cell::new(header.parent_unique_id.to_string())],
        vec![Cell::new("ParentUnicodeName"), Cell::new(text::printable(&header.parent_unicode_name.lossy()))],
    ];
    if header.parent_time_stamp.0 != 0 {
        let stamp = header.parent_time_stamp.to_timestamp().to_string();
        rows.push(vec![Cell::new("ParentTimeStamp"), Cell::new(stamp)]);
    }
    for locator in &survey.locators {
        let code = locator.entry.platform_code.code();
        let data = match &locator.data {
            Ok(data) => match &data.text {
                Some(text) => Cell::new(text::printable(text)),
                None => Cell::new(format!("{} bytes that are no text", data.raw.len())),
            },
            Err(error) => Cell::new(reason(error)).paint(Paint::Alarm),
        };
        rows.push(vec![Cell::new(text::printable(String::from_utf8_lossy(&code).trim_end())), data]);
    }
    sheet.table(&rows)
}
