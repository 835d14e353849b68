//! `dump`: every structure of a file, field by field, each with its absolute offset, what the bytes say and what that
//! means. What cannot be read says why, and the rest goes on.
//!
//! One folder or file for each format that is dumped; each hands structures and fields to a sink, which is one file for
//! each look: `text` for people, `json` for machines.

mod hex;
mod json;
mod model;
mod text;
mod vhd;
mod vhdx;

use std::io::{self, Write};

use crate::error::Error;
use crate::image::{Image, Survey};
use crate::limits;
use crate::report::{RunFacts, Style};
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset, FileRange};

use json::JsonSink;
pub use json::{DumpHeadJson, DumpJson, FieldJson, StructureHeadJson, StructureJson, StructureRestJson, ValueJson};
use model::{Field, Sink, Structure};
use text::TextSink;

/// A part of a file that can be dumped alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The file type identifier; of a VHD the footer and its copy.
    Identifier,
    /// Both headers; of a VHD the dynamic disk header.
    Header,
    /// Both region tables.
    RegionTable,
    /// The metadata table and every item.
    Metadata,
    /// The parent locator.
    Locator,
    /// The log with every entry.
    Log,
    /// The block allocation table.
    Bat,
    /// The sector bitmaps.
    Bitmaps,
    /// VHD: the footer at the end of the file.
    Footer,
    /// VHD: the copy of the footer at the start of the file.
    FooterCopy,
    /// VHD: the dynamic disk header.
    DynamicHeader,
}

impl Part {
    /// The parts of a VHDX file, in the order in which one leads to the next.
    pub const OF_VHDX: [Self; 8] = [
        Self::Identifier,
        Self::Header,
        Self::RegionTable,
        Self::Metadata,
        Self::Locator,
        Self::Log,
        Self::Bat,
        Self::Bitmaps,
    ];

    /// The parts of a VHD file, in the order in which one leads to the next.
    pub const OF_VHD: [Self; 6] =
        [Self::Footer, Self::FooterCopy, Self::DynamicHeader, Self::Locator, Self::Bat, Self::Bitmaps];

    /// The parts that a file of this format can have, in the order in which one leads to the next.
    pub fn of(image: &Image) -> &'static [Self] {
        match image.survey() {
            Survey::Vhdx(_) => &Self::OF_VHDX,
            Survey::Vhd(_) => &Self::OF_VHD,
        }
    }

    /// The word for the part on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Header => "header",
            Self::RegionTable => "region-table",
            Self::Metadata => "metadata",
            Self::Locator => "locator",
            Self::Log => "log",
            Self::Bat => "bat",
            Self::Bitmaps => "bitmaps",
            Self::Footer => "footer",
            Self::FooterCopy => "footer-copy",
            Self::DynamicHeader => "dynamic-header",
        }
    }
}

/// What is to be shown.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The parts; all of them when empty. Those that the format does not have are left out: see [`Part::of`].
    pub parts: Vec<Part>,
    /// Each BAT entry and each run of a sector bitmap on a line of its own.
    pub all: bool,
    /// The bytes of each structure too, up to [`limits::MAX_HEX_DUMP`] of each.
    pub raw: bool,
}

