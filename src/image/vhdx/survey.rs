//! The one reader of VHDX structures: everything found, in the order in which one thing leads to the next.

use std::sync::{Arc, OnceLock};

use crate::error::{Error, Result};
use crate::format::vhdx::HEADER_SECTION;
use crate::format::vhdx::file_type_identifier::{self, FileTypeIdentifier};
use crate::format::vhdx::header::{self, Header};
use crate::format::vhdx::log;
use crate::format::vhdx::metadata_items;
use crate::format::vhdx::region_table::{self, RegionTable, RegionTableEntry};
use crate::source::{Overlay, ReadAt, read_with};
use crate::units::{ByteLen, FileOffset, FileRange};

use super::Surveyed;
use super::copies::{self, CopyChoice};
use super::log::{LogState, LogSurvey};
use super::{BatSurvey, Geometry, MetadataSurvey, ZeroRows, bat_pass};

/// How much of a file is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// Identifier, both headers, the first valid region table, metadata; the log only when it is to be replayed.
    #[default]
    Open,
    /// Both region tables as well.
    Tables,
    /// Both region tables and the whole log as well.
    Full,
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// How much is read.
    pub depth: Depth,
    /// Whether a dirty log is left alone, so that the file shows as its bytes stand on disk.
    pub as_on_disk: bool,
}

/// Everything found in a VHDX file.
#[derive(Debug)]
pub struct VhdxSurvey {
    /// Bytes of the file; as of the replay where there was one, which may extend it.
    pub file_size: ByteLen,
    /// Signature and creator.
    pub identifier: Result<FileTypeIdentifier>,
    /// Both headers.
    pub headers: [Surveyed<Header>; 2],
    /// Which header counts (0 or 1), or why neither does.
    pub current_header: Result<usize>,
    /// The region tables that were read: at [`Depth::Open`] the second only when the first cannot be trusted.
    pub region_tables: Vec<Surveyed<RegionTable>>,
    /// Which region table counts (0 or 1), or why neither does.
    pub current_region_table: Result<usize>,
    /// The log, where a header names one.
    pub log: Option<LogSurvey>,
    /// Whether the numbers here are those after a replay of the log.
    pub replayed: bool,
    /// The metadata region, or why it cannot be read; `None` where no region table leads to it.
    pub metadata: Option<Result<MetadataSurvey>>,
    /// The sizes, or why they cannot be had; `None` where there is no metadata.
    pub geometry: Option<Result<Geometry>>,
    /// Why the virtual disk must not be read, in the order of the file; empty when it can be.
    pub blockers: Vec<Error>,
    zero_rows: OnceLock<ZeroRows>,
}

impl VhdxSurvey {
    /// Reads the structures of a file and returns them with the view they were read from: the file itself, or the
    /// file with its log replayed over it.
    pub fn read(source: Arc<dyn ReadAt>, options: OpenOptions) -> (Self, Arc<dyn ReadAt>) {
        let mut blockers = Vec::new();
        let identifier = identifier(&*source);
        match &identifier {
            Err(error) => blockers.push(error.clone()),
            Ok(found) if found.signature != file_type_identifier::SIGNATURE => blockers.push(Error::malformed(
                file_type_identifier::STRUCTURE,
                file_type_identifier::OFFSET,
                "wrong signature: not a VHDX file by its first bytes",
            )),
            Ok(_) => {}
        }
        let headers = copies::headers(&*source);
        let current_header = copies::current_header(&headers);
        let header = match &current_header {
            Ok(number) => headers.get(*number).and_then(Surveyed::valid),
            Err(error) => {
                blockers.push(error.clone());
                None
            }
        };
        if let Some(header) = header.filter(|header| header.version != header::VERSION) {
            let at = headers.iter().find(|copy| copy.valid() == Some(header)).map(|copy| copy.at).unwrap_or_default();
            blockers.push(Error::unsupported("header", at, format!("format version {} is unknown", header.version)));
        }
        let mut log = None;
        let mut replayed = false;
        let mut view: Arc<dyn ReadAt> = Arc::clone(&source);
        if let Some(header) = header {
            let (survey, ring) = LogSurvey::read(&*source, header, options.depth == Depth::Full);
            if survey.state == LogState::Corrupt && !options.as_on_disk {
                blockers.extend(survey.problem.clone());
            }
            if let (LogState::Dirty, Some(ring), false) = (survey.state, ring, options.as_on_disk) {
                let mut overlay = Overlay::new(source);
                match survey.replay(&ring, &mut overlay) {
                    Ok(()) => {
                        view = Arc::new(overlay);
                        replayed = true;
                    }
                    Err(error) => blockers.push(error),
                }
            }
            log = Some(survey);
        }
        let file_size = view.size();
        let mut survey = Self {
            file_size,
            identifier,
            headers,
            current_header,
            region_tables: Vec::new(),
            current_region_table: Ok(0),
            log,
            replayed,
            metadata: None,
            geometry: None,
            blockers,
            zero_rows: OnceLock::new(),
        };
        survey.read_regions(&*view, options.depth);
        (survey, view)
    }

