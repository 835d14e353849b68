//! What only a VHD file has: a footer and its copy, a dynamic disk header, a geometry in cylinders, locators by platform.

use std::io;

use crate::format::vhd::footer::Footer;
use crate::image::vhd::{CurrentFooter, LocatorSurvey, VhdSurvey};
use crate::image::{CopyState, Surveyed};
use crate::limits;
use crate::report::{Paint, text};

use super::sheet::{Cell, Sheet};
use super::vhdx::reason;

pub(super) fn identity(sheet: &mut Sheet<'_>, survey: &VhdSurvey) -> io::Result<()> {
    sheet.section("Identity")?;
    let Some(footer) = survey.footer() else {
        return sheet.prose(Paint::Alarm, "unknown, for no footer counts");
    };
    let (code, name) = (footer.creator_application.to_string(), footer.creator_application.name());
    let version = footer.creator_version;
    sheet.row("Creator", format!("{} (\"{code}\"), version {version}", name.unwrap_or("unknown")))?;
    sheet.row("CreatorHostOs", footer.creator_host_os)?;
    let note = if footer.unique_id.is_zero() { "it identifies nothing" } else { "in the order of its bytes" };
    sheet.row("UniqueId", format!("{} ({note})", footer.unique_id))?;
    sheet.row("TimeStamp", footer.time_stamp.to_timestamp())?;
    sizes(sheet, footer)?;
    if footer.features.is_temporary() {
        sheet.painted_row("Features", Paint::Notice, "temporary: meant to be deleted at shutdown")?;
    }
    if footer.saved_state != 0 {
        sheet.painted_row("SavedState", Paint::Notice, "a virtual machine was saved while it used the disk")?;
    }
    Ok(())
}

/// The sizes beside the one that counts.
fn sizes(sheet: &mut Sheet<'_>, footer: &Footer) -> io::Result<()> {
    if footer.original_size != footer.current_size {
        sheet.row("OriginalSize", text::exact_size(footer.original_size))?;
    }
    let geometry = footer.disk_geometry;
    let (cylinders, heads, sectors) = (geometry.cylinders, geometry.heads, geometry.sectors_per_track);
    let size = text::exact_size(geometry.size());
    sheet.row("DiskGeometry", format!("{cylinders} cylinders, {heads} heads, {sectors} sectors a track: {size}"))?;
    if footer.size_in_qemu() == footer.current_size {
        return Ok(());
    }
    let shown = text::exact_size(footer.size_in_qemu());
    sheet.painted_row("Size in QEMU", Paint::Notice, format!("{shown}: it goes by the geometry for this creator"))
}

pub(super) fn footers(sheet: &mut Sheet<'_>, survey: &VhdSurvey) -> io::Result<()> {
    sheet.section("Footers")?;
    let footers = &survey.footers;
    let row = |found: &Surveyed<Footer>, which: CurrentFooter| {
        let counts = footers.current.as_ref().is_ok_and(|current| *current == which);
        let why = footers.choice().filter(|_| counts).map(|choice| format!("current: {}", choice.describe()));
        vec![
            Cell::new(found.structure),
            Cell::number(found.at.to_string()),
            state(found.state),
            Cell::new(why.unwrap_or_default()),
        ]
    };
    let copy = footers.copy.as_ref().map(|copy| row(copy, CurrentFooter::Copy));
    sheet.table(&copy.into_iter().chain([row(&footers.at_end, CurrentFooter::AtEnd)]).collect::<Vec<_>>())?;
    if footers.size_at_end.0 == 511 {
        sheet.prose(Paint::Plain, "The footer has 511 bytes, as programs before Virtual PC 2004 wrote it.")?;
    }
    Ok(())
}

pub(super) fn header(sheet: &mut Sheet<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let Some(found) = &survey.header else { return Ok(()) };
    sheet.section("Dynamic disk header")?;
    let paint = if found.state == CopyState::Valid { Paint::Plain } else { Paint::Alarm };
    sheet.painted_row("State", paint, found.state.describe())?;
    sheet.row("Place", found.at)?;
    let Some(header) = survey.header() else { return Ok(()) };
    sheet.row("HeaderVersion", header.header_version)?;
    sheet.row("TableOffset", header.table_offset)?;
    sheet.row("MaxTableEntries", text::count(header.max_table_entries.into()))
}

fn state(state: CopyState) -> Cell {
    Cell::new(state.describe()).paint(if state == CopyState::Valid { Paint::Plain } else { Paint::Alarm })
}

/// What the file says of its parent, every entry as it is.
pub(super) fn locator(sheet: &mut Sheet<'_>, survey: &VhdSurvey) -> io::Result<()> {
    let Some(header) = survey.header().filter(|header| {
        !header.parent_unique_id.is_zero() || !header.parent_unicode_name.is_empty() || !survey.locators.is_empty()
    }) else {
        return Ok(());
    };
    sheet.section("Parent locators")?;
    let name = &header.parent_unicode_name;
    let mut rows = vec![
        vec![Cell::new("ParentUniqueId"), Cell::new(header.parent_unique_id.to_string())],
        vec![Cell::new("ParentUnicodeName"), Cell::new(text::printable(&name.lossy()))],
    ];
    if name.exact().is_none() {
        rows.push(vec![Cell::new("  not UTF-16"), bytes(name.bytes())]);
    }
    if header.parent_time_stamp.0 != 0 {
        let stamp = header.parent_time_stamp.to_timestamp().to_string();
        rows.push(vec![Cell::new("ParentTimeStamp"), Cell::new(stamp)]);
    }
    rows.extend(survey.locators.iter().flat_map(located));
    sheet.table(&rows)
}

/// What a locator says; its bytes too, unless the text is all of them.
fn located(locator: &LocatorSurvey) -> Vec<Vec<Cell>> {
    let code = locator.entry.platform_code.code().escape_ascii().to_string();
    let key = || Cell::new(code.trim_end());
    match &locator.data {
        Err(error) => vec![vec![key(), Cell::new(reason(error)).paint(Paint::Alarm)]],
        Ok(data) => match (&data.text, data.exact) {
            (Some(text), true) => vec![vec![key(), Cell::new(text::printable(text))]],
            (Some(text), false) => vec![
                vec![key(), Cell::new(text::printable(text)).paint(Paint::Notice)],
                vec![Cell::new("  as stored"), bytes(&data.raw)],
            ],
            (None, _) => vec![vec![key(), bytes(&data.raw)]],
        },
    }
}

/// Bytes that are no text, as far as a line holds them: ASCII as it is, the others escaped.
fn bytes(raw: &[u8]) -> Cell {
    let shown = limits::MAX_HEX_VALUE.to_usize().and_then(|most| raw.get(..most)).unwrap_or(raw);
    let more = match raw.len().saturating_sub(shown.len()) {
        0 => String::new(),
        more => format!(" and {more} more bytes"),
    };
    Cell::new(format!("b\"{}\"{more}", shown.escape_ascii()))
}
