//! By what a differencing disk knows its parent: identity first, paths as hints.

use uuid::Uuid;

use crate::error::Error;
use crate::format::vhd::dynamic_disk_header::DynamicDiskHeader;
use crate::format::vhd::fields::{TimeStamp, UniqueId};
use crate::format::vhd::parent_locator::PlatformCode;
use crate::format::vhdx::parent_locator::{self, ParentLocator};
use crate::units::FileOffset;

use super::vhd::LocatorSurvey;

/// What a differencing disk says about its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentReference {
    /// The identity that the parent must have: its `DataWriteGuid`, or a VHD's unique id. `None` where the file names
    /// none that can be read, or an all-zero one, which identifies nothing.
    pub linkage: Option<Uuid>,
    /// A second identity that is accepted too, set while a merge is under way. All zero counts as absent.
    pub linkage2: Option<Uuid>,
    /// Where the parent was, in the order in which Windows tries.
    pub hints: Vec<PathHint>,
    /// VHD: when the parent's file was last written, by the clock of the file system as the child was made. `None`
    /// where it is zero, as Windows leaves it, and for VHDX, which has none.
    ///
    /// It is not the time stamp in the parent's footer, although both agree where one program made parent and child
    /// within a second. Copying, touching or mounting the parent changes the one and not the other, so that a
    /// difference alone proves nothing.
    pub parent_time_stamp: Option<TimeStamp>,
}

/// One recorded path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathHint {
    /// The key it was recorded under; for VHD the platform code in lower case, or `header_name`.
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
    /// A file name without a folder (VHD).
    Name,
}

impl ParentReference {
    /// What a VHDX parent locator says (MS-VHDX 2.6.2.6.3: relative, volume, absolute path, in this order).
    pub fn of_vhdx(locator: &ParentLocator) -> Self {
        const KEYS: [(&str, HintKind); 3] = [
            (parent_locator::RELATIVE_PATH, HintKind::Relative),
            (parent_locator::VOLUME_PATH, HintKind::Volume),
            (parent_locator::ABSOLUTE_WIN32_PATH, HintKind::Absolute),
        ];
        let mut hints = Vec::with_capacity(KEYS.len());
        hints.extend(
            KEYS.iter().filter_map(|&(key, kind)| Some(PathHint { key, kind, path: locator.get(key)?.lossy() })),
        );
        Self {
            linkage: locator.guid(parent_locator::PARENT_LINKAGE),
            linkage2: locator.guid(parent_locator::PARENT_LINKAGE2).filter(|guid| !guid.is_nil()),
            hints,
            parent_time_stamp: None,
        }
    }

    /// What a VHD's dynamic disk header and parent locators say, in the order in which Windows tries: relative path,
    /// absolute path, the two deprecated ones, and the name in the header. URLs of Mac OS are no paths here.
    pub fn of_vhd(header: &DynamicDiskHeader, locators: &[LocatorSurvey]) -> Self {
        let hint = |code: PlatformCode, key: &'static str, kind| {
            let path = locators.iter().find_map(|locator| locator.path(code))?;
            Some(PathHint { key, kind, path: path.to_owned() })
        };
        let name = header.parent_unicode_name.lossy();
        let named = PathHint { key: "header_name", kind: kind_of(&name), path: name };
        Self {
            linkage: Some(header.parent_unique_id).filter(|id| !id.is_zero()).map(UniqueId::as_uuid),
            linkage2: None,
            hints: [
                hint(PlatformCode::W2ru, "w2ru", HintKind::Relative),
                hint(PlatformCode::W2ku, "w2ku", HintKind::Absolute),
                hint(PlatformCode::Wi2r, "wi2r", HintKind::Relative),
                hint(PlatformCode::Wi2k, "wi2k", HintKind::Absolute),
                Some(named).filter(|named| !named.path.is_empty()),
            ]
            .into_iter()
            .flatten()
            .collect(),
            parent_time_stamp: Some(header.parent_time_stamp).filter(|time| *time != TimeStamp(0)),
        }
    }
}

/// The name in a VHD's header comes with its whole path from some programs and bare from others.
fn kind_of(path: &str) -> HintKind {
    let mut chars = path.chars();
    match (chars.next(), chars.next()) {
        (Some(letter), Some(':')) if letter.is_ascii_alphabetic() => HintKind::Absolute,
        (Some('\\' | '/'), _) => HintKind::Absolute,
        _ if path.contains(['\\', '/']) => HintKind::Relative,
        _ => HintKind::Name,
    }
}

/// Why a VHDX parent locator, which says this much, does not name a parent, if so.
pub(super) fn unusable(locator: &ParentLocator, reference: &ParentReference, at: FileOffset) -> Option<Error> {
    if locator.locator_type != parent_locator::VHDX_LOCATOR {
        let what = format!("locator type {} is unknown", locator.locator_type);
        return Some(Error::unsupported(parent_locator::STRUCTURE, at, what));
    }
    if reference.linkage.is_none() {
        let what = match locator.get(parent_locator::PARENT_LINKAGE) {
            None => "required key parent_linkage is missing".to_owned(),
            Some(value) => format!("parent_linkage is no GUID: {value}"),
        };
        return Some(Error::malformed(parent_locator::STRUCTURE, at, what));
    }
    None
}
