//! The ways to get rid of a differencing disk, or to leave it.

/// A way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Delete the checkpoint and let Hyper-V merge, while the machine runs or not.
    Native,
    /// One merge of all files into the target, with the machine off.
    OnePass,
    /// One merge a file, each into its parent, with the machine off.
    Pairwise,
    /// Write what the disk holds into a new file, and keep all old ones.
    Export,
    /// Do nothing.
    Leave,
}

impl Method {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Native, Self::OnePass, Self::Pairwise, Self::Export, Self::Leave];

    /// Those that open the files with the machine off.
    pub const OFFLINE: [Self; 3] = [Self::OnePass, Self::Pairwise, Self::Export];

    /// Those that write into a file that is there.
    pub const IN_PLACE: [Self; 3] = [Self::Native, Self::OnePass, Self::Pairwise];

    /// Those that somebody does by hand, past Hyper-V, in files that are there.
    pub const BY_HAND: [Self; 2] = [Self::OnePass, Self::Pairwise];

    /// Those that change anything at all.
    pub const ACTIVE: [Self; 4] = [Self::Native, Self::OnePass, Self::Pairwise, Self::Export];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "delete_checkpoint",
            Self::OnePass => "single_pass",
            Self::Pairwise => "pairwise_top_down",
            Self::Export => "export",
            Self::Leave => "leave",
        }
    }

    /// A few words for a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::Native => "delete the checkpoint",
            Self::OnePass => "merge in one pass",
            Self::Pairwise => "merge pair by pair",
            Self::Export => "export to a new disk",
            Self::Leave => "leave it",
        }
    }

    /// What can be taken back.
    pub fn reversible(self) -> &'static str {
        match self {
            Self::Native | Self::OnePass | Self::Pairwise => "no, only from a copy",
            Self::Export => "yes, nothing old is changed",
            Self::Leave => "yes",
        }
    }

    /// Whether everything can be taken back without a copy made before.
    pub fn is_reversible(self) -> bool {
        matches!(self, Self::Export | Self::Leave)
    }

    /// What the machine does meanwhile.
    pub fn downtime(self) -> &'static str {
        match self {
            Self::Native => "none, it may run",
            Self::OnePass | Self::Pairwise | Self::Export => "off for as long as it takes",
            Self::Leave => "none",
        }
    }
}
