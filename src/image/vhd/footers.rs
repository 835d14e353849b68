//! The footer at the end of the file and its copy at the start, each with its own verdict, and the rule which of them
//! counts.

use crate::error::{Error, Result};
use crate::format::vhd::footer::{self, DiskType, Footer};
use crate::image::surveyed::{CopyState, Surveyed};
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset};

/// Both footers as they were found.
#[derive(Debug)]
pub struct Footers {
    /// The footer at the end of the file.
    pub at_end: Surveyed<Footer>,
    /// Bytes of the footer at the end: 512, or 511 in files from before Virtual PC 2004.
    pub size_at_end: ByteLen,
    /// The copy at the start of the file; `None` for a fixed disk, which has none.
    pub copy: Option<Surveyed<Footer>>,
    /// Which of them counts, or why neither does.
    pub current: Result<CurrentFooter>,
}

/// Which footer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurrentFooter {
    /// The one at the end of the file.
    AtEnd,
    /// The copy at the start, for the one at the end cannot be trusted.
    Copy,
}

/// Why a footer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FooterChoice {
    /// It is the one at the end of the file, and valid.
    ValidAtEnd,
    /// It is the copy, and valid, and the one at the end is not.
    OnlyValid,
    /// It is the one at the end; neither is valid, and both say the same of all that reading depends on.
    SameAsCopy,
    /// It is the only one with the signature of a footer, although its checksum is wrong.
    OnlySigned,
}

impl FooterChoice {
    /// A few words for a person.
    pub fn describe(self) -> &'static str {
        match self {
            Self::ValidAtEnd => "at the end of the file",
            Self::OnlyValid => "the only valid one",
            Self::SameAsCopy => "both checksums are wrong, and both say the same",
            Self::OnlySigned => "the only one with the signature",
        }
    }
}

impl Footers {
    /// Reads the footers. I/O errors stay with the one they befell.
    pub(super) fn read(source: &dyn ReadAt) -> Self {
        let (at_end, size_at_end) = at_end(source);
        let fixed = |found: &Surveyed<Footer>| found.content().is_some_and(|f| f.disk_type == DiskType::Fixed);
        // A fixed disk has the guest's own bytes at the start. Only a right checksum proves that it is one: a damaged
        // type must not hide the copy.
        let mut copy = match at_end.valid() {
            Some(_) if fixed(&at_end) => None,
            _ => Some(copy(source)),
        };
        let current = current(&at_end, copy.as_ref());
        if matches!(current, Ok(CurrentFooter::AtEnd)) && fixed(&at_end) {
            copy = None;
        }
        Self { at_end, size_at_end, copy, current }
    }

    /// The footer that counts, with its place and verdict.
    pub fn current(&self) -> Option<&Surveyed<Footer>> {
        match self.current {
            Ok(CurrentFooter::AtEnd) => Some(&self.at_end),
            Ok(CurrentFooter::Copy) => self.copy.as_ref(),
            Err(_) => None,
        }
    }

    /// Why [`current`](Self::current) counts.
    pub fn choice(&self) -> Option<FooterChoice> {
        let other_has_cookie = match self.current.as_ref().ok()? {
            CurrentFooter::AtEnd => self.copy.as_ref().is_some_and(has_cookie),
            CurrentFooter::Copy => has_cookie(&self.at_end),
        };
        Some(match (self.current.as_ref().ok()?, self.current()?.state) {
            (CurrentFooter::AtEnd, CopyState::Valid) => FooterChoice::ValidAtEnd,
            (CurrentFooter::Copy, CopyState::Valid) => FooterChoice::OnlyValid,
            _ if other_has_cookie => FooterChoice::SameAsCopy,
            _ => FooterChoice::OnlySigned,
        })
    }

    /// Where the footer at the end starts, and with it the bytes that belong to no block; the end of the file where
    /// there is none.
    pub fn data_end(&self, file_size: ByteLen) -> FileOffset {
        if has_cookie(&self.at_end) { self.at_end.at } else { FileOffset(file_size.0) }
    }
}

/// The footer in the last 512 bytes, or, where only these have the cookie, in the last 511.
fn at_end(source: &dyn ReadAt) -> (Surveyed<Footer>, ByteLen) {
    let now = read(source, footer::STRUCTURE, end_offset(source, footer::SIZE), footer::SIZE);
    if !has_cookie(&now) {
        let before_2004 = read(source, footer::STRUCTURE, end_offset(source, footer::OLD_SIZE), footer::OLD_SIZE);
        if has_cookie(&before_2004) {
            return (before_2004, footer::OLD_SIZE);
        }
    }
    (now, footer::SIZE)
}

fn end_offset(source: &dyn ReadAt, size: ByteLen) -> FileOffset {
    FileOffset(source.size().saturating_sub(size).0)
}

fn copy(source: &dyn ReadAt) -> Surveyed<Footer> {
    read(source, footer::STRUCTURE_COPY, FileOffset::ZERO, footer::SIZE)
}

fn read(source: &dyn ReadAt, structure: &'static str, at: FileOffset, size: ByteLen) -> Surveyed<Footer> {
    let parse = if size == footer::OLD_SIZE { Footer::parse_old } else { Footer::parse };
    let parsed = source.read_vec(structure, at, size).and_then(|bytes| parse(structure, at, &bytes));
    Surveyed::new(structure, at, parsed, judge)
}

fn judge(footer: &Footer) -> CopyState {
    if footer.cookie != footer::COOKIE {
        CopyState::BadSignature
    } else if footer.checksum != footer.computed_checksum {
        CopyState::BadChecksum
    } else {
        CopyState::Valid
    }
}

fn has_cookie(found: &Surveyed<Footer>) -> bool {
    matches!(found.state, CopyState::Valid | CopyState::BadChecksum)
}

/// Which footer counts: the one at the end when its checksum is right, else the copy when its is ("Hard Disk Footer
/// Format": the copy is there in case the one at the end is damaged).
///
/// Files with a wrong checksum in both are made by hand and by careless programs. They count when both say the same
/// of everything that reading depends on; where they do not, nothing tells which of them is right.
fn current(at_end: &Surveyed<Footer>, copy: Option<&Surveyed<Footer>>) -> Result<CurrentFooter> {
    // What stands at the start of a fixed disk is the guest's, whatever it looks like.
    let copy = copy.filter(|copy| copy.content().is_some_and(|footer| footer.disk_type != DiskType::Fixed));
    if at_end.valid().is_some() {
        return Ok(CurrentFooter::AtEnd);
    }
    if copy.is_some_and(|copy| copy.valid().is_some()) {
        return Ok(CurrentFooter::Copy);
    }
    match (Some(at_end).filter(|found| has_cookie(found)), copy.filter(|found| has_cookie(found))) {
        (Some(at_end), Some(copy)) => match (at_end.content(), copy.content()) {
            (Some(a), Some(b)) if reading_depends_on(a) != reading_depends_on(b) => Err(Error::malformed(
                footer::STRUCTURE,
                at_end.at,
                "its checksum and that of the copy are wrong, and they differ",
            )),
            _ => Ok(CurrentFooter::AtEnd),
        },
        (Some(_), None) => Ok(CurrentFooter::AtEnd),
        (None, Some(_)) => Ok(CurrentFooter::Copy),
        (None, None) => Err(match &at_end.parsed {
            Err(error) => error.clone(),
            Ok(_) => Error::malformed(footer::STRUCTURE, at_end.at, "wrong signature, and there is no copy"),
        }),
    }
}

fn reading_depends_on(footer: &Footer) -> impl PartialEq {
    (footer.data_offset, footer.current_size, footer.disk_type, footer.unique_id)
}
