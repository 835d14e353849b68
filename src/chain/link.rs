//! One link: a child, what it says about its parent, which file that is, and by what proof.

use uuid::Uuid;

use crate::error::Error;

/// The number of a file among those that were read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileNo(pub usize);

/// Whether the parent was found, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkStatus {
    /// A file with the expected identity.
    Linked,
    /// A file whose identity is the second one: a merge was under way.
    LinkedBySecondGuid,
    /// No such file, although a recorded path leads to where it should be.
    Missing,
    /// Every recorded path leads out of what the user named; nothing was opened there.
    Outside,
    /// A recorded path leads to a file of another identity.
    IdentityMismatch,
    /// Several files have the expected identity, and nothing decides between them.
    Ambiguous,
    /// Following the parents leads back to the file.
    Cycle,
    /// The parent is there and cannot be read.
    Unreadable,
    /// The file does not say by what to know its parent.
    UnusableLocator,
}

impl LinkStatus {
    /// What is wrong with the parent, in words; `None` where it is the right one.
    pub fn trouble(self) -> Option<&'static str> {
        match self {
            Self::Linked | Self::LinkedBySecondGuid => None,
            Self::Missing => Some("its parent is missing"),
            Self::Outside => Some("its parent lies outside what was scanned"),
            Self::IdentityMismatch => Some("its parent is another disk or another state of it"),
            Self::Ambiguous => Some("several files could be its parent"),
            Self::Cycle => Some("following its parents leads back to it"),
            Self::Unreadable => Some("its parent cannot be read"),
            Self::UnusableLocator => Some("it does not say by what to know its parent"),
        }
    }
}

/// What led to the parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FoundBy {
    /// Its identity alone: it was moved or renamed.
    Identity,
    /// The path relative to the child's folder.
    RelativePath,
    /// The path below a volume's GUID.
    VolumePath,
    /// The path below a drive letter or share.
    AbsoluteWin32Path,
    /// The recorded name, in the child's own folder.
    SameFolderName,
    /// A recorded path, through `--map`.
    Map,
}

/// A file that may have to do with a parent that was not linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The file.
    pub file: FileNo,
    /// Why it is named.
    pub why: CandidateReason,
}

/// Where one recorded path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedPath {
    /// The key it is recorded under.
    pub key: &'static str,
    /// The path, shown lossily where it is not valid Unicode.
    pub path: String,
    /// Where it leads.
    pub leads: Lead,
}

/// Where a recorded path leads among the files that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lead {
    /// To this file.
    To(FileNo),
    /// To the file that records it.
    Itself,
    /// To a place that the user named, where there is no such file.
    NotThere,
    /// Out of what the user named, or to a place this system cannot know.
    Elsewhere,
}

/// Why a file is named as a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CandidateReason {
    /// It has the expected identity.
    SameIdentity,
    /// A recorded path leads to it.
    RecordedPath,
    /// It has the same virtual disk id: a relative, and no proof.
    SameVirtualDiskId,
}

/// What became of one child's search for its parent.
#[derive(Clone, Debug)]
pub struct Link {
    /// Whether the parent was found, and if not, why.
    pub status: LinkStatus,
    /// What led to [`parent`](Self::parent).
    pub found_by: Option<FoundBy>,
    /// The parent; for [`LinkStatus::IdentityMismatch`] and [`LinkStatus::Unreadable`] the file in its place.
    pub parent: Option<FileNo>,
    /// The identity the child expects.
    pub expected: Option<Uuid>,
    /// The identity that the file in [`parent`](Self::parent) has.
    pub found: Option<Uuid>,
    /// Files worth a look when there is no link.
    pub candidates: Vec<Candidate>,
    /// Other files of the same identity.
    pub copies: Vec<FileNo>,
    /// Where each recorded path leads, in the order in which Windows tries them.
    pub recorded: Vec<RecordedPath>,
    /// Why the locator cannot be used.
    pub problem: Option<Error>,
    /// How many more candidates there are than [`crate::limits::MAX_CANDIDATES`] allows to name.
    pub candidates_left_out: usize,
    /// How many more copies there are than [`crate::limits::MAX_CANDIDATES`] allows to name.
    pub copies_left_out: usize,
}

impl LinkStatus {
    /// The word for the status in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::LinkedBySecondGuid => "linked_by_second_guid",
            Self::Missing => "missing",
            Self::Outside => "outside",
            Self::IdentityMismatch => "identity_mismatch",
            Self::Ambiguous => "ambiguous",
            Self::Cycle => "cycle",
            Self::Unreadable => "unreadable",
            Self::UnusableLocator => "unusable_locator",
        }
    }

    /// Whether the parent is proved by its identity and can be read.
    pub fn is_linked(self) -> bool {
        matches!(self, Self::Linked | Self::LinkedBySecondGuid)
    }
}

impl FoundBy {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::RelativePath => "relative_path",
            Self::VolumePath => "volume_path",
            Self::AbsoluteWin32Path => "absolute_win32_path",
            Self::SameFolderName => "same_folder_name",
            Self::Map => "map",
        }
    }
}

impl CandidateReason {
    /// The words in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::SameIdentity => "same_identity",
            Self::RecordedPath => "recorded_path",
            Self::SameVirtualDiskId => "same_virtual_disk_id",
        }
    }
}
