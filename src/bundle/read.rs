//! Reading a bundle: hostile input, of which nothing is believed before its line is whole.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::analysis::contents::Contents;
use crate::checks::Findings;
use crate::error::{Error, Result};
use crate::estate::{FoundFile, Link, Unreadable, Volume};
use crate::limits::{MAX_BUNDLE, MAX_BUNDLE_LINE, MAX_BUNDLE_LINES};
use crate::source::open_regular;
use crate::units::ByteLen;

use super::header::{HeaderLine, SCHEMA};
use super::line::Line;

/// What one run saw.
#[derive(Debug)]
pub struct Bundle {
    /// The file that was read.
    pub path: PathBuf,
    /// Whose files they are, and what was looked at.
    pub header: HeaderLine,
    /// The volumes on which the named paths lie.
    pub volumes: Vec<Volume>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
    /// Symbolic links that were not followed.
    pub links: Vec<Link>,
    /// The files, in the order of the bundle.
    pub files: Vec<FoundFile>,
    /// What is on the disks that were looked into, by their paths.
    pub contents: Vec<(PathBuf, Result<Contents>)>,
    /// What was found wrong with single files.
    pub findings: Findings,
    /// Number of findings whose codes this version does not know.
    pub unknown_findings: u64,
    /// After how many lines the bundle was cut short; `None` for one that is whole.
    pub cut_after: Option<u64>,
}

/// The first bytes of a gzip file.
pub(super) const GZIP: [u8; 2] = [0x1F, 0x8B];

impl Bundle {
    /// Reads a bundle. One that was cut short gives what it still holds; anything else that is wrong with it is an
    /// error.
    pub fn open(path: &Path) -> Result<Self> {
        let read = Lines::open(path).and_then(|lines| Self::read(path, lines));
        read.map_err(|error| error.with_path(path))
    }

    /// The same for bytes in memory.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self> {
        Lines::new(bytes).and_then(|lines| Self::read(path, lines)).map_err(|error| error.with_path(path))
    }

    fn read<R: BufRead>(path: &Path, mut lines: Lines<R>) -> Result<Self> {
        let header = match lines.next_line()? {
            Some((_, Line::Bundle(header))) => *header,
            _ => return Err(Error::refused("", None, "is no bundle: its first line is not the header of one")),
        };
        let windows = header.windows;
        let mut bundle = Self {
            path: path.to_owned(),
            header,
            volumes: Vec::new(),
            unreadable: Vec::new(),
            links: Vec::new(),
            files: Vec::new(),
            contents: Vec::new(),
            findings: Findings::default(),
            unknown_findings: 0,
            cut_after: None,
        };
        let mut ended = false;
        loop {
            let next = match lines.next_line() {
                // What follows is not looked at, whatever it is: a second bundle, or bytes that are none.
                Ok(Some((number, _))) if ended => return Err(after_the_end(number)),
                Err(_) if ended => return Err(after_the_end(lines.number.saturating_add(1))),
                next => next?,
            };
            let Some((number, line)) = next else { break };
            let mut unknown = 0;
            match line {
                Line::Bundle(_) => return Err(wrong(number, "is a second header")),
                Line::Volume(line) => bundle.volumes.push(line.into_volume(windows)),
                Line::Unreadable(line) => bundle.unreadable.push(line.into_unreadable(windows)),
                Line::Link(line) => bundle.links.push(line.into_link(windows)),
                Line::File(line) => {
                    let file = line.into_file::<serde_json::Error>(windows);
                    bundle.files.push(file.map_err(|error| wrong(number, &error.to_string()))?);
                }
                Line::Contents(line) => {
                    bundle.contents.push((line.path.to_path(windows), line.into_contents()));
                }
                Line::Finding(line) => match line.into_finding(windows) {
                    Some(finding) => bundle.findings.list.push(finding),
                    None => unknown = 1,
                },
                Line::NotShown(line) => bundle.findings.not_shown.extend(line.into_not_shown(windows)),
                Line::End(end) if end.lines_count == number.saturating_sub(1) => ended = true,
                Line::End(end) => {
                    let before = number.saturating_sub(1);
                    let what = format!(
                        "is the last one and counts {} lines before it, and there are {before}: lines were lost or added",
                        end.lines_count
                    );
                    return Err(wrong(number, &what));
                }
                Line::Unknown => {}
            }
            bundle.unknown_findings = bundle.unknown_findings.saturating_add(unknown);
        }
        // Without its end not even the checksum is there.
        bundle.cut_after = (!ended || lines.is_cut).then_some(lines.number);
        Ok(bundle)
    }
}

