//! How values stand in columns: numbers as signed 64 bits, times and GUIDs as text.

use jiff::Timestamp;
use rusqlite::Row;
use rusqlite::types::Type;
use uuid::Uuid;

use crate::analysis::history::path_text::PathText;
use crate::units::ByteLen;

/// Sizes past 2^63 bytes do not exist on disks; one that a file claims is kept as the largest number.
pub(super) fn bytes(bytes: ByteLen) -> i64 {
    number(bytes.0)
}

pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn guid(guid: Option<Uuid>) -> Option<String> {
    guid.map(|guid| guid.to_string())
}

pub(super) fn time(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

/// Reads columns one after the other.
pub(super) struct Columns<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn of(row: &'a Row<'a>) -> Self {
        Self { row, next: 0 }
    }

    pub(super) fn get<T: rusqlite::types::FromSql>(&mut self) -> rusqlite::Result<T> {
        let at = self.next;
        self.next = at.saturating_add(1);
        self.row.get(at)
    }

    pub(super) fn count(&mut self) -> rusqlite::Result<u64> {
        Ok(self.get::<i64>()?.unsigned_abs())
    }

    pub(super) fn optional_count(&mut self) -> rusqlite::Result<Option<u64>> {
        Ok(self.get::<Option<i64>>()?.map(i64::unsigned_abs))
    }

    pub(super) fn bytes(&mut self) -> rusqlite::Result<ByteLen> {
        self.count().map(ByteLen)
    }

    pub(super) fn optional_bytes(&mut self) -> rusqlite::Result<Option<ByteLen>> {
        Ok(self.optional_count()?.map(ByteLen))
    }

    pub(super) fn path(&mut self) -> rusqlite::Result<PathText> {
        Ok(PathText { text: self.get()?, raw_hex: self.get()? })
    }

    pub(super) fn optional_path(&mut self) -> rusqlite::Result<Option<PathText>> {
        let text: Option<String> = self.get()?;
        let raw_hex = self.get()?;
        Ok(text.map(|text| PathText { text, raw_hex }))
    }

    pub(super) fn time(&mut self) -> rusqlite::Result<Timestamp> {
        let at = self.next;
        let text: String = self.get()?;
        text.parse().map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, Type::Text, Box::new(error)))
    }

    pub(super) fn optional_time(&mut self) -> rusqlite::Result<Option<Timestamp>> {
        Ok(self.get::<Option<String>>()?.and_then(|text| text.parse().ok()))
    }

    pub(super) fn guid(&mut self) -> rusqlite::Result<Option<Uuid>> {
        Ok(self.get::<Option<String>>()?.and_then(|text| Uuid::try_parse(&text).ok()))
    }
}
