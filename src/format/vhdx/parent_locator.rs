//! Parent locator (MS-VHDX 2.6.2.6): keys and values that name the parent of a differencing disk.

use std::sync::Arc;

use binrw::BinRead;
use uuid::{Uuid, uuid};

use crate::error::{Error, Result};
use crate::format::fixed;
use crate::format::text::Utf16Text;
use crate::limits;
use crate::units::{ByteLen, FileOffset};

/// Name of the structure in errors and findings.
pub const STRUCTURE: &str = "parent locator";
/// The only locator type that the specification knows: the parent is a VHDX file.
pub const VHDX_LOCATOR: Uuid = uuid!("B04AEFB7-D19E-4A81-B789-25B8E9445913");

/// Key of the parent's `DataWriteGuid`.
pub const PARENT_LINKAGE: &str = "parent_linkage";
/// Key of a second `DataWriteGuid` that is accepted too: set while a merge is under way.
pub const PARENT_LINKAGE2: &str = "parent_linkage2";
/// Key of the path relative to the child's folder.
pub const RELATIVE_PATH: &str = "relative_path";
/// Key of the path below a volume's GUID.
pub const VOLUME_PATH: &str = "volume_path";
/// Key of the path below a drive letter.
pub const ABSOLUTE_WIN32_PATH: &str = "absolute_win32_path";

/// How many keys the specification knows.
const KNOWN_KEYS: usize = 5;
const HEADER_SIZE: u64 = 20;
const ENTRY_SIZE: u64 = 12;

/// A parent locator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentLocator {
    /// [`VHDX_LOCATOR`], or a type this program does not know.
    pub locator_type: Uuid,
    /// Number of entries as stored.
    pub key_value_count: u16,
    /// The entries that lie inside the item.
    pub entries: Vec<ParentLocatorEntry>,
}

/// One key with its value, exactly as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentLocatorEntry {
    /// Offset of this entry in the file.
    pub at: FileOffset,
    /// Offset of the key from the start of the item.
    pub key_offset: u32,
    /// Offset of the value from the start of the item.
    pub value_offset: u32,
    /// Bytes of the key.
    pub key_length: u16,
    /// Bytes of the value.
    pub value_length: u16,
    /// The key, or `None` where it does not lie inside the item.
    pub key: Option<Utf16Text>,
    /// The value, or `None` where it does not lie inside the item.
    pub value: Option<Utf16Text>,
}

#[derive(BinRead)]
#[br(little)]
struct RawHeader {
    #[br(map = fixed::guid)]
    locator_type: Uuid,
    _reserved: u16,
    key_value_count: u16,
}

#[derive(BinRead)]
#[br(little)]
struct RawEntry {
    key_offset: u32,
    value_offset: u32,
    key_length: u16,
    value_length: u16,
}

impl ParentLocator {
    /// Reads the item whose bytes lie at `at`. Entries that the item has no room for are left out; the stored count
    /// tells how many there should be. Fails where keys and values together have many times the item's bytes.
    pub fn parse(at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let header: RawHeader = fixed::read(STRUCTURE, at, bytes, ByteLen(HEADER_SIZE))?;
        // All keys and values share one copy of the item.
        let shared: Arc<[u8]> = bytes.into();
        let mut entries = Vec::with_capacity(usize::from(header.key_value_count).min(KNOWN_KEYS));
        let mut offset = HEADER_SIZE;
        let budget = ByteLen::from(bytes.len()).0.saturating_mul(limits::MAX_LOCATOR_PASSES);
        let mut claimed: u64 = 0;
        for _ in 0..header.key_value_count {
            let at = at.saturating_add(ByteLen(offset));
            let rest = usize::try_from(offset).ok().and_then(|from| bytes.get(from..)).unwrap_or_default();
            let Ok(raw) = fixed::read::<RawEntry>(STRUCTURE, at, rest, ByteLen(ENTRY_SIZE)) else { break };
            let key = text(&shared, raw.key_offset, raw.key_length);
            let value = text(&shared, raw.value_offset, raw.value_length);
            for text in [&key, &value].into_iter().flatten() {
                claimed = claimed.saturating_add(ByteLen::from(text.bytes().len()).0);
            }
            if claimed > budget {
                return Err(Error::limit(STRUCTURE, at, "MAX_LOCATOR_PASSES", budget, claimed));
            }
            entries.push(ParentLocatorEntry {
                at,
                key_offset: raw.key_offset,
                value_offset: raw.value_offset,
                key_length: raw.key_length,
                value_length: raw.value_length,
                key,
                value,
            });
            offset = offset.saturating_add(ENTRY_SIZE);
        }
        Ok(Self { locator_type: header.locator_type, key_value_count: header.key_value_count, entries })
    }

    /// The value of the first entry with this key; keys are case-sensitive.
    pub fn get(&self, key: &str) -> Option<&Utf16Text> {
        self.entries
            .iter()
            .find(|entry| entry.key.as_ref().is_some_and(|text| text.is(key)))
            .and_then(|entry| entry.value.as_ref())
    }

    /// The GUID under this key, with or without braces, in either case. `None` where the key is missing or its value
    /// is no GUID.
    pub fn guid(&self, key: &str) -> Option<Uuid> {
        let mut buffer = [0; 38];
        let text = self.get(key)?.ascii_in(&mut buffer)?;
        let bare = text.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}")).unwrap_or(text);
        // Only the hyphenated form: the uuid crate would take URNs and bare digits as well.
        if bare.len() == 36 { Uuid::try_parse_ascii(bare).ok() } else { None }
    }
}

fn text(item: &Arc<[u8]>, offset: u32, length: u16) -> Option<Utf16Text> {
    let start = usize::try_from(offset).ok()?;
    let end = start.checked_add(usize::from(length))?;
    Utf16Text::within(item, start..end)
}
