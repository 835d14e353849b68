//! An opened image of either format, and what both have in common.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::format::vhd::SECTOR_SIZE;
use crate::format::vhd::dynamic_disk_header;
use crate::format::vhd::fields::{DiskType as VhdDiskType, TimeStamp, UniqueId};
use crate::format::vhdx::metadata_items;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset};

use super::layout::{FormatLayout, Layout};
use super::vhd::{self, VhdSurvey};
use super::vhdx::{self, VhdxSurvey, block_map};
use super::{BlockCounts, BlockUse, FileKind, ParentReference, parent};

pub use super::vhdx::OpenOptions;

/// One image file: its survey, and the view in which its structures and blocks are read (the file, or the file with
/// its log replayed over it in memory).
#[derive(Debug)]
pub struct Image {
    view: Arc<dyn ReadAt>,
    stored: Arc<dyn ReadAt>,
    /// For a file that was opened again: where the virtual disk lies in it.
    layout: Option<Layout>,
    /// Filled from the start, but for a file that was opened again.
    survey: OnceLock<Survey>,
    /// What the pass over the BAT of a VHDX file found, from the first question to [`forget_blocks`](Self::forget_blocks).
    bat: Mutex<Option<Result<Arc<vhdx::BatSurvey>>>>,
    /// What that pass found of the first and the last block, from then on.
    ends: OnceLock<vhdx::Ends>,
}

/// Everything found in the file.
#[derive(Debug)]
pub enum Survey {
    /// A VHDX file.
    Vhdx(Box<VhdxSurvey>),
    /// A VHD file.
    Vhd(Box<VhdSurvey>),
}

/// What kind of disk a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiskType {
    /// All blocks stay allocated (VHDX: the bit `LeaveBlockAllocated`).
    Fixed,
    /// Blocks are allocated when they are first written.
    Dynamic,
    /// What is not in the file is its parent's.
    Differencing,
    /// The file gives a type that the specification does not know (VHD).
    Unknown,
}

impl DiskType {
    /// The word for the type in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Dynamic => "dynamic",
            Self::Differencing => "differencing",
            Self::Unknown => "unknown",
        }
    }
}

impl Image {
    /// Surveys a file of kind [`FileKind::Vhdx`] or [`FileKind::Vhd`]. Damage does not fail here: it stands in
    /// [`blockers`](Self::blockers). A VHD is read the same with all `options`.
    pub fn open(source: Arc<dyn ReadAt>, kind: FileKind, options: OpenOptions) -> Result<Self> {
        let stored = Arc::clone(&source);
        match kind {
            FileKind::Vhdx => {
                let (survey, view) = VhdxSurvey::read(source, options);
                Ok(Self::new(view, stored, None, OnceLock::from(Survey::Vhdx(Box::new(survey)))))
            }
            FileKind::Vhd => {
                let survey = Survey::Vhd(Box::new(VhdSurvey::read(&*source)));
                Ok(Self::new(source, stored, None, OnceLock::from(survey)))
            }
            other => {
                let what = format!("a {} file is no virtual disk that this version reads", other.name());
                Err(Error::refused("", None, what).with_path(source.path().unwrap_or(Path::new(""))))
            }
        }
    }

    /// The file's path, empty for a source without one.
    pub fn path(&self) -> &Path {
        self.stored.path().unwrap_or(Path::new(""))
    }

    /// Opens a file again of which it is known where the virtual disk lies in it. Its structures are read only when
    /// something asks for them; the content can be read without.
    pub fn reopen(source: Arc<dyn ReadAt>, layout: Layout) -> Self {
        Self::new(Arc::clone(&source), source, Some(layout), OnceLock::new())
    }

    fn new(view: Arc<dyn ReadAt>, stored: Arc<dyn ReadAt>, layout: Option<Layout>, survey: OnceLock<Survey>) -> Self {
        Self { view, stored, layout, survey, bat: Mutex::default(), ends: OnceLock::new() }
    }

