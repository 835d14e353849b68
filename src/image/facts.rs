//! What is worth knowing of a disk beside its bytes: facts alone, so that they can come from an opened image or from a
//! record of one.

use std::borrow::Cow;

use uuid::Uuid;

use crate::error::Result;
use crate::format::text::Utf16Text;
use crate::format::vhd::fields::TimeStamp;
use crate::format::vhdx::metadata_items;
use crate::format::vhdx::parent_locator::{
    ABSOLUTE_WIN32_PATH, PARENT_LINKAGE, PARENT_LINKAGE2, ParentLocatorEntry, RELATIVE_PATH, VOLUME_PATH,
};
use crate::units::{ByteLen, FileOffset, FileRange};

use super::vhd::{LocatorSurvey, VhdSurvey};
use super::vhdx::{LogState, VhdxSurvey};
use super::{DiskType, Image, ParentReference, Survey};

/// The keys of a parent locator (MS-VHDX 2.6.2.6.3).
const KEYS: [&str; 5] = [PARENT_LINKAGE, PARENT_LINKAGE2, RELATIVE_PATH, VOLUME_PATH, ABSOLUTE_WIN32_PATH];

/// The facts about one disk. What the file does not say, or what cannot be read of it, is `None`.
#[derive(Clone, Debug, Default)]
pub struct DiskFacts {
    /// What kind of disk it is.
    pub disk_type: Option<DiskType>,
    /// The program that made the file, as it calls itself.
    pub creator: Option<RecordedText>,
    /// Bytes of the virtual disk.
    pub virtual_size: Option<ByteLen>,
    /// Bytes of a payload block.
    pub block_size: Option<ByteLen>,
    /// Bytes of a logical sector.
    pub logical_sector_size: Option<ByteLen>,
    /// Bytes of a physical sector.
    pub physical_sector_size: Option<ByteLen>,
    /// VHDX: what the guest sees as the disk's identity.
    pub virtual_disk_id: Option<Uuid>,
    /// VHDX: changes with the content; what a child names its parent by.
    pub data_write_guid: Option<Uuid>,
    /// VHDX: changes with every opening for writing.
    pub file_write_guid: Option<Uuid>,
    /// VHD: what a child names its parent by.
    pub unique_id: Option<Uuid>,
    /// VHD: when the file was made.
    pub time_stamp: Option<TimeStamp>,
    /// VHDX: what the log says; `None` also where no header could be read.
    pub log_state: Option<LogState>,
    /// Whether the facts are as of a replay of the log.
    pub replayed: bool,
    /// What a differencing disk says about its parent, or why that cannot be used; `None` for any other disk.
    pub reference: Option<Result<ParentReference>>,
    /// The parent locator, where one could be read.
    pub locator: Option<LocatorFacts>,
    /// VHDX: the `DataWriteGuid` of each header that is valid, also of the one that does not count any more.
    pub header_guids: Vec<Uuid>,
    /// Where structures lie that a finding about a chain points at.
    pub places: DiskPlaces,
}

/// A parent locator, entry by entry. Of a VHD, the name in the dynamic disk header and the locators under their platform
/// codes.
#[derive(Clone, Debug, Default)]
pub struct LocatorFacts {
    /// VHDX: where the item lies in the file.
    pub range: Option<FileRange>,
    /// VHDX: the value of `parent_linkage`.
    pub linkage: Option<Uuid>,
    /// VHDX: the value of `parent_linkage2`.
    pub linkage2: Option<Uuid>,
    /// The entries in the order of the file.
    pub entries: Vec<LocatorEntryFacts>,
    /// Where the values of the keys that the format knows lie, once the entries were dropped.
    pub places: Box<[(&'static str, FileRange)]>,
}

/// One entry of a parent locator.
#[derive(Clone, Debug)]
pub struct LocatorEntryFacts {
    /// The key.
    pub key: RecordedText,
    /// The value.
    pub value: RecordedText,
    /// VHDX: where the value lies in the file.
    pub value_range: Option<FileRange>,
}

/// Text from a file, which need not be valid.
#[derive(Clone, Debug)]
pub enum RecordedText {
    /// As the file holds it: most of it nobody asks for, and then it is not made into a string.
    Utf16(Utf16Text),
    /// As it was recorded, or found in single bytes.
    Shown {
        /// The text, lossily; `None` where there is none, or where it is no text.
        shown: Option<String>,
        /// The exact bytes, where the text does not tell them.
        raw: Option<Vec<u8>>,
    },
}

/// Where structures lie in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskPlaces {
    /// VHDX: the item with the size of the virtual disk.
    pub virtual_disk_size: Option<FileRange>,
    /// VHDX: the item with the logical sector size.
    pub logical_sector_size: Option<FileRange>,
    /// VHD: the dynamic disk header.
    pub dynamic_disk_header: Option<FileOffset>,
}

impl DiskFacts {
    /// The facts about an opened image.
    pub fn of(image: &Image) -> Self {
        Self::about(image, true)
    }

