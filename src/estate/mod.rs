//! A whole storage tree: walked once, every file told by its content, every image read; configurations joined to disks,
//! and a verdict on each file.

mod companions;
mod correlate;
mod facts;
mod inventory;
mod links;
mod machines;
mod named_places;
mod names;
mod opened;
mod origin;
mod read;
mod reopen;
mod turns;
pub mod verdict;
mod vhd_set;
mod volume;
mod walk;

pub use companions::DisksByPlace;
pub use correlate::{AttachedBy, AttachedStatus, Finder, Resolved};
pub use facts::FileFacts;
pub use inventory::{FoundFile, Inventory, Link, Unreadable};
pub use machines::{AttachedDisk, CheckpointNode, HostList, Machine, MachineNo, Machines, Registration, Unseen};
pub(crate) use names::{is_automatic, is_backup_copy, is_backup_document};
pub use opened::{Io, OpenedAs, Reads};
pub use origin::{NamedPath, Namespace, Origin, OriginNo};
pub use read::{Progress, ReadOptions, Silent};
pub use turns::Arrival;
pub use vhd_set::VhdSet;
pub use volume::{Volume, volumes_of};
pub use walk::{WalkOptions, Walked};
