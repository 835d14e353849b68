//! The header of dynamic and differencing disks ("Dynamic Disk Header Format").

use uuid::Uuid;

use crate::testkit::record::{Checksum, Record, utf16, utf16_be, utf16_le};

/// A parent locator and its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentLocator {
    /// The platform code: `W2ru`, `W2ku`, `Wi2r`, `Wi2k`, `Mac `, `MacX`.
    pub platform_code: [u8; 4],
    /// The path as it is stored.
    pub data: Vec<u8>,
    /// What the entry states as its space; `None` is the true one in bytes, as Windows writes it. The specification
    /// counts sectors.
    pub data_space: Option<u32>,
    /// The length in bytes that the entry states; `None` is the true one.
    pub data_length: Option<u32>,
    /// The file offset that the entry states; `None` is the true one.
    pub data_offset: Option<u64>,
}

impl ParentLocator {
    /// A locator of any code and bytes.
    pub fn new(platform_code: [u8; 4], data: &[u8]) -> Self {
        Self { platform_code, data: data.to_vec(), data_space: None, data_length: None, data_offset: None }
    }

    /// `W2ru`: a relative Windows path in UTF-16, least significant byte first.
    pub fn relative(path: &str) -> Self {
        Self::new(*b"W2ru", &utf16_le(&utf16(path)))
    }

    /// `W2ku`: an absolute Windows path in UTF-16, least significant byte first.
    pub fn absolute(path: &str) -> Self {
        Self::new(*b"W2ku", &utf16_le(&utf16(path)))
    }

    /// `Wi2r`: a relative Windows path in single bytes.
    pub fn relative_ansi(path: &[u8]) -> Self {
        Self::new(*b"Wi2r", path)
    }

    /// `Wi2k`: an absolute Windows path in single bytes.
    pub fn absolute_ansi(path: &[u8]) -> Self {
        Self::new(*b"Wi2k", path)
    }

    /// `MacX`: a `file:` URL in UTF-8.
    pub fn mac_url(url: &str) -> Self {
        Self::new(*b"MacX", url.as_bytes())
    }
}

/// A dynamic header, field by field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicHeader {
    /// `cxsparse`, unless a test wants another.
    pub cookie: [u8; 8],
    /// All ones; unused.
    pub data_offset: u64,
    /// Where the BAT stands.
    pub table_offset: u64,
    /// 1.0 in two halves.
    pub header_version: u32,
    /// Entries of the BAT.
    pub max_table_entries: u32,
    /// The block size in bytes, without the bitmap.
    pub block_size: u32,
    /// How the checksum is written.
    pub checksum: Checksum,
    /// The unique id of the parent; zero without one.
    pub parent_unique_id: Uuid,
    /// The time stamp of the parent's footer or file, in seconds since the start of the year 2000.
    pub parent_time_stamp: u32,
    /// The parent's name as UTF-16, most significant byte first; at most 256 code units.
    pub parent_unicode_name: Vec<u16>,
}

impl DynamicHeader {
    /// The 1024 bytes, with up to eight locators and where their data stand.
    pub fn to_bytes(&self, locators: &[(ParentLocator, u64)]) -> Vec<u8> {
        let mut record = Record::new(1024);
        let name = self.parent_unicode_name.get(..256).unwrap_or(&self.parent_unicode_name);
        record
            .put(0, &self.cookie)
            .be64(8, self.data_offset)
            .be64(16, self.table_offset)
            .be32(24, self.header_version)
            .be32(28, self.max_table_entries)
            .be32(32, self.block_size)
            .put(40, self.parent_unique_id.as_bytes())
            .be32(56, self.parent_time_stamp)
            .put(64, &utf16_be(name));
        for (index, (locator, offset)) in locators.iter().take(8).enumerate() {
            let at = 576 + 24 * index;
            let length = super::low32(locator.data.len() as u64);
            record
                .put(at, &locator.platform_code)
                .be32(at + 4, locator.data_space.unwrap_or_else(|| length.next_multiple_of(512)))
                .be32(at + 8, locator.data_length.unwrap_or(length))
                .be64(at + 16, locator.data_offset.unwrap_or(*offset));
        }
        super::seal(&mut record, 36, self.checksum);
        record.into_bytes()
    }
}
