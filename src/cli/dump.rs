//! `dump FILE [STRUCTURE]…`: every structure, field by field, with offsets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum, ValueHint};
use jiff::Timestamp;

use crate::image::vhdx::{Depth, OpenOptions};
use crate::image::{FileKind, Image, KindBy};
use crate::report::dump::{self, Part, Problems, Wanted};
use crate::report::{RunFacts, Style, text};
use crate::source::{FileSource, ReadAt};

use super::options::{self, Global, OutputArgs};
use super::{Exit, Failure, messages};

/// Arguments of `dump`.
#[derive(Debug, Args)]
pub struct Dump {
    /// An image file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Show these structures only
    #[arg(value_enum, value_name = "STRUCTURE")]
    structures: Vec<Structure>,
    /// Show every BAT entry and every run of a sector bitmap on a line of its own
    #[arg(long)]
    all: bool,
    /// Show the bytes of each structure too, up to 64 KiB of each
    #[arg(long)]
    raw: bool,
    /// Show the file as its bytes stand on disk, without replaying a dirty log in memory
    #[arg(long)]
    as_on_disk: bool,
    /// What the report looks like
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Structure {
    /// VHDX: the file type identifier
    Identifier,
    /// VHDX: both headers
    Header,
    /// VHDX: both region tables
    RegionTable,
    /// VHDX: the metadata table and every item
    Metadata,
    /// The parent locator, or locators
    Locator,
    /// VHDX: the log with every entry
    Log,
    /// The block allocation table
    Bat,
    /// The sector bitmaps
    Bitmaps,
    /// VHD: the footer at the end of the file
    Footer,
    /// VHD: the copy of the footer at the start of the file
    FooterCopy,
    /// VHD: the dynamic disk header
    DynamicHeader,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Lines for people
    Text,
    /// One JSON object
    Json,
}

impl Dump {
    pub(super) fn run(&self, global: &Global) -> Result<Exit, Failure> {
        self.output.check_apart([self.file.as_path()])?;
        options::refuse_stream(&self.file)?;
        let mut facts = RunFacts::start(Timestamp::now(), None);
        let image = open(&self.file, self.as_on_disk)?;
        facts.finished = Timestamp::now();
        let parts: Vec<Part> = self.structures.iter().copied().map(Part::from).collect();
        self.refuse_foreign(&image, &parts)?;
        let wanted = Wanted { parts, all: self.all, raw: self.raw };
        let look = self.output.look(global);
        let style = Style { color: look.color, width: look.width, as_of: facts.as_of };
        let mut problems = Problems::default();
        self.output.write(Exit::Ok, |out| {
            problems = match self.format {
                Format::Text => dump::write_text(&image, &wanted, style, out)?,
                Format::Json => dump::write_json(&image, &wanted, &facts, out)?,
            };
            Ok(())
        })?;
        Ok(self.judge(&problems))
    }

    /// Refuses parts that no file of this format has.
    fn refuse_foreign(&self, image: &Image, parts: &[Part]) -> Result<(), Failure> {
        let known = Part::of(image);
        let Some(foreign) = parts.iter().find(|part| !known.contains(part)) else { return Ok(()) };
        let names: Vec<&str> = known.iter().map(|part| part.name()).collect();
        Err(Failure::new(format!(
            "{}: a {} file has no {}, but {}",
            text::path(&self.file),
            if image.as_vhd().is_some() { "VHD" } else { "VHDX" },
            foreign.name(),
            names.join(", ")
        )))
    }

    /// A structure that was asked for and could not be shown is a failure.
    fn judge(&self, problems: &Problems) -> Exit {
        let Some(first) = &problems.first else { return Exit::Ok };
        let (path, reason) = (text::path(&self.file), text::printable(&first.reason().to_string()));
        messages::error(&match problems.count {
            1 => format!("{path}: {reason}"),
            count => format!("{path}: {} structures cannot be read; the first: {reason}", text::count(count)),
        });
        Exit::Failed
    }
}

fn open(path: &Path, as_on_disk: bool) -> Result<Image, Failure> {
    let source: Arc<dyn ReadAt> = Arc::new(FileSource::open(path)?);
    let (kind, by) = FileKind::of(&*source, path)?;
    if by == KindBy::Name {
        let what = "is no virtual disk: its bytes hold no signature of one";
        return Err(Failure::new(format!("{}: {what}", text::path(path))));
    }
    Ok(Image::open(source, kind, OpenOptions { depth: Depth::Full, as_on_disk })?)
}

impl From<Structure> for Part {
    fn from(structure: Structure) -> Self {
        match structure {
            Structure::Identifier => Self::Identifier,
            Structure::Header => Self::Header,
            Structure::RegionTable => Self::RegionTable,
            Structure::Metadata => Self::Metadata,
            Structure::Locator => Self::Locator,
            Structure::Log => Self::Log,
            Structure::Bat => Self::Bat,
            Structure::Bitmaps => Self::Bitmaps,
            Structure::Footer => Self::Footer,
            Structure::FooterCopy => Self::FooterCopy,
            Structure::DynamicHeader => Self::DynamicHeader,
        }
    }
}
