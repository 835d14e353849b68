//! The classes of verdicts, how sure one is, and what to verify before anything is done about it.

/// What a file is to its estate. Being in use wins over everything else; what else is true stands in the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A machine writes to it.
    ActiveLeaf,
    /// A disk in use depends on it.
    ChainMember,
    /// A checkpoint keeps it.
    CheckpointDisk,
    /// A checkpoint that a backup made keeps it.
    RecoveryCheckpoint,
    /// It belongs to the replica of a machine of another host.
    Replica,
    /// A VHD set names it, or is it.
    VhdSetMember,
    /// A machine writes to it over a chain that no checkpoint accounts for: a merge that was not done.
    UncheckpointedChain,
    /// A configuration of which everything that it names is there.
    ConfigInUse,
    /// Nothing needs it, and its parent has been written to since: it cannot be merged.
    StaleBranch,
    /// Nothing needs it; its chain is whole, so that it could be read and merged.
    UnreferencedLinked,
    /// Nothing needs it, and its chain is broken or it cannot be read.
    UnreferencedBroken,
    /// Made in advance, and never written to.
    PrecreatedEmpty,
    /// Another file has the same identity, and that one is the one in use.
    Copy,
    /// A disk that no machine names any more.
    DeletedMachineDisk,
    /// A configuration that names a disk that is not there.
    ConfigMissingDisk,
    /// A configuration that no host's list and no machine names.
    ConfigUnregistered,
    /// It belongs to a file that is in use.
    CompanionInUse,
    /// The file that it belongs to is not there, or is not needed.
    CompanionOrphan,
    /// Another program's business, not Hyper-V's.
    Foreign,
    /// Nothing can be said.
    Unknown,
}

/// How sure a verdict is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// What was looked at does not decide.
    Unknown,
    /// Something speaks for it.
    Possible,
    /// Everything that was looked at speaks for it, and something was not looked at.
    Probable,
    /// Proved by what was looked at.
    Confirmed,
}

/// What a class means for whoever cleans up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Needed.
    InUse,
    /// Nothing that was looked at needs it.
    Unneeded,
    /// Something is wrong that somebody should see to.
    Attention,
    /// Not for this program to say.
    NotOurs,
}

impl Class {
    /// All classes, in the order of the groups.
    pub const ALL: [Self; 20] = [
        Self::ActiveLeaf,
        Self::ChainMember,
        Self::CheckpointDisk,
        Self::RecoveryCheckpoint,
        Self::Replica,
        Self::VhdSetMember,
        Self::UncheckpointedChain,
        Self::ConfigInUse,
        Self::CompanionInUse,
        Self::StaleBranch,
        Self::UnreferencedLinked,
        Self::UnreferencedBroken,
        Self::PrecreatedEmpty,
        Self::Copy,
        Self::DeletedMachineDisk,
        Self::ConfigUnregistered,
        Self::CompanionOrphan,
        Self::ConfigMissingDisk,
        Self::Foreign,
        Self::Unknown,
    ];