    /// Where the virtual disk lies in the file; `None` where it cannot be read, and where a log is, or would have to be,
    /// laid over the file.
    pub fn layout(&self) -> Option<Layout> {
        if self.layout.is_some() {
            return self.layout.clone();
        }
        if !self.blockers().is_empty() || self.log_state() == Some(vhdx::LogState::Dirty) || self.replayed() {
            return None;
        }
        Some(Layout(match self.survey() {
            Survey::Vhdx(survey) => {
                let geometry = *survey.geometry()?;
                let structures = vhdx::runs::structures(survey, &geometry).into();
                FormatLayout::Vhdx { geometry, structures, ends: self.ends.get().copied() }
            }
            Survey::Vhd(survey) => FormatLayout::Vhd(*survey.geometry()?),
        }))
    }

    /// What is known of a file that was opened again.
    pub(super) fn known_layout(&self) -> Option<&Layout> {
        self.layout.as_ref()
    }

    /// Everything found.
    pub fn survey(&self) -> &Survey {
        self.survey.get_or_init(|| match &self.layout {
            Some(Layout(FormatLayout::Vhdx { .. })) => {
                // There is nothing to replay.
                let options = OpenOptions { as_on_disk: true, ..OpenOptions::default() };
                Survey::Vhdx(Box::new(VhdxSurvey::read(Arc::clone(&self.stored), options).0))
            }
            // A file that was not opened again has its survey from the start.
            Some(Layout(FormatLayout::Vhd(_))) | None => Survey::Vhd(Box::new(VhdSurvey::read(&*self.stored))),
        })
    }

    /// The bytes of the file, as of the replay where there was one.
    pub fn view(&self) -> &Arc<dyn ReadAt> {
        &self.view
    }

    /// The bytes of the file as they are stored, without any replay.
    pub fn stored(&self) -> &Arc<dyn ReadAt> {
        &self.stored
    }

    /// Bytes of the file as it is stored. [`view`](Self::view) may be longer, for a replay may extend the file.
    pub fn stored_size(&self) -> ByteLen {
        self.stored.size()
    }

    /// The survey of a VHDX file.
    pub fn as_vhdx(&self) -> Option<&VhdxSurvey> {
        match self.survey() {
            Survey::Vhdx(survey) => Some(survey),
            Survey::Vhd(_) => None,
        }
    }

    /// The survey of a VHD file.
    pub fn as_vhd(&self) -> Option<&VhdSurvey> {
        match self.survey() {
            Survey::Vhd(survey) => Some(survey),
            Survey::Vhdx(_) => None,
        }
    }

    /// Why the virtual disk must not be read from this file; empty when it can be.
    pub fn blockers(&self) -> &[Error] {
        if self.layout.is_some() {
            return &[];
        }
        match self.survey() {
            Survey::Vhdx(survey) => &survey.blockers,
            Survey::Vhd(survey) => &survey.blockers,
        }
    }

    /// What kind of disk it is, where the file says so.
    pub fn disk_type(&self) -> Option<DiskType> {
        match self.survey() {
            Survey::Vhdx(survey) => {
                let parameters = survey.metadata()?.file_parameters()?;
                Some(match (parameters.has_parent(), parameters.leave_blocks_allocated()) {
                    (true, _) => DiskType::Differencing,
                    (false, true) => DiskType::Fixed,
                    (false, false) => DiskType::Dynamic,
                })
            }
            Survey::Vhd(survey) => Some(match survey.footer()?.disk_type {
                VhdDiskType::Fixed => DiskType::Fixed,
                VhdDiskType::Dynamic => DiskType::Dynamic,
                VhdDiskType::Differencing => DiskType::Differencing,
                VhdDiskType::None | VhdDiskType::Other(_) => DiskType::Unknown,
            }),
        }
    }

