//! Region tables (MS-VHDX 2.2.3).

use std::io;

use crate::format::vhdx::region_table::{self as format, RegionTable, RegionTableEntry, SIGNATURE, SIZE};
use crate::image::vhdx::{CopyChoice, VhdxSurvey};
use crate::report::dump::Dump;
use crate::report::dump::model::{Field, Structure, Value};
use crate::report::text;
use crate::units::{ByteLen, FileOffset, FileRange};

pub(super) fn dump(dump: &mut Dump<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    for (number, copy) in survey.region_tables.iter().enumerate() {
        let counts = survey.current_region_table.as_ref().ok() == Some(&number);
        let why = survey.region_table_choice().filter(|_| counts).map(CopyChoice::describe);
        dump.open(&Structure::new(copy.structure, copy.at, SIZE).state(super::copy_state(copy.state, why)))?;
        match &copy.parsed {
            Ok(table) => table_fields(dump, copy.at, table)?,
            Err(error) => dump.problem(error)?,
        }
        dump.close(copy.content().map(|_| FileRange::new(copy.at, SIZE)))?;
    }
    Ok(())
}

fn table_fields(dump: &mut Dump<'_>, at: FileOffset, table: &RegionTable) -> io::Result<()> {
    let at = |from: u64| at.saturating_add(ByteLen(from));
    dump.field(&super::signature(at(0), &table.signature, &SIGNATURE))?;
    dump.field(&super::checksum(at(4), table.checksum, table.computed_checksum))?;
    let count = Field::new(at(8), "EntryCount", Value::Count(table.entry_count.into()));
    let read = ByteLen::from(table.entries.len()).0;
    let possible = read == u64::from(table.entry_count);
    dump.field(&if possible { count } else { count.meaning(format!("impossible; the first {read} follow")) })?;
    if table.signature != SIGNATURE {
        return dump.note("The entries are not shown, for this is no region table.");
    }
    table.entries.iter().zip(0..).try_for_each(|(entry, number)| dump.fields(&entry_fields(number, entry)))
}

fn entry_fields(number: u64, entry: &RegionTableEntry) -> [Field; 4] {
    let at = |from: u64| entry.at.saturating_add(ByteLen(from));
    let name = |field: &str| format!("Entry {number} {field}");
    [
        Field::new(at(0), name("Guid"), Value::Guid(entry.guid)).meaning(match entry.guid {
            format::BAT => "BAT",
            format::METADATA => "metadata",
            _ => "unknown",
        }),
        Field::new(at(16), name("FileOffset"), Value::Hex(entry.file_offset.0)),
        Field::new(at(24), name("Length"), Value::Hex(entry.length.into()))
            .meaning(text::size(ByteLen(entry.length.into()))),
        Field::new(at(28), name("Required"), Value::Hex(entry.flags.into())).meaning(if entry.is_required() {
            "required"
        } else {
            "not required"
        }),
    ]
}