    /// Region tables, metadata and what follows from them; read from the view, for a replay may have changed them.
    fn read_regions(&mut self, view: &dyn ReadAt, depth: Depth) {
        let first = copies::region_table(view, 0);
        let first_is_valid = first.valid().is_some();
        self.region_tables.push(first);
        if !first_is_valid || depth != Depth::Open {
            self.region_tables.push(copies::region_table(view, 1));
        }
        self.current_region_table = match (self.region_tables.as_slice(), first_is_valid) {
            ([_, second], false) if second.valid().is_some() => Ok(1),
            ([first, second], false) => Err(copies::no_region_table(first, second)),
            _ => Ok(0),
        };
        let Some(table) = counting(&self.region_tables, &self.current_region_table) else {
            self.blockers.extend(self.current_region_table.as_ref().err().cloned());
            return;
        };
        for entry in table.entries.iter().filter(|entry| entry.is_required()) {
            if entry.guid != region_table::BAT && entry.guid != region_table::METADATA {
                let what = format!("region {} is required and unknown", entry.guid);
                self.blockers.push(Error::unsupported("region table", entry.at, what));
            }
        }
        let bat = table.find(region_table::BAT).map(RegionTableEntry::range);
        let Some(region) = table.find(region_table::METADATA).map(RegionTableEntry::range) else {
            let at = self.region_tables.first().map(|copy| copy.at).unwrap_or_default();
            self.blockers.push(Error::malformed("region table", at, "no metadata region"));
            return;
        };
        let metadata = MetadataSurvey::read(view, region);
        match &metadata {
            Err(error) => self.blockers.push(error.clone()),
            Ok(metadata) => self.read_geometry(metadata, bat),
        }
        self.metadata = Some(metadata);
    }

    fn read_geometry(&mut self, metadata: &MetadataSurvey, bat: Option<FileRange>) {
        for item in metadata.items.iter().filter(|item| item.entry.is_required()) {
            let known = !item.entry.is_user() && metadata_items::name(item.entry.item_id).is_some();
            if !known {
                let what = format!("item {} is required and unknown", item.entry.item_id);
                self.blockers.push(Error::unsupported("metadata table", item.entry.at, what));
            }
        }
        let geometry = match bat {
            Some(region) => Geometry::new(metadata, region),
            None => {
                let at = self.region_tables.first().map(|copy| copy.at).unwrap_or_default();
                Err(Error::malformed("region table", at, "no BAT region"))
            }
        };
        match &geometry {
            Err(error) => self.blockers.push(error.clone()),
            Ok(geometry) if geometry.bat.end().0 > self.file_size.0 => {
                let available = ByteLen(self.file_size.0.saturating_sub(geometry.bat.start.0));
                self.blockers.push(Error::truncated("BAT", geometry.bat.start, geometry.bat.len, available));
            }
            Ok(geometry) => {
                let log = self.log.as_ref().map(|log| (log::STRUCTURE, log.range));
                let others = std::iter::once(("metadata region", metadata.region)).chain(log);
                self.blockers.extend(geometry.misplaced_table(others));
                self.blockers.extend(geometry.no_whole_sectors(metadata));
            }
        }
        self.geometry = Some(geometry);
    }

    /// The header that counts.
    pub fn header(&self) -> Option<&Header> {
        self.current_header.as_ref().ok().and_then(|number| self.headers.get(*number)).and_then(Surveyed::valid)
    }

    /// Why the header that counts does.
    pub fn header_choice(&self) -> Option<CopyChoice> {
        self.header()?;
        Some(match self.headers.each_ref().map(Surveyed::valid) {
            [Some(a), Some(b)] if a.sequence_number == b.sequence_number => CopyChoice::Same,
            [Some(_), Some(_)] => CopyChoice::HigherSequenceNumber,
            _ => CopyChoice::OnlyValid,
        })
    }

    /// Why the region table that counts does.
    pub fn region_table_choice(&self) -> Option<CopyChoice> {
        match self.current_region_table {
            Ok(0) => Some(CopyChoice::First),
            Ok(_) => Some(CopyChoice::OnlyValid),
            Err(_) => None,
        }
    }

    /// The region table that counts.
    pub fn region_table(&self) -> Option<&RegionTable> {
        counting(&self.region_tables, &self.current_region_table)
    }

    /// The metadata region, where it could be read.
    pub fn metadata(&self) -> Option<&MetadataSurvey> {
        self.metadata.as_ref().and_then(|metadata| metadata.as_ref().ok())
    }

    /// The sizes, where they could be had.
    pub fn geometry(&self) -> Option<&Geometry> {
        self.geometry.as_ref().and_then(|geometry| geometry.as_ref().ok())
    }

    /// Where the header section, the log and the regions lie.
    pub fn structures(&self) -> Vec<FileRange> {
        let regions = self.region_table().into_iter().flat_map(|table| &table.entries).map(RegionTableEntry::range);
        let header_section = FileRange::new(FileOffset::ZERO, HEADER_SECTION);
        std::iter::once(header_section).chain(self.log.as_ref().map(|log| log.range)).chain(regions).collect()
    }

    /// Looks through the whole BAT; `view` is the one this survey was read from. `None` where the sizes are not known.
    pub fn bat(&self, view: &dyn ReadAt) -> Option<Result<BatSurvey>> {
        Some(bat_pass::read(view, self.geometry()?, self.zero_rows(), &self.structures()))
    }

    /// Which rows of the BAT, as the view of this survey has it, were found to be zeros so far.
    pub fn zero_rows(&self) -> &ZeroRows {
        self.zero_rows.get_or_init(|| self.geometry().map(ZeroRows::of).unwrap_or_default())
    }

    /// What the log says about the file, where a header could be read.
    pub fn log_state(&self) -> Option<LogState> {
        self.log.as_ref().map(|log| log.state)
    }
}

fn counting<'a>(tables: &'a [Surveyed<RegionTable>], current: &Result<usize>) -> Option<&'a RegionTable> {
    tables.get(*current.as_ref().ok()?).and_then(Surveyed::valid)
}

fn identifier(source: &dyn ReadAt) -> Result<FileTypeIdentifier> {
    let (structure, at, size) =
        (file_type_identifier::STRUCTURE, file_type_identifier::OFFSET, file_type_identifier::SIZE);
    read_with(source, structure, at, size, FileTypeIdentifier::parse)
}
