//! What is known of a virtual disk, as a bundle holds it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::format::vhd::fields::TimeStamp;
use crate::image::vhdx::LogState;
use crate::image::{
    DiskFacts, DiskPlaces, DiskType, HintKind, LocatorEntryFacts, LocatorFacts, ParentReference, PathHint, RecordedText,
};
use crate::units::{ByteLen, FileOffset, FileRange};

use super::text::{ErrorLine, Hex};
use super::words::{self, HintKey};

/// What is known of a virtual disk. What its file does not say is `null`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DiskLine {
    /// `fixed`, `dynamic`, `differencing` or `unknown`.
    #[serde(rename = "type", default, with = "words::option")]
    #[schemars(with = "Option<String>")]
    pub disk_type: Option<DiskType>,
    /// The program that made the file.
    #[serde(default)]
    pub creator: Option<TextLine>,
    /// Bytes of the virtual disk.
    #[serde(default)]
    pub virtual_size_bytes: Option<u64>,
    /// Bytes of a payload block.
    #[serde(default)]
    pub block_size_bytes: Option<u64>,
    /// Bytes of a logical sector.
    #[serde(default)]
    pub logical_sector_size_bytes: Option<u64>,
    /// Bytes of a physical sector.
    #[serde(default)]
    pub physical_sector_size_bytes: Option<u64>,
    /// What the guest sees as the disk's identity.
    #[serde(default)]
    pub virtual_disk_id: Option<Uuid>,
    /// What a child of a VHDX names it by.
    #[serde(default)]
    pub data_write_guid: Option<Uuid>,
    /// Changes with every opening for writing.
    #[serde(default)]
    pub file_write_guid: Option<Uuid>,
    /// What a child of a VHD names it by.
    #[serde(default)]
    pub unique_id: Option<Uuid>,
    /// VHD: when the file was made, in seconds since the start of 2000.
    #[serde(default)]
    pub time_stamp_seconds: Option<u32>,
    /// `clean`, `dirty` or `corrupt`.
    #[serde(default, with = "words::option")]
    #[schemars(with = "Option<String>")]
    pub log_state: Option<LogState>,
    /// Whether all of this is as of a replay of the log.
    #[serde(default)]
    pub replayed: bool,
    /// What a differencing disk says about its parent.
    #[serde(default)]
    pub parent: Option<ReferenceLine>,
    /// The parent locator, entry by entry.
    #[serde(default)]
    pub locator: Option<LocatorLine>,
    /// The `DataWriteGuid` of each header that is valid.
    #[serde(default)]
    pub header_guids: Vec<Uuid>,
    /// Where structures lie that findings point at.
    #[serde(default)]
    pub places: PlacesLine,
}

/// Text from a file, which need not be valid.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct TextLine {
    /// The text, lossily.
    #[serde(default)]
    pub text: Option<String>,
    /// The exact bytes, where the text does not tell them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw_hex: Option<Hex>,
}

/// What a differencing disk says about its parent: an error, or the rest.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceLine {
    /// Why it cannot be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorLine>,
    /// The identity that the parent must have.
    #[serde(default)]
    pub linkage: Option<Uuid>,
    /// A second one that is accepted too.
    #[serde(default)]
    pub linkage2: Option<Uuid>,
    /// Where the parent was, in the order in which Windows tries.
    #[serde(default)]
    pub recorded: Vec<HintLine>,
    /// VHD: when the parent was last written, in seconds since the start of 2000.
    #[serde(default)]
    pub parent_time_stamp_seconds: Option<u32>,
}

/// One recorded path.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HintLine {
    /// The key it is recorded under.
    pub key: String,
    /// `relative`, `volume`, `absolute` or `name`.
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub kind: HintKind,
    /// The path, lossily.
    pub path: String,
}

/// A parent locator.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LocatorLine {
    /// VHDX: where it lies.
    #[serde(default)]
    pub range: Option<RangeLine>,
    /// VHDX: `parent_linkage`.
    #[serde(default)]
    pub linkage: Option<Uuid>,
    /// VHDX: `parent_linkage2`.
    #[serde(default)]
    pub linkage2: Option<Uuid>,
    /// The entries in the order of the file.
    #[serde(default)]
    pub entries: Vec<LocatorEntryLine>,
}

/// One entry.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LocatorEntryLine {
    /// The key.
    pub key: TextLine,
    /// The value.
    pub value: TextLine,
    /// VHDX: where the value lies.
    #[serde(default)]
    pub value_range: Option<RangeLine>,
}

/// Where structures lie.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct PlacesLine {
    /// VHDX: the item with the size of the virtual disk.
    #[serde(default)]
    pub virtual_disk_size: Option<RangeLine>,
    /// VHDX: the item with the logical sector size.
    #[serde(default)]
    pub logical_sector_size: Option<RangeLine>,
    /// VHD: the dynamic disk header.
    #[serde(default)]
    pub dynamic_disk_header_offset: Option<u64>,
}

/// A range of a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RangeLine {
    /// Its first byte.
    pub offset: u64,
    /// Its length.
    pub length_bytes: u64,
}