    /// Only those that something is concluded from: what [`forget_shown`](Self::forget_shown) drops is not made.
    pub fn concluded(image: &Image) -> Self {
        Self::about(image, false)
    }

    fn about(image: &Image, shown: bool) -> Self {
        let facts = Self {
            disk_type: image.disk_type(),
            virtual_size: image.virtual_size(),
            block_size: image.block_size(),
            logical_sector_size: image.logical_sector_size(),
            physical_sector_size: image.physical_sector_size(),
            virtual_disk_id: image.virtual_disk_id(),
            time_stamp: image.time_stamp(),
            log_state: image.log_state(),
            replayed: image.replayed(),
            reference: image.parent_reference(),
            ..Self::default()
        };
        let mut facts = match image.survey() {
            Survey::Vhdx(survey) => facts.with_vhdx(survey, shown),
            Survey::Vhd(survey) => facts.with_vhd(survey, shown),
        };
        // They are kept for every disk of an estate.
        facts.header_guids.shrink_to_fit();
        if let Some(Ok(reference)) = &mut facts.reference {
            reference.hints.shrink_to_fit();
        }
        facts
    }

    fn with_vhdx(self, survey: &VhdxSurvey, shown: bool) -> Self {
        let header = survey.header();
        let mut header_guids = Vec::with_capacity(survey.headers.len());
        header_guids.extend(survey.headers.iter().filter_map(|copy| Some(copy.valid()?.data_write_guid)));
        let place = |item| survey.metadata().and_then(|metadata| metadata.system_item(item)?.range);
        Self {
            creator: survey
                .identifier
                .as_ref()
                .ok()
                .filter(|_| shown)
                .map(|found| RecordedText::Utf16(found.creator.clone())),
            data_write_guid: header.map(|header| header.data_write_guid),
            file_write_guid: header.map(|header| header.file_write_guid),
            locator: locator_of_vhdx(survey, shown),
            header_guids,
            places: DiskPlaces {
                virtual_disk_size: place(metadata_items::VIRTUAL_DISK_SIZE),
                logical_sector_size: place(metadata_items::LOGICAL_SECTOR_SIZE),
                dynamic_disk_header: None,
            },
            ..self
        }
    }

    fn with_vhd(self, survey: &VhdSurvey, shown: bool) -> Self {
        let footer = survey.footer();
        Self {
            creator: footer.filter(|_| shown).map(|footer| RecordedText::ascii(&footer.creator_application.0)),
            unique_id: footer.map(|footer| footer.unique_id.as_uuid()),
            locator: locator_of_vhd(survey, shown),
            places: DiskPlaces {
                dynamic_disk_header: survey.header.as_ref().map(|header| header.at),
                ..DiskPlaces::default()
            },
            ..self
        }
    }

    /// What a child names this disk by. All zero identifies nothing.
    pub fn identity(&self) -> Option<Uuid> {
        self.data_write_guid.or(self.unique_id)
    }

    /// Drops what nothing is concluded from: the creator, and what a locator says beside what stands in
    /// [`reference`](Self::reference).
    pub fn forget_shown(&mut self) {
        self.creator = None;
        if let Some(locator) = &mut self.locator {
            let places = KEYS.into_iter().filter_map(|key| Some((key, locator.value_range(key)?)));
            locator.places = places.collect();
            locator.entries = Vec::new();
        }
    }

    /// What the disk says about its parent, where that can be used.
    pub fn parent(&self) -> Option<&ParentReference> {
        self.reference.as_ref()?.as_ref().ok()
    }