    /// The word for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::ActiveLeaf => "active_leaf",
            Self::ChainMember => "chain_member",
            Self::CheckpointDisk => "checkpoint_disk",
            Self::RecoveryCheckpoint => "recovery_checkpoint",
            Self::Replica => "replica",
            Self::VhdSetMember => "vhd_set_member",
            Self::UncheckpointedChain => "uncheckpointed_chain",
            Self::ConfigInUse => "config_in_use",
            Self::StaleBranch => "stale_branch",
            Self::UnreferencedLinked => "unreferenced_linked",
            Self::UnreferencedBroken => "unreferenced_broken",
            Self::PrecreatedEmpty => "precreated_empty",
            Self::Copy => "copy",
            Self::DeletedMachineDisk => "deleted_machine_disk",
            Self::ConfigMissingDisk => "config_missing_disk",
            Self::ConfigUnregistered => "config_unregistered",
            Self::CompanionInUse => "companion_in_use",
            Self::CompanionOrphan => "companion_orphan",
            Self::Foreign => "foreign",
            Self::Unknown => "unknown",
        }
    }

    /// The words for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::ActiveLeaf => "disks that machines write to",
            Self::ChainMember => "disks that others in use depend on",
            Self::CheckpointDisk => "disks that checkpoints keep",
            Self::RecoveryCheckpoint => "disks that checkpoints of a backup keep",
            Self::Replica => "replicas of machines of other hosts",
            Self::VhdSetMember => "VHD sets and the disks behind them",
            Self::UncheckpointedChain => "disks in use over a chain that no checkpoint accounts for",
            Self::ConfigInUse => "configurations",
            Self::StaleBranch => "stale branches: the parent has been written to since",
            Self::UnreferencedLinked => "unreferenced, with a whole chain",
            Self::UnreferencedBroken => "unreferenced, with a broken chain",
            Self::PrecreatedEmpty => "made in advance and never written to",
            Self::Copy => "copies of other files",
            Self::DeletedMachineDisk => "disks that no machine names",
            Self::ConfigMissingDisk => "configurations that name a disk that is not there",
            Self::ConfigUnregistered => "configurations that nothing registers",
            Self::CompanionInUse => "companions of files in use",
            Self::CompanionOrphan => "companions without the file they belong to",
            Self::Foreign => "not Hyper-V's: other programs look after them",
            Self::Unknown => "nothing can be said of them",
        }
    }

    /// The words for people, of one file in a list.
    pub fn label(self) -> &'static str {
        match self {
            Self::ActiveLeaf => "a machine's disk",
            Self::ChainMember => "below a disk in use",
            Self::CheckpointDisk => "a checkpoint's disk",
            Self::RecoveryCheckpoint => "a backup checkpoint's disk",
            Self::Replica => "replica",
            Self::VhdSetMember => "VHD set",
            Self::UncheckpointedChain => "a machine's disk, no checkpoint",
            Self::ConfigInUse => "configuration in use",
            Self::StaleBranch => "stale branch",
            Self::UnreferencedLinked => "unreferenced, chain whole",
            Self::UnreferencedBroken => "unreferenced, chain broken",
            Self::PrecreatedEmpty => "made in advance, empty",
            Self::Copy => "copy of another file",
            Self::DeletedMachineDisk => "no machine names it",
            Self::ConfigMissingDisk => "names a missing disk",
            Self::ConfigUnregistered => "nothing registers it",
            Self::CompanionInUse => "companion in use",
            Self::CompanionOrphan => "companion of nothing",
            Self::Foreign => "another program's",
            Self::Unknown => "unknown",
        }
    }

    /// What the class means for whoever cleans up.
    pub fn group(self) -> Group {
        match self {
            Self::ActiveLeaf
            | Self::ChainMember
            | Self::CheckpointDisk
            | Self::Replica
            | Self::VhdSetMember
            | Self::ConfigInUse
            | Self::CompanionInUse => Group::InUse,
            Self::RecoveryCheckpoint | Self::UncheckpointedChain | Self::ConfigMissingDisk => Group::Attention,
            Self::StaleBranch
            | Self::UnreferencedLinked
            | Self::UnreferencedBroken
            | Self::PrecreatedEmpty
            | Self::Copy
            | Self::DeletedMachineDisk
            | Self::ConfigUnregistered
            | Self::CompanionOrphan => Group::Unneeded,
            Self::Foreign | Self::Unknown => Group::NotOurs,
        }
    }

    /// What to verify before anything is done about a file of the class; nothing for what is as it should be.
    pub fn verify_first(self) -> &'static [&'static str] {
        const HOSTS: &str = "look on every host and cluster node, and among replicas and backup jobs, for a machine \
            that uses it";
        const KEEP: &str =
            "move it aside or copy it, and wait through a backup and a restart of the machines around it";
        match self {
            Self::StaleBranch => &[
                HOSTS,
                "attach a copy of it read-only to see what it holds: it may be newer than what its machine shows now",
                "do not merge it: its parent is no longer what it was made over",
            ],
            Self::UnreferencedLinked => &[
                HOSTS,
                "see whether its content is wanted: it holds changes that no machine shows",
                "do not merge it into a parent on which others depend",
                KEEP,
            ],
            Self::UnreferencedBroken => {
                &[HOSTS, "look for its parent in backups and on other volumes: with it the content can be read", KEEP]
            }
            Self::PrecreatedEmpty => &[HOSTS, "see that no backup or checkpoint is being made", KEEP],
            Self::Copy => &[
                "compare the content of both (vhdxray hash)",
                "see which of the two machines and backup jobs name",
                KEEP,
            ],
            Self::DeletedMachineDisk => &[HOSTS, "attach a copy of it read-only to see whose it was", KEEP],
            Self::ConfigUnregistered => &[
                "look on every host for a machine or checkpoint of this id",
                "see that its disks are named by another configuration before it goes",
            ],
            Self::CompanionOrphan => &["see that the file it belongs to was not moved to another place", KEEP],
            Self::ConfigMissingDisk => &[
                "look for the disk on volumes that were not scanned, in backups and under other names",
                "attach the newest file of the chain, not its base",
            ],
            Self::RecoveryCheckpoint => &[
                "see that no backup is running",
                "remove the checkpoint with Remove-VMSnapshot, which merges its disk; do not remove the file",
            ],
            Self::UncheckpointedChain => &[
                "see that there is room for a merge",
                "make a checkpoint and remove it again, or shut the machine down and wait: Hyper-V then merges",
                "do not remove any file of the chain",
            ],
            Self::Foreign => &["ask the program that made it; its own tools say what is no longer needed"],
            _ => &[],
        }
    }
}

impl Confidence {
    /// All, the least sure first.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Possible, Self::Probable, Self::Confirmed];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Probable => "probable",
            Self::Possible => "possible",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_class_has_a_name_of_its_own_and_whatever_may_go_has_something_to_verify() {
        let names: BTreeSet<&str> = Class::ALL.iter().map(|class| class.name()).collect();
        let labels: BTreeSet<&str> = Class::ALL.iter().map(|class| class.label()).collect();
        assert_eq!((names.len(), labels.len()), (Class::ALL.len(), Class::ALL.len()));
        for class in Class::ALL {
            let verify = class.verify_first();
            assert!(class.group() != Group::Unneeded || !verify.is_empty(), "{class:?}");
            assert!(!verify.iter().any(|step| step.contains("safe to delete")), "{class:?}");
        }
    }
}