/// Something follows the line that says that it is the last one.
fn after_the_end(number: u64) -> Error {
    wrong(number, "comes after the last one: several bundles in one file are not read, each must be a file of its own")
}

/// A wrong line.
fn wrong(number: u64, what: &str) -> Error {
    Error::refused("", None, format!("line {number} {what}"))
}

/// The lines of a bundle, compressed or not, each within its bounds.
#[derive(Debug)]
pub(super) struct Lines<R: BufRead> {
    from: Source<R>,
    /// Number of whole lines that were read.
    number: u64,
    bytes: u64,
    /// Whether the bytes end before what they say is their end.
    is_cut: bool,
}

#[derive(Debug)]
enum Source<R: BufRead> {
    Plain(R),
    Zipped(Box<BufReader<MultiGzDecoder<R>>>),
}

impl Lines<BufReader<File>> {
    pub(super) fn open(path: &Path) -> Result<Self> {
        Self::new(BufReader::new(open_regular(path)?))
    }
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(mut from: R) -> Result<Self> {
        let start = from.fill_buf().map_err(|error| Error::io(error, "", None))?;
        let zipped = start.starts_with(&GZIP);
        let from = match zipped {
            true => Source::Zipped(Box::new(BufReader::new(MultiGzDecoder::new(from)))),
            false => Source::Plain(from),
        };
        Ok(Self { from, number: 0, bytes: 0, is_cut: false })
    }

    /// The next line with its number, from 1; `None` at the end, also at one that comes too early.
    pub(super) fn next_line(&mut self) -> Result<Option<(u64, Line)>> {
        let number = self.number.saturating_add(1);
        let left = MAX_BUNDLE.0.saturating_sub(self.bytes).min(MAX_BUNDLE_LINE.0);
        let mut text = Vec::new();
        let read = match &mut self.from {
            Source::Plain(from) => take_line(from, left, &mut text),
            Source::Zipped(from) => take_line(from, left, &mut text),
        };
        match read {
            // What is left of a line that was cut says nothing.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.is_cut = true;
                return Ok(None);
            }
            Err(error) => return Err(wrong(number, &format!("cannot be read: {error}"))),
            Ok(()) => {}
        }
        self.bytes = self.bytes.saturating_add(ByteLen::from(text.len()).0);
        if text.last() != Some(&b'\n') {
            if ByteLen::from(text.len()).0 <= left {
                self.is_cut |= !text.is_empty();
                return Ok(None);
            }
            let (name, limit) = match left == MAX_BUNDLE_LINE.0 {
                true => ("MAX_BUNDLE_LINE", MAX_BUNDLE_LINE),
                false => ("MAX_BUNDLE", MAX_BUNDLE),
            };
            return Err(wrong(number, &format!("goes over the bound {name} of {limit} bytes")));
        }
        if number > MAX_BUNDLE_LINES {
            return Err(wrong(number, &format!("is one more than the bound MAX_BUNDLE_LINES of {MAX_BUNDLE_LINES}")));
        }
        self.number = number;
        if number == 1 {
            check_schema(&text)?;
        }
        let line = serde_json::from_slice(&text).map_err(|error| wrong(number, &format!("cannot be read: {error}")))?;
        Ok(Some((number, line)))
    }
}

/// Reads a line with its end, and at most one byte more than `left`.
fn take_line(from: &mut impl BufRead, left: u64, text: &mut Vec<u8>) -> io::Result<()> {
    from.take(left.saturating_add(1)).read_until(b'\n', text).map(|_| ())
}

/// Refuses what is no bundle, or one of another version, before anything else is asked of it.
fn check_schema(line: &[u8]) -> Result<()> {
    #[derive(serde::Deserialize)]
    struct Schema {
        schema: String,
    }
    match serde_json::from_slice::<Schema>(line) {
        Ok(found) if found.schema == SCHEMA => Ok(()),
        Ok(found) if found.schema.starts_with("vhdxray.bundle/") => {
            let what = format!("was written as {:?}, and this version reads {SCHEMA:?} alone", found.schema);
            Err(Error::refused("", None, what))
        }
        _ => Err(Error::refused("", None, "is no bundle: its first line is not the header of one")),
    }
}
