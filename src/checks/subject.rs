//! What checks look at: the files of a run and how they hang together.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::chain::{FileNo, Forest, absolute};
use crate::estate::verdict::Verdict;
use crate::estate::{FoundFile, Machines, NamedPath, Origin, OriginNo, Unreadable, Volume};
use crate::format::vhdx::parent_locator::{ParentLocator, ParentLocatorEntry};
use crate::format::vhdx::{REGION_TABLE_2_OFFSET, metadata_items, region_table};
use crate::image::Image;
use crate::image::vhd::{self, VhdSurvey};
use crate::image::vhdx::{BatSurvey, BitmapSurvey, Geometry, MetadataSurvey, VhdxSurvey};
use crate::units::{ByteLen, FileRange};

/// The files of a run, read and linked. [`run`](super::run) looks at those that the user named.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The files, sorted by path.
    pub files: &'a [FoundFile],
    /// What could not be walked or opened.
    pub unreadable: &'a [Unreadable],
    /// How the files hang together.
    pub forest: &'a Forest,
    /// The configurations of machines and checkpoints, and where their disks are.
    pub machines: &'a Machines,
    /// Whether each file is needed, in the order of the files; empty where that was not judged.
    pub verdicts: &'a [Option<Verdict>],
    /// The volumes on which the named paths lie.
    pub volumes: &'a [Volume],
    /// The folders and files that were named.
    pub named_paths: &'a [NamedPath],
    /// The runs that saw the files.
    pub origins: &'a [Origin],
}

impl<'a> Subject<'a> {
    /// A file by its number.
    pub(super) fn file(&self, file: FileNo) -> Option<&'a FoundFile> {
        self.files.get(file.0)
    }

    /// The place that a path stands for; see [`Origin::place`].
    pub(super) fn place(&self, origin: OriginNo, path: &Path) -> PathBuf {
        self.origins.get(origin.0).map_or_else(|| absolute(path), |origin| origin.place(path))
    }

    /// The places of all paths that lead to a file.
    pub(super) fn places(&self, file: &FoundFile) -> Vec<PathBuf> {
        let own = std::iter::once(&file.path).chain(&file.other_paths).map(|path| self.place(file.origin, path));
        own.chain(file.elsewhere.iter().map(|(origin, path)| self.place(*origin, path))).collect()
    }

    /// The moment from which the age of a file counts.
    pub(super) fn as_of(&self, file: &FoundFile) -> Option<Timestamp> {
        self.origins.get(file.origin.0)?.as_of
    }

    /// The verdict on a file.
    pub(super) fn verdict(&self, file: FileNo) -> Option<&'a Verdict> {
        self.verdicts.get(file.0)?.as_ref()
    }
}

/// A VHDX file whose structures were read. Passes over its BAT and its sector bitmaps are made when a check first asks.
#[derive(Debug)]
pub(super) struct VhdxFile<'a> {
    pub(super) path: &'a Path,
    pub(super) image: &'a Image,
    pub(super) survey: &'a VhdxSurvey,
    bat: OnceCell<Option<Arc<BatSurvey>>>,
    bitmaps: OnceCell<Option<BitmapSurvey>>,
}

impl<'a> VhdxFile<'a> {
    pub(super) fn new(file: &'a FoundFile) -> Option<Self> {
        let image = file.image.as_deref()?;
        let survey = image.as_vhdx()?;
        Some(Self { path: &file.path, image, survey, bat: OnceCell::new(), bitmaps: OnceCell::new() })
    }

    /// Whether the file ends before the end of the second region table: then its missing copies say nothing.
    pub(super) fn is_cut_in_headers(&self) -> bool {
        self.survey.file_size.0 < REGION_TABLE_2_OFFSET.saturating_add(region_table::SIZE).0
    }

    pub(super) fn geometry(&self) -> Option<&'a Geometry> {
        self.survey.geometry()
    }

    pub(super) fn metadata(&self) -> Option<&'a MetadataSurvey> {
        self.survey.metadata()
    }

    /// What the pass over the BAT found, where it came to its end.
    pub(super) fn bat(&self) -> Option<&BatSurvey> {
        self.bat.get_or_init(|| self.image.survey_blocks()?.ok()).as_deref()
    }

    /// What the sector bitmaps of a differencing disk say, where all of them could be read.
    pub(super) fn bitmaps(&self) -> Option<&BitmapSurvey> {
        let read = || {
            let geometry = self.geometry().filter(|geometry| geometry.has_parent)?;
            BitmapSurvey::read(&**self.image.view(), geometry, self.bat()?).ok()
        };
        self.bitmaps.get_or_init(read).as_ref()
    }

    pub(super) fn has_parent(&self) -> Option<bool> {
        Some(self.metadata()?.file_parameters()?.has_parent())
    }

    pub(super) fn locator(&self) -> Option<Locator<'a>> {
        Locator::of(self.survey)
    }
}

/// A VHD file whose structures were read. The pass over its table is made when a check first asks.
#[derive(Debug)]
pub(super) struct VhdFile<'a> {
    pub(super) path: &'a Path,
    pub(super) survey: &'a VhdSurvey,
    image: &'a Image,
    bat: OnceCell<Option<vhd::BatSurvey>>,
}

impl<'a> VhdFile<'a> {
    pub(super) fn new(file: &'a FoundFile) -> Option<Self> {
        let image = file.image.as_deref()?;
        Some(Self { path: &file.path, survey: image.as_vhd()?, image, bat: OnceCell::new() })
    }

    /// What the pass over the table found, where it came to its end.
    pub(super) fn bat(&self) -> Option<&vhd::BatSurvey> {
        self.bat.get_or_init(|| self.survey.bat(&**self.image.view())?.ok()).as_ref()
    }
}

/// A parent locator and where it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Locator<'a> {
    pub(super) range: FileRange,
    pub(super) content: &'a ParentLocator,
}

impl<'a> Locator<'a> {
    pub(super) fn of(survey: &'a VhdxSurvey) -> Option<Self> {
        let metadata = survey.metadata()?;
        let item = metadata.system_item(metadata_items::PARENT_LOCATOR)?;
        Some(Self { range: item.range?, content: metadata.parent_locator()? })
    }

    /// The entry with this key.
    pub(super) fn entry(&self, key: &str) -> Option<&'a ParentLocatorEntry> {
        self.content.entries.iter().find(|entry| entry.key.as_ref().is_some_and(|text| text.is(key)))
    }

    /// Where an entry's value lies in the file.
    pub(super) fn value_range(&self, entry: &ParentLocatorEntry) -> FileRange {
        let start = self.range.start.saturating_add(ByteLen(entry.value_offset.into()));
        FileRange::new(start, ByteLen(entry.value_length.into()))
    }
}