    /// The log's state where it is to be mentioned.
    pub fn is_log_clean(&self) -> bool {
        self.log_state.is_none_or(|state| state == LogState::Clean)
    }
}

impl LocatorFacts {
    /// Where the value of a key lies in the file.
    pub fn value_range(&self, key: &str) -> Option<FileRange> {
        let kept = self.places.iter().find(|(known, _)| *known == key).map(|(_, range)| *range);
        kept.or_else(|| self.entries.iter().find(|entry| entry.key.is(key))?.value_range)
    }
}

impl RecordedText {
    /// The text, lossily; `None` where there is none, or where it is no text.
    pub fn shown(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf16(text) => Some(Cow::Owned(text.lossy())),
            Self::Shown { shown, .. } => shown.as_deref().map(Cow::Borrowed),
        }
    }

    /// The exact bytes, where the text does not tell them.
    pub fn raw(&self) -> Option<&[u8]> {
        match self {
            Self::Utf16(text) => text.exact().is_none().then(|| text.bytes()),
            Self::Shown { raw, .. } => raw.as_deref(),
        }
    }

    /// Whether it is exactly this text.
    fn is(&self, text: &str) -> bool {
        match self {
            Self::Utf16(own) => own.is(text),
            Self::Shown { shown, .. } => shown.as_deref() == Some(text),
        }
    }

    /// Text of single bytes.
    fn ascii(bytes: &[u8]) -> Self {
        let raw = (!bytes.is_ascii()).then(|| bytes.to_vec());
        Self::Shown { shown: Some(String::from_utf8_lossy(bytes).into_owned()), raw }
    }
}

fn locator_of_vhdx(survey: &VhdxSurvey, shown: bool) -> Option<LocatorFacts> {
    let metadata = survey.metadata()?;
    let locator = metadata.parent_locator()?;
    let range = metadata.system_item(metadata_items::PARENT_LOCATOR)?.range;
    let text = |text: &Option<Utf16Text>| match text {
        Some(text) => RecordedText::Utf16(text.clone()),
        None => RecordedText::Shown { shown: None, raw: None },
    };
    let value_range = |entry: &ParentLocatorEntry| {
        let start = range?.start.saturating_add(ByteLen(entry.value_offset.into()));
        Some(FileRange::new(start, ByteLen(entry.value_length.into())))
    };
    let entry = |entry: &ParentLocatorEntry| LocatorEntryFacts {
        key: text(&entry.key),
        value: text(&entry.value),
        value_range: value_range(entry),
    };
    let place = |key: &'static str| {
        let mut entries = locator.entries.iter();
        let known = entries.find(|entry| entry.key.as_ref().is_some_and(|text| text.is(key)))?;
        Some((key, value_range(known)?))
    };
    let (entries, places) = match shown {
        true => (locator.entries.iter().map(entry).collect(), Box::default()),
        false => (Vec::new(), KEYS.into_iter().filter_map(place).collect()),
    };
    let (linkage, linkage2) = (locator.guid(PARENT_LINKAGE), locator.guid(PARENT_LINKAGE2));
    Some(LocatorFacts { range, linkage, linkage2, entries, places })
}

fn locator_of_vhd(survey: &VhdSurvey, shown: bool) -> Option<LocatorFacts> {
    let header = survey.header()?;
    if !shown {
        return Some(LocatorFacts::default());
    }
    let named = LocatorEntryFacts {
        key: RecordedText::Shown { shown: Some("header_name".to_owned()), raw: None },
        value: RecordedText::Utf16(header.parent_unicode_name.clone()),
        value_range: None,
    };
    let located = |locator: &LocatorSurvey| {
        let code = locator.entry.platform_code.code();
        let data = locator.data.as_ref().ok();
        let key = String::from_utf8_lossy(&code).trim_end().to_ascii_lowercase();
        let raw = (!code.is_ascii()).then(|| code.to_vec());
        LocatorEntryFacts {
            key: RecordedText::Shown { shown: Some(key), raw },
            value: RecordedText::Shown {
                shown: data.and_then(|data| data.text.clone()),
                raw: data.filter(|data| !data.exact).map(|data| data.raw.clone()),
            },
            value_range: None,
        }
    };
    let entries = std::iter::once(named).chain(survey.locators.iter().map(located)).collect();
    Some(LocatorFacts { entries, ..LocatorFacts::default() })
}
