//! Where the virtual disk lies in a file, for a file that is opened again: its content can be read without reading once
//! more the structures that say so.

use crate::source::ReadAt;
use crate::units::{ByteLen, FileRange};

use super::vhdx::{LogState, runs};
use super::{Image, Survey, vhd, vhdx};

/// Where the virtual disk lies in a file that can be read as it is: nothing stands in the way, and no log is, or would
/// have to be, laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout(pub(super) FormatLayout);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FormatLayout {
    Vhdx {
        geometry: vhdx::Geometry,
        /// Structures that a payload block must not lie in, by name.
        structures: Vec<(&'static str, FileRange)>,
    },
    Vhd(vhd::Geometry),
}

impl Layout {
    pub(super) fn of(image: &Image) -> Option<Self> {
        if !image.blockers().is_empty() || image.replayed() || image.log_state() == Some(LogState::Dirty) {
            return None;
        }
        Some(Self(match image.survey() {
            Survey::Vhdx(survey) => {
                let geometry = *survey.geometry()?;
                FormatLayout::Vhdx { geometry, structures: runs::structures(survey, &geometry) }
            }
            Survey::Vhd(survey) => FormatLayout::Vhd(*survey.geometry()?),
        }))
    }

    pub(super) fn virtual_size(&self) -> ByteLen {
        match &self.0 {
            FormatLayout::Vhdx { geometry, .. } => geometry.virtual_size,
            FormatLayout::Vhd(geometry) => geometry.virtual_size,
        }
    }

    pub(super) fn logical_sector_size(&self) -> ByteLen {
        match &self.0 {
            FormatLayout::Vhdx { geometry, .. } => geometry.logical_sector_size,
            FormatLayout::Vhd(_) => crate::format::vhd::SECTOR_SIZE,
        }
    }

    /// Reads the structures after all.
    pub(super) fn survey(&self, stored: &std::sync::Arc<dyn ReadAt>) -> Survey {
        match &self.0 {
            FormatLayout::Vhdx { .. } => {
                // There is nothing to replay.
                let options = vhdx::OpenOptions { as_on_disk: true, ..vhdx::OpenOptions::default() };
                Survey::Vhdx(Box::new(vhdx::VhdxSurvey::read(std::sync::Arc::clone(stored), options).0))
            }
            FormatLayout::Vhd(_) => Survey::Vhd(Box::new(vhd::VhdSurvey::read(&**stored))),
        }
    }
}