impl Wanted {
    fn has(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

/// What could not be shown.
#[derive(Debug, Default)]
pub struct Problems {
    /// Number of structures that could not be read to their end.
    pub count: u64,
    /// The first reason.
    pub first: Option<Error>,
}

/// Writes the dump of a file, opened at depth [`Full`](crate::image::vhdx::Depth::Full), for people.
pub fn write_text(image: &Image, wanted: &Wanted, style: Style, out: &mut dyn Write) -> io::Result<Problems> {
    let mut sink = TextSink::new(out, style, image.view().size());
    dump(image, wanted, &mut sink)
}

/// Writes the dump of a file, opened at depth [`Full`](crate::image::vhdx::Depth::Full), as one JSON object
/// ([`DumpJson`]).
pub fn write_json(image: &Image, wanted: &Wanted, facts: &RunFacts, out: &mut dyn Write) -> io::Result<Problems> {
    let mut sink = JsonSink::begin(image, facts, out)?;
    let problems = dump(image, wanted, &mut sink)?;
    sink.end()?;
    Ok(problems)
}

fn dump(image: &Image, wanted: &Wanted, sink: &mut dyn Sink) -> io::Result<Problems> {
    let mut dump = Dump { sink, view: &**image.view(), wanted, problems: Problems::default() };
    match image.survey() {
        Survey::Vhdx(survey) => vhdx::dump(&mut dump, survey)?,
        Survey::Vhd(survey) => vhd::dump(&mut dump, survey)?,
    }
    Ok(dump.problems)
}

/// A dump under way.
struct Dump<'a> {
    sink: &'a mut dyn Sink,
    /// The bytes of the file, as of the replay where there was one.
    view: &'a dyn ReadAt,
    wanted: &'a Wanted,
    problems: Problems,
}

impl Dump<'_> {
    fn open(&mut self, structure: &Structure) -> io::Result<()> {
        self.sink.open(structure)
    }

    fn field(&mut self, field: &Field) -> io::Result<()> {
        self.sink.field(field)
    }

    fn fields(&mut self, fields: &[Field]) -> io::Result<()> {
        fields.iter().try_for_each(|field| self.sink.field(field))
    }

    fn note(&mut self, note: impl AsRef<str>) -> io::Result<()> {
        self.sink.note(note.as_ref())
    }

    fn problem(&mut self, error: &Error) -> io::Result<()> {
        self.problems.count = self.problems.count.saturating_add(1);
        self.problems.first.get_or_insert_with(|| error.clone());
        self.sink.problem(error)
    }

    /// Ends a structure whose bytes stand in one place, or nowhere.
    fn close(&mut self, range: Option<FileRange>) -> io::Result<()> {
        if let Some(range) = range.filter(|_| self.wanted.raw) {
            let len = range.len.min(limits::MAX_HEX_DUMP);
            let mut bytes = vec![0; len.to_usize().unwrap_or_default()];
            // What cannot be read has been said to be so already.
            let have = self.view.read_up_to("", range.start, &mut bytes).unwrap_or_default();
            bytes.truncate(have);
            self.sink.raw(range.start, &bytes, range.len.saturating_sub(len))?;
        }
        self.sink.close()
    }

    /// Ends a structure whose bytes were put together.
    fn close_with(&mut self, at: FileOffset, bytes: &[u8]) -> io::Result<()> {
        if self.wanted.raw {
            let shown = bytes.get(..limits::MAX_HEX_DUMP.to_usize().unwrap_or_default()).unwrap_or(bytes);
            self.sink.raw(at, shown, ByteLen::from(bytes.len().saturating_sub(shown.len())))?;
        }
        self.sink.close()
    }

    /// A structure that is not there, or that nothing leads to.
    fn absent(&mut self, name: &'static str, state: impl Into<String>) -> io::Result<()> {
        self.open(&Structure::nowhere(name).state(state))?;
        self.close(None)
    }

    /// A structure that cannot be read.
    fn unreadable(&mut self, name: &'static str, error: &Error) -> io::Result<()> {
        self.open(&Structure::nowhere(name))?;
        self.problem(error)?;
        self.close(None)
    }

    /// Shows how a pass over the file ended whose every step wrote something.
    fn ended(&mut self, output: Output, ended: crate::Result<()>) -> io::Result<()> {
        match (output.failed, ended) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => self.problem(&error),
            (None, Ok(())) => Ok(()),
        }
    }
}

/// Carries a failed write out of a pass over the file, which knows only failed reads.
#[derive(Default)]
struct Output {
    failed: Option<io::Error>,
}

impl Output {
    fn wrote(&mut self, written: io::Result<()>) -> crate::Result<()> {
        written.map_err(|error| {
            let stop = Error::refused("output", None, error.to_string());
            self.failed = Some(error);
            stop
        })
    }
}
