//! The ways to make one disk of a chain.

use crate::units::ByteLen;

/// A way to make one disk of the files C1 (the one that was asked, layer 0) to Cn and the ancestor T that lies below
/// them (layer `into`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Hyper-V deletes the checkpoints between T and C1 and merges what they kept apart, one pass into T. The same
    /// movement of data as [`SinglePass`](Self::SinglePass); with the machine running, its writes during the merge come
    /// on top, and no file says how many those will be.
    DeleteCheckpoint,
    /// `Merge-VHD` from C1 straight into T: of every sector the topmost copy is read once and written once.
    SinglePass,
    /// `Merge-VHD` of the leaf into its parent, then of that parent into its own, down to T: what `Merge-VHD` without
    /// `-DestinationPath` does when it is run again and again. C2 to Cn collect what lies above them and grow on the
    /// way; no file has to be pointed to another parent.
    PairwiseTopDown,
    /// Cn into T, then Cn-1 into T, up to C1. Every sector of every layer is moved once, those that are overwritten
    /// later as well; after each step but the last the file above has to be pointed to T.
    PairwiseBottomUp,
    /// `Convert-VHD`: the content of the whole chain, down to its base, in a new dynamic VHDX with blocks of this size;
    /// `None` takes the block size of C1. No file of the chain is written to.
    Export(Option<ByteLen>),
    /// Nothing is done.
    Leave,
}

impl Method {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::DeleteCheckpoint => "delete_checkpoint",
            Self::SinglePass => "single_pass",
            Self::PairwiseTopDown => "pairwise_top_down",
            Self::PairwiseBottomUp => "pairwise_bottom_up",
            Self::Export(_) => "export",
            Self::Leave => "leave",
        }
    }

    /// Every method, with the block size of C1 for an export.
    pub const ALL: [Self; 6] = [
        Self::DeleteCheckpoint,
        Self::SinglePass,
        Self::PairwiseTopDown,
        Self::PairwiseBottomUp,
        Self::Export(None),
        Self::Leave,
    ];
}
