//! What only a host knows, and a report tells how to ask.

use crate::chain::FileNo;
use crate::estate::MachineNo;

/// A question to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ask {
    /// Whether a machine runs, and what it is busy with.
    MachineState(MachineNo),
    /// Whether a disk is attached or mounted.
    Attached(FileNo),
    /// Whether the parents of a disk are found.
    Parent(FileNo),
    /// How the file system keeps a file.
    Attributes(FileNo),
    /// Who may open a file.
    Access(FileNo),
    /// Whether a machine is replicated, and how that stands.
    Replication(MachineNo),
    /// Which checkpoints a machine has, those of backups among them.
    Checkpoints(MachineNo),
    /// How much is free on the volume of a file.
    FreeSpace(FileNo),
    /// Which drive of any machine of a host a disk hangs on: to be asked on every host.
    References,
    /// Which roles a cluster runs, and where.
    Cluster,
}
