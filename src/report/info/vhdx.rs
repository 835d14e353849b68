//! What only a VHDX file has: identity, two headers, regions, metadata.

use std::io;

use crate::error::Error;
use crate::format::vhdx::metadata_items;
use crate::format::vhdx::region_table;
use crate::image::Image;
use crate::image::vhdx::{CopyChoice, CopyState, ItemSurvey, VhdxSurvey};
use crate::report::{Paint, text};
use crate::units::ByteLen;

use super::sheet::{Cell, Sheet};

pub(super) fn identity(sheet: &mut Sheet<'_>, image: &Image, survey: &VhdxSurvey) -> io::Result<()> {
    sheet.section("Identity")?;
    match &survey.identifier {
        Ok(identifier) if identifier.creator.is_empty() => sheet.row("Creator", "not given")?,
        Ok(identifier) => sheet.row("Creator", text::printable(&identifier.creator.lossy()))?,
        Err(error) => sheet.painted_row("Creator", Paint::Alarm, reason(error))?,
    }
    sheet.optional("VirtualDiskId", image.virtual_disk_id())?;
    sheet.optional("DataWriteGuid", survey.header().map(|header| header.data_write_guid))?;
    sheet.optional("FileWriteGuid", survey.header().map(|header| header.file_write_guid))
}

pub(super) fn headers(sheet: &mut Sheet<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    sheet.section("Headers")?;
    let current = survey.current_header.as_ref().ok();
    let rows: Vec<Vec<Cell>> = survey
        .headers
        .iter()
        .enumerate()
        .map(|(number, copy)| {
            let sequence = copy.content().map(|header| format!("sequence {}", header.sequence_number));
            vec![
                Cell::new(copy.structure),
                Cell::number(copy.at.to_string()),
                Cell::new(sequence.unwrap_or_default()),
                state(copy.state),
                choice(current == Some(&number), survey.header_choice()),
            ]
        })
        .collect();
    sheet.table(&rows)
}

pub(super) fn regions(sheet: &mut Sheet<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    sheet.section("Regions")?;
    let current = survey.current_region_table.as_ref().ok();
    let tables = survey.region_tables.iter().enumerate().map(|(number, copy)| {
        let entries = copy.valid().map(|table| format!("{} entries", table.entry_count));
        vec![
            Cell::new(copy.structure),
            Cell::number(copy.at.to_string()),
            Cell::new(entries.unwrap_or_default()),
            state(copy.state),
            choice(current == Some(&number), survey.region_table_choice()),
        ]
    });
    sheet.table(&tables.collect::<Vec<_>>())?;
    let regions = survey.region_table().into_iter().flat_map(|table| &table.entries).map(|entry| {
        let name = match entry.guid {
            region_table::BAT => "BAT".to_owned(),
            region_table::METADATA => "metadata".to_owned(),
            unknown => format!("unknown {unknown}"),
        };
        vec![
            Cell::new(name),
            Cell::number(entry.file_offset.to_string()),
            Cell::number(text::size(ByteLen(entry.length.into()))),
            Cell::new(if entry.is_required() { "required" } else { "" }).paint(Paint::Faint),
        ]
    });
    sheet.table(&regions.collect::<Vec<_>>())
}

fn state(state: CopyState) -> Cell {
    Cell::new(state.describe()).paint(if state == CopyState::Valid { Paint::Plain } else { Paint::Alarm })
}

fn choice(counts: bool, choice: Option<CopyChoice>) -> Cell {
    let why = choice.filter(|_| counts).map(|choice| format!("current: {}", choice.describe()));
    Cell::new(why.unwrap_or_default())
}

pub(super) fn metadata(sheet: &mut Sheet<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    sheet.section("Metadata")?;
    match &survey.metadata {
        Some(Ok(metadata)) => {
            sheet.table(&metadata.items.iter().map(item).collect::<Vec<_>>())?;
            for item in &metadata.items {
                if let Err(error) = &item.parsed {
                    sheet.prose(Paint::Alarm, &reason(error))?;
                }
            }
            Ok(())
        }
        Some(Err(error)) => sheet.prose(Paint::Alarm, &reason(error)),
        None => sheet.prose(Paint::Alarm, "no region table leads to it"),
    }
}

fn item(item: &ItemSurvey) -> Vec<Cell> {
    let entry = &item.entry;
    let known = metadata_items::name(entry.item_id).filter(|_| !entry.is_user());
    let name = match (entry.is_user(), known) {
        (true, _) => format!("user item {}", entry.item_id),
        (false, Some(name)) => name.to_owned(),
        (false, None) => format!("unknown item {}", entry.item_id),
    };
    vec![
        Cell::new(name),
        Cell::number(item.range.map_or("empty".to_owned(), |range| range.start.to_string())),
        Cell::number(text::size(ByteLen(entry.length.into()))),
        Cell::new(if entry.is_required() { "required" } else { "optional" }).paint(Paint::Faint),
        Cell::new(if item.parsed.is_ok() { "" } else { "cannot be read" }).paint(Paint::Alarm),
    ]
}

pub(super) fn reason(error: &Error) -> String {
    text::printable(&error.reason().to_string())
}