impl From<&DiskFacts> for DiskLine {
    fn from(disk: &DiskFacts) -> Self {
        Self {
            disk_type: disk.disk_type,
            creator: disk.creator.as_ref().map(TextLine::from),
            virtual_size_bytes: disk.virtual_size.map(ByteLen::get),
            block_size_bytes: disk.block_size.map(ByteLen::get),
            logical_sector_size_bytes: disk.logical_sector_size.map(ByteLen::get),
            physical_sector_size_bytes: disk.physical_sector_size.map(ByteLen::get),
            virtual_disk_id: disk.virtual_disk_id,
            data_write_guid: disk.data_write_guid,
            file_write_guid: disk.file_write_guid,
            unique_id: disk.unique_id,
            time_stamp_seconds: disk.time_stamp.map(|stamp| stamp.0),
            log_state: disk.log_state,
            replayed: disk.replayed,
            parent: disk.reference.as_ref().map(ReferenceLine::from),
            locator: disk.locator.as_ref().map(LocatorLine::from),
            header_guids: disk.header_guids.clone(),
            places: PlacesLine {
                virtual_disk_size: disk.places.virtual_disk_size.map(RangeLine::from),
                logical_sector_size: disk.places.logical_sector_size.map(RangeLine::from),
                dynamic_disk_header_offset: disk.places.dynamic_disk_header.map(FileOffset::get),
            },
        }
    }
}

impl DiskLine {
    /// The facts; fails where a word is unknown.
    pub(super) fn into_facts<E: serde::de::Error>(self) -> Result<DiskFacts, E> {
        Ok(DiskFacts {
            disk_type: self.disk_type,
            creator: self.creator.map(RecordedText::from),
            virtual_size: self.virtual_size_bytes.map(ByteLen),
            block_size: self.block_size_bytes.map(ByteLen),
            logical_sector_size: self.logical_sector_size_bytes.map(ByteLen),
            physical_sector_size: self.physical_sector_size_bytes.map(ByteLen),
            virtual_disk_id: self.virtual_disk_id,
            data_write_guid: self.data_write_guid,
            file_write_guid: self.file_write_guid,
            unique_id: self.unique_id,
            time_stamp: self.time_stamp_seconds.map(TimeStamp),
            log_state: self.log_state,
            replayed: self.replayed,
            reference: self.parent.map(ReferenceLine::into_reference).transpose()?,
            locator: self.locator.map(LocatorFacts::from),
            header_guids: self.header_guids,
            places: DiskPlaces {
                virtual_disk_size: self.places.virtual_disk_size.map(FileRange::from),
                logical_sector_size: self.places.logical_sector_size.map(FileRange::from),
                dynamic_disk_header: self.places.dynamic_disk_header_offset.map(FileOffset),
            },
        })
    }
}

impl From<&crate::Result<ParentReference>> for ReferenceLine {
    fn from(reference: &crate::Result<ParentReference>) -> Self {
        let hint = |hint: &PathHint| HintLine { key: hint.key.to_owned(), kind: hint.kind, path: hint.path.clone() };
        let known = reference.as_ref().ok();
        Self {
            error: reference.as_ref().err().map(ErrorLine::from),
            linkage: known.and_then(|known| known.linkage),
            linkage2: known.and_then(|known| known.linkage2),
            recorded: known.map(|known| known.hints.iter().map(hint).collect()).unwrap_or_default(),
            parent_time_stamp_seconds: known.and_then(|known| known.parent_time_stamp).map(|stamp| stamp.0),
        }
    }
}

impl ReferenceLine {
    fn into_reference<E: serde::de::Error>(self) -> Result<crate::Result<ParentReference>, E> {
        if let Some(error) = self.error {
            return Ok(Err(error.into()));
        }
        let hint = |hint: HintLine| Ok(PathHint { key: HintKey::of(&hint.key)?, kind: hint.kind, path: hint.path });
        Ok(Ok(ParentReference {
            linkage: self.linkage,
            linkage2: self.linkage2,
            hints: self.recorded.into_iter().map(hint).collect::<Result<_, E>>()?,
            parent_time_stamp: self.parent_time_stamp_seconds.map(TimeStamp),
        }))
    }
}

impl From<&LocatorFacts> for LocatorLine {
    fn from(locator: &LocatorFacts) -> Self {
        let entry = |entry: &LocatorEntryFacts| LocatorEntryLine {
            key: TextLine::from(&entry.key),
            value: TextLine::from(&entry.value),
            value_range: entry.value_range.map(RangeLine::from),
        };
        Self {
            range: locator.range.map(RangeLine::from),
            linkage: locator.linkage,
            linkage2: locator.linkage2,
            entries: locator.entries.iter().map(entry).collect(),
        }
    }
}

impl From<LocatorLine> for LocatorFacts {
    fn from(line: LocatorLine) -> Self {
        let entry = |entry: LocatorEntryLine| LocatorEntryFacts {
            key: entry.key.into(),
            value: entry.value.into(),
            value_range: entry.value_range.map(FileRange::from),
        };
        Self {
            range: line.range.map(FileRange::from),
            linkage: line.linkage,
            linkage2: line.linkage2,
            entries: line.entries.into_iter().map(entry).collect(),
            places: Box::default(),
        }
    }
}

impl From<&RecordedText> for TextLine {
    fn from(text: &RecordedText) -> Self {
        Self { text: text.shown().map(Cow::into_owned), raw_hex: text.raw().map(|raw| Hex(raw.to_vec())) }
    }
}

impl From<TextLine> for RecordedText {
    fn from(line: TextLine) -> Self {
        Self::Shown { shown: line.text, raw: line.raw_hex.map(|hex| hex.0) }
    }
}

impl From<FileRange> for RangeLine {
    fn from(range: FileRange) -> Self {
        Self { offset: range.start.0, length_bytes: range.len.0 }
    }
}

impl From<RangeLine> for FileRange {
    fn from(line: RangeLine) -> Self {
        Self::new(FileOffset(line.offset), ByteLen(line.length_bytes))
    }
}
