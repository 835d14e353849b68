//! The one reader of VHD structures: everything found, in the order in which one thing leads to the next.

use crate::error::Error;
use crate::format::vhd::dynamic_disk_header::{self, DynamicDiskHeader};
use crate::format::vhd::footer::{self, DiskType, Footer};
use crate::image::surveyed::{CopyState, Surveyed};
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset};

use super::{BatSurvey, Footers, Geometry, LocatorSurvey};

/// Everything found in a VHD file.
///
/// A wrong checksum alone blocks nothing: it stands as the verdict of its structure. Many programs never check it, and
/// files whose fields were edited by hand are read by all of those.
#[derive(Debug)]
pub struct VhdSurvey {
    /// Bytes of the file when it was opened.
    pub file_size: ByteLen,
    /// The footer, its copy, and which of them counts.
    pub footers: Footers,
    /// The dynamic disk header that the footer leads to; `None` for a fixed disk, and where no footer leads to one.
    pub header: Option<Surveyed<DynamicDiskHeader>>,
    /// The parent locators in use, with their data.
    pub locators: Vec<LocatorSurvey>,
    /// The sizes, or why they cannot be had; `None` where there is no footer, no header, or an unknown type of disk.
    pub geometry: Option<crate::Result<Geometry>>,
    /// Why the virtual disk must not be read, in the order of reading; empty when it can be.
    pub blockers: Vec<Error>,
}

impl VhdSurvey {
    /// Reads the structures of a file: the footers, the dynamic disk header and what the parent locators point at.
    pub fn read(source: &dyn ReadAt) -> Self {
        let file_size = source.size();
        let footers = Footers::read(source);
        let mut survey =
            Self { file_size, footers, header: None, locators: Vec::new(), geometry: None, blockers: Vec::new() };
        match survey.footers.current().and_then(|found| Some((found.content()?.clone(), found.at))) {
            Some((footer, at)) => survey.follow(source, &footer, at),
            None => survey.blockers.extend(survey.footers.current.as_ref().err().cloned()),
        }
        survey
    }

    /// Reads what the footer leads to.
    fn follow(&mut self, source: &dyn ReadAt, footer: &Footer, at: FileOffset) {
        if footer.file_format_version.major != footer::FILE_FORMAT_VERSION.major {
            let what = format!("format version {} is unknown", footer.file_format_version);
            self.blockers.push(Error::unsupported(footer::STRUCTURE, at, what));
        }
        match footer.disk_type {
            DiskType::Fixed => {}
            DiskType::Dynamic | DiskType::Differencing if footer.dynamic_disk_header_offset().is_none() => {
                let what = "the disk is not fixed, and no offset of a dynamic disk header is given";
                self.blockers.push(Error::malformed(footer::STRUCTURE, at, what));
                return;
            }
            DiskType::Dynamic | DiskType::Differencing => self.read_header(source, footer),
            DiskType::None | DiskType::Other(_) => {
                let what = format!("disk type {} is unknown", footer.disk_type.number());
                self.blockers.push(Error::unsupported(footer::STRUCTURE, at, what));
                // Whatever the type should be, a header says more about the file.
                self.read_header(source, footer);
                return;
            }
        }
        if footer.disk_type != DiskType::Fixed && self.header().is_none() {
            return;
        }
        let geometry = Geometry::new(footer, at, self.header.as_ref(), self.footers.data_end(self.file_size));
        match &geometry {
            Err(error) => self.blockers.push(error.clone()),
            Ok(geometry) => {
                let (structure, needed) = geometry.needed();
                if needed.end() > geometry.data_end {
                    let available = ByteLen(geometry.data_end.0.saturating_sub(needed.start.0));
                    self.blockers.push(Error::truncated(structure, needed.start, needed.len, available));
                }
            }
        }
        self.geometry = Some(geometry);
    }

    fn read_header(&mut self, source: &dyn ReadAt, footer: &Footer) {
        const STRUCTURE: &str = dynamic_disk_header::STRUCTURE;
        let Some(at) = footer.dynamic_disk_header_offset() else { return };
        let parsed = source
            .read_vec(STRUCTURE, at, dynamic_disk_header::SIZE)
            .and_then(|bytes| DynamicDiskHeader::parse(at, &bytes));
        let found = Surveyed::new(STRUCTURE, at, parsed, |header| {
            if header.cookie != dynamic_disk_header::COOKIE {
                CopyState::BadSignature
            } else if header.checksum != header.computed_checksum {
                CopyState::BadChecksum
            } else {
                CopyState::Valid
            }
        });
        match &found.parsed {
            Err(error) => self.blockers.push(error.clone()),
            Ok(_) if found.state == CopyState::BadSignature => {
                self.blockers.push(Error::malformed(STRUCTURE, at, "wrong signature"));
            }
            Ok(header) => {
                if header.header_version.major != dynamic_disk_header::HEADER_VERSION.major {
                    let what = format!("header version {} is unknown", header.header_version);
                    self.blockers.push(Error::unsupported(STRUCTURE, at, what));
                }
                self.locators = LocatorSurvey::read_all(source, header);
            }
        }
        self.header = Some(found);
    }

    /// Looks through the whole block allocation table; `view` is what this survey was read from. `None` for a fixed
    /// disk, and where the sizes are not known.
    pub fn bat(&self, view: &dyn ReadAt) -> Option<crate::Result<BatSurvey>> {
        let geometry = self.geometry()?;
        Some(BatSurvey::read(view, geometry, geometry.blocks.as_ref()?))
    }

    /// The footer that counts.
    pub fn footer(&self) -> Option<&Footer> {
        self.footers.current().and_then(Surveyed::content)
    }

    /// The dynamic disk header, where there is one with the right signature.
    pub fn header(&self) -> Option<&DynamicDiskHeader> {
        let header = self.header.as_ref().filter(|header| header.state != CopyState::BadSignature);
        header.and_then(Surveyed::content)
    }

    /// The sizes, where they could be had.
    pub fn geometry(&self) -> Option<&Geometry> {
        self.geometry.as_ref().and_then(|geometry| geometry.as_ref().ok())
    }
}
