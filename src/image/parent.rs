//! By what a differencing disk knows its parent: identity first, paths as hints.

use uuid::Uuid;

use crate::error::Error;
use crate::format::vhdx::parent_locator::{self, ParentLocator};
use crate::units::FileOffset;

/// What a differencing disk says about its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentReference {
    /// The identity that the parent must have: its `DataWriteGuid`, or a VHD's unique id. `None` where the file names
    /// none that can be read.
    pub linkage: Option<Uuid>,
    /// A second identity that is accepted too, set while a merge is under way. All zero counts as absent.
    pub linkage2: Option<Uuid>,
    /// Where the parent was, in the order in which Windows tries.
    pub hints: Vec<PathHint>,
}

/// One recorded path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathHint {
    /// The key it was recorded under, as in the file.
    pub key: &'static str,
    /// What kind of path it is.
    pub kind: HintKind,
    /// The path, shown lossily where it is not valid Unicode.
    pub path: String,
}

/// What kind of path was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintKind {
    /// From the child's own folder.
    Relative,
    /// Below a volume's GUID.
    Volume,
    /// Below a drive letter or a share.
    Absolute,
}

impl ParentReference {
    /// What a VHDX parent locator says (MS-VHDX 2.6.2.6.3: relative, volume, absolute path, in this order).
    pub fn of_vhdx(locator: &ParentLocator) -> Self {
        let hint = |key: &'static str, kind| locator.get(key).map(|path| PathHint { key, kind, path: path.lossy() });
        Self {
            linkage: locator.guid(parent_locator::PARENT_LINKAGE),
            linkage2: locator.guid(parent_locator::PARENT_LINKAGE2).filter(|guid| !guid.is_nil()),
            hints: [
                hint(parent_locator::RELATIVE_PATH, HintKind::Relative),
                hint(parent_locator::VOLUME_PATH, HintKind::Volume),
                hint(parent_locator::ABSOLUTE_WIN32_PATH, HintKind::Absolute),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}

/// Why a VHDX parent locator does not name a parent, if so.
pub(super) fn unusable(locator: &ParentLocator, at: FileOffset) -> Option<Error> {
    if locator.locator_type != parent_locator::VHDX_LOCATOR {
        let what = format!("locator type {} is unknown", locator.locator_type);
        return Some(Error::unsupported(parent_locator::STRUCTURE, at, what));
    }
    if locator.guid(parent_locator::PARENT_LINKAGE).is_none() {
        let what = match locator.get(parent_locator::PARENT_LINKAGE) {
            None => "required key parent_linkage is missing".to_owned(),
            Some(value) => format!("parent_linkage is no GUID: {value}"),
        };
        return Some(Error::malformed(parent_locator::STRUCTURE, at, what));
    }
    None
}