    /// Bytes of the virtual disk, as recorded. Of a VHD the current size, whatever its geometry says.
    pub fn virtual_size(&self) -> Option<ByteLen> {
        if let Some(layout) = &self.layout {
            return Some(layout.virtual_size());
        }
        match self.survey() {
            Survey::Vhdx(survey) => survey.metadata()?.virtual_disk_size(),
            Survey::Vhd(survey) => Some(survey.footer()?.current_size),
        }
    }

    /// Bytes of a payload block, as recorded. A fixed VHD has no blocks.
    pub fn block_size(&self) -> Option<ByteLen> {
        match self.survey() {
            Survey::Vhdx(survey) => Some(ByteLen(survey.metadata()?.file_parameters()?.block_size.into())),
            Survey::Vhd(survey) => Some(survey.header()?.block_size),
        }
    }

    /// Bytes of a logical sector, as recorded; 512 in every VHD.
    pub fn logical_sector_size(&self) -> Option<ByteLen> {
        if let Some(layout) = &self.layout {
            return Some(layout.logical_sector_size());
        }
        match self.survey() {
            Survey::Vhdx(survey) => survey.metadata()?.logical_sector_size(),
            Survey::Vhd(_) => Some(SECTOR_SIZE),
        }
    }

    /// Bytes of a physical sector, as recorded; 512 in every VHD.
    pub fn physical_sector_size(&self) -> Option<ByteLen> {
        match self.survey() {
            Survey::Vhdx(survey) => survey.metadata()?.physical_sector_size(),
            Survey::Vhd(_) => Some(SECTOR_SIZE),
        }
    }

    /// What a child names this file by: the `DataWriteGuid`, or a VHD's unique id in the order of its bytes. All zero
    /// identifies nothing.
    pub fn identity(&self) -> Option<Uuid> {
        match self.survey() {
            Survey::Vhdx(survey) => survey.header().map(|header| header.data_write_guid),
            Survey::Vhd(survey) => survey.footer().map(|footer| UniqueId::as_uuid(footer.unique_id)),
        }
    }

    /// What the guest sees as the disk's identity; the same along a chain that Windows wrote. A VHD has
    /// none.
    pub fn virtual_disk_id(&self) -> Option<Uuid> {
        match self.survey() {
            Survey::Vhdx(survey) => survey.metadata()?.virtual_disk_id(),
            Survey::Vhd(_) => None,
        }
    }

    /// The time stamp in a VHD's footer: when the image was made, by the clock of the machine that made it. Not what a
    /// child's [`parent_time_stamp`](ParentReference::parent_time_stamp) is to be compared with.
    pub fn time_stamp(&self) -> Option<TimeStamp> {
        match self.survey() {
            Survey::Vhdx(_) => None,
            Survey::Vhd(survey) => Some(survey.footer()?.time_stamp),
        }
    }

    /// What a differencing disk says about its parent, or why that cannot be used. `None` for any other disk.
    pub fn parent_reference(&self) -> Option<Result<ParentReference>> {
        if self.disk_type()? != DiskType::Differencing {
            return None;
        }
        match self.survey() {
            Survey::Vhdx(survey) => Some(vhdx_parent(survey)),
            Survey::Vhd(survey) => Some(vhd_parent(survey)),
        }
    }

    /// What one pass over the BAT of a VHDX file finds. The pass is made when it is first asked for, and what it found is
    /// kept until [`forget_blocks`](Self::forget_blocks). `None` where the file has no table that can be read.
    pub fn survey_blocks(&self) -> Option<Result<Arc<vhdx::BatSurvey>>> {
        let survey = self.as_vhdx()?;
        let mut kept = self.kept_blocks();
        if kept.is_none() {
            let found = survey.bat(&*self.view)?;
            if let Some(ends) = found.as_ref().ok().and_then(|found| found.ends) {
                self.ends.get_or_init(|| ends);
            }
            *kept = Some(found.map(Arc::new));
        }
        kept.clone()
    }

