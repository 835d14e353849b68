//! The log: whether it is to be replayed, and what is in it.

use std::io;

use crate::image::vhdx::{LogState, VhdxSurvey};
use crate::report::{Paint, text};

use super::sheet::Sheet;
use super::{counted, counted_u64, vhdx};

pub(super) fn section(sheet: &mut Sheet<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    sheet.section("Log")?;
    let Some(log) = &survey.log else {
        return sheet.prose(Paint::Alarm, "unknown, for no header can be trusted");
    };
    let (paint, meaning) = match log.state {
        LogState::Clean => (Paint::Plain, "nothing is to be replayed"),
        LogState::Dirty if survey.replayed => (Paint::Notice, "replayed in memory"),
        LogState::Dirty => (Paint::Notice, "not replayed"),
        LogState::Corrupt => (Paint::Alarm, "it is to be replayed and cannot be"),
    };
    sheet.painted_row("State", paint, format!("{}: {meaning}", log.state.name()))?;
    sheet.row("Place", format!("{}, {}", log.range.start, text::exact_size(log.range.len)))?;
    if let Some(header) = survey.header().filter(|header| !header.log_guid.is_nil()) {
        sheet.row("LogGuid", header.log_guid)?;
    }
    if let Some(sequence) = &log.active {
        let (first, last) = (sequence.first_sequence_number, sequence.last_sequence_number);
        let entries = counted_u64(sequence.entry_count, "entry", "entries");
        let numbers = if first == last { format!("number {first}") } else { format!("numbers {first} to {last}") };
        sheet.row("To be replayed", format!("{entries}, sequence {numbers}"))?;
        sheet.row("File flushed to", text::exact_size(sequence.flushed_file_offset))?;
        sheet.row("File needed to", text::exact_size(sequence.last_file_offset))?;
    }
    if let Some(error) = &log.problem {
        return sheet.painted_row("Problem", Paint::Alarm, vhdx::reason(error));
    }
    if !log.looked_through {
        return sheet.row("Whole entries", "not looked for");
    }
    let active = log.entries.iter().filter(|entry| entry.active).count();
    let stale = log.entries.len().saturating_sub(active);
    let mut guids: Vec<_> = log.entries.iter().map(|entry| entry.header.log_guid).collect();
    guids.sort_unstable();
    guids.dedup();
    let logs = if guids.is_empty() { String::new() } else { format!(", of {}", counted(guids.len(), "log GUID")) };
    sheet.row("Whole entries", format!("{active} active, {stale} left over from before{logs}"))
}
