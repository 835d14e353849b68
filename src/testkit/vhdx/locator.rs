//! Parent locators (MS-VHDX 2.6.2.6).

use uuid::{Uuid, uuid};

use crate::testkit::record::{Record, utf16, utf16_le};

/// The type of a locator whose parent is a VHDX file (MS-VHDX 2.6.2.6.1).
pub const VHDX_LOCATOR_TYPE: Uuid = uuid!("B04AEFB7-D19E-4A81-B789-25B8E9445913");

/// A parent locator: keys and values as UTF-16 code units, so that a test can store what is no text at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    /// The kind of locator; [`VHDX_LOCATOR_TYPE`] unless a test wants another.
    pub locator_type: Uuid,
    /// Keys and values in the order in which they are stored.
    pub entries: Vec<(Vec<u16>, Vec<u16>)>,
}

impl Locator {
    /// A VHDX locator without entries.
    pub const fn new() -> Self {
        Self { locator_type: VHDX_LOCATOR_TYPE, entries: vec![] }
    }

    /// What Hyper-V writes: the parent's `DataWriteGuid`, three paths, and a second linkage of zeros. The absolute path
    /// has no `\\?\` prefix, as in files of Hyper-V and unlike MS-VHDX 2.6.2.6.3.
    pub fn hyper_v(parent_data_write_guid: Uuid, absolute: &str, relative: &str, volume: &str) -> Self {
        Self::new()
            .linkage(parent_data_write_guid)
            .entry("absolute_win32_path", absolute)
            .entry("relative_path", relative)
            .entry("volume_path", volume)
            .linkage2(Uuid::nil())
    }

    /// As [`hyper_v`](Self::hyper_v), with the volume path made from the absolute one: the same path on a volume whose
    /// GUID follows from the drive letter.
    pub fn windows(parent_data_write_guid: Uuid, relative: &str, absolute: &str) -> Self {
        let (drive, path) = absolute.split_once(':').unwrap_or(("", absolute));
        let letter = drive.bytes().next().unwrap_or(b'C');
        let volume = format!(r"\\?\Volume{{5f1c2a70-0000-4000-8000-0000000000{letter:02x}}}{path}");
        Self::hyper_v(parent_data_write_guid, absolute, relative, &volume)
    }

    /// Adds an entry.
    #[must_use]
    pub fn entry(self, key: &str, value: &str) -> Self {
        self.raw_entry(&utf16(key), &utf16(value))
    }

    /// Adds an entry of any code units, lone surrogates included.
    #[must_use]
    pub fn raw_entry(mut self, key: &[u16], value: &[u16]) -> Self {
        self.entries.push((key.to_vec(), value.to_vec()));
        self
    }

    /// Adds `parent_linkage`: the parent's `DataWriteGuid`, lower case in braces.
    #[must_use]
    pub fn linkage(self, guid: Uuid) -> Self {
        self.entry("parent_linkage", &format!("{{{guid}}}"))
    }

    /// Adds `parent_linkage2`, which is not zero while a merge into the parent is under way.
    #[must_use]
    pub fn linkage2(self, guid: Uuid) -> Self {
        self.entry("parent_linkage2", &format!("{{{guid}}}"))
    }

    /// The bytes of the item: header, entries, then keys and values, each one after the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut record = Record::new(20 + 12 * self.entries.len());
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX);
        record.guid(0, self.locator_type).le16(18, count);
        let mut at = record.bytes().len();
        for (index, (key, value)) in self.entries.iter().enumerate() {
            let (key, value) = (utf16_le(key), utf16_le(value));
            let (key_at, value_at) = (at, at + key.len());
            let entry = 20 + 12 * index;
            record
                .le32(entry, super::low32(key_at as u64))
                .le32(entry + 4, super::low32(value_at as u64))
                .le16(entry + 8, u16::try_from(key.len()).unwrap_or(u16::MAX))
                .le16(entry + 10, u16::try_from(value.len()).unwrap_or(u16::MAX))
                .put(key_at, &key)
                .put(value_at, &value);
            at = value_at + value.len();
        }
        record.into_bytes()
    }
}

impl Default for Locator {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_entry_byte_by_byte() {
        let bytes = Locator::new().raw_entry(&[0x61], &[0xD800, 0x62]).to_bytes();
        let mut expected = VHDX_LOCATOR_TYPE.to_bytes_le().to_vec();
        expected.extend([0, 0, 1, 0]); // Reserved, KeyValueCount
        expected.extend([32, 0, 0, 0, 34, 0, 0, 0, 2, 0, 4, 0]); // KeyOffset, ValueOffset, KeyLength, ValueLength
        expected.extend([0x61, 0, 0x00, 0xD8, 0x62, 0]);
        assert_eq!(bytes, expected);
    }
}
