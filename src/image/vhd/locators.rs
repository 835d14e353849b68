//! The parent locators that are in use, each with the data that it points at.

use crate::error::{Error, Result};
use crate::format::vhd::dynamic_disk_header::DynamicDiskHeader;
use crate::format::vhd::parent_locator::{self, LocatorData, ParentLocatorEntry, PlatformCode};
use crate::limits;
use crate::source::ReadAt;

/// One parent locator.
#[derive(Debug)]
pub struct LocatorSurvey {
    /// Its entry in the dynamic disk header.
    pub entry: ParentLocatorEntry,
    /// What it says, or why that could not be read.
    pub data: Result<LocatorData>,
}

impl LocatorSurvey {
    /// Reads the data of every entry that is in use, in the order of the header.
    pub(super) fn read_all(source: &dyn ReadAt, header: &DynamicDiskHeader) -> Vec<Self> {
        let used = header.parent_locator_entries.iter().filter(|entry| entry.is_used());
        used.map(|entry| Self { entry: *entry, data: read(source, entry) }).collect()
    }

    /// The path of a locator with this code, unless it is empty or cannot be read.
    pub fn path(&self, code: PlatformCode) -> Option<&str> {
        let data = self.data.as_ref().ok().filter(|_| self.entry.platform_code == code)?;
        data.text.as_deref().filter(|text| !text.is_empty())
    }
}

fn read(source: &dyn ReadAt, entry: &ParentLocatorEntry) -> Result<LocatorData> {
    let (range, limit) = (entry.data(), limits::MAX_VHD_LOCATOR_DATA);
    if range.len > limit {
        let name = "MAX_VHD_LOCATOR_DATA";
        return Err(Error::limit(parent_locator::STRUCTURE, entry.at, name, limit.0, range.len.0));
    }
    let raw = source.read_vec(parent_locator::STRUCTURE, range.start, range.len)?;
    Ok(entry.platform_code.decode(&raw))
}