    /// Gives back the memory of what [`survey_blocks`](Self::survey_blocks) found: up to 32 MiB.
    pub fn forget_blocks(&self) {
        *self.kept_blocks() = None;
    }

    fn kept_blocks(&self) -> MutexGuard<'_, Option<Result<Arc<vhdx::BatSurvey>>>> {
        self.bat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Number of payload blocks in each state: from the pass that was made, else from one over the BAT that does nothing
    /// else. `None` where the file has none that can be read.
    pub fn count_blocks(&self) -> Option<Result<BlockCounts>> {
        if let Some(found) = self.kept_blocks().as_ref() {
            return Some(found.as_ref().map(|found| found.counts).map_err(Clone::clone));
        }
        match self.survey() {
            Survey::Vhdx(survey) => Some(block_map::count(&*self.view, survey.geometry()?, survey.zero_rows())),
            Survey::Vhd(survey) => Some(vhd::block_map::count(&*self.view, survey.geometry()?.blocks.as_ref()?)),
        }
    }

    /// What the payload blocks take in the file: one more pass over the BAT. `None` where the file has none that can be
    /// read.
    pub fn block_use(&self) -> Option<Result<BlockUse>> {
        match self.survey() {
            Survey::Vhdx(survey) => Some(vhdx::block_use(&*self.view, survey.geometry()?)),
            Survey::Vhd(survey) => Some(vhd::block_use(&*self.view, survey.geometry()?.blocks.as_ref()?)),
        }
    }

    /// Whether the file is a VHDX file; else it is a VHD.
    pub fn is_vhdx(&self) -> bool {
        match &self.layout {
            Some(Layout(layout)) => matches!(layout, FormatLayout::Vhdx { .. }),
            None => matches!(self.survey(), Survey::Vhdx(_)),
        }
    }

    /// Whether the file has a dirty log that was left alone, so that its bytes are not yet what its guest wrote.
    pub fn awaits_replay(&self) -> bool {
        self.layout.is_none() && self.log_state() == Some(vhdx::LogState::Dirty) && !self.replayed()
    }

    /// Whether the numbers are those after a replay of the log.
    pub fn replayed(&self) -> bool {
        match self.survey() {
            Survey::Vhdx(survey) => survey.replayed,
            Survey::Vhd(_) => false,
        }
    }

    /// What the log says, for a format that has one: VHD has none.
    pub fn log_state(&self) -> Option<vhdx::LogState> {
        match self.survey() {
            Survey::Vhdx(survey) => survey.log_state(),
            Survey::Vhd(_) => None,
        }
    }
}

fn vhdx_parent(survey: &VhdxSurvey) -> Result<ParentReference> {
    let metadata = survey.metadata();
    let item = metadata.and_then(|metadata| metadata.system_item(metadata_items::PARENT_LOCATOR));
    let at = item.and_then(|item| item.range).map(|range| range.start);
    if let Some(Err(error)) = item.map(|item| &item.parsed) {
        return Err(error.clone());
    }
    let Some(locator) = metadata.and_then(vhdx::MetadataSurvey::parent_locator) else {
        let at = metadata.map_or(FileOffset::ZERO, |metadata| metadata.region.start);
        return Err(Error::malformed("parent locator", at, "missing, although the disk has a parent"));
    };
    let reference = ParentReference::of_vhdx(locator);
    match parent::unusable(locator, &reference, at.unwrap_or_default()) {
        Some(error) => Err(error),
        None => Ok(reference),
    }
}

fn vhd_parent(survey: &VhdSurvey) -> Result<ParentReference> {
    match survey.header() {
        Some(header) => Ok(ParentReference::of_vhd(header, &survey.locators)),
        // Reading ended where the header should have been, with the reason.
        None => Err(survey.blockers.last().cloned().unwrap_or_else(|| {
            Error::malformed(
                dynamic_disk_header::STRUCTURE,
                FileOffset::ZERO,
                "missing, although the disk has a parent",
            )
        })),
    }
}
