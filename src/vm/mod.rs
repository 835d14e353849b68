//! Virtual machines: what a configuration (.vmcx, .vmrs, data.vmcx, the XML of 2012 R2) says about a machine, its
//! checkpoints and the disks it attaches.

mod configuration;
mod drive;
mod problem;
mod tree;

pub use configuration::{
    Checkpoints, Configuration, ConfigurationKind, ConfigurationVersion, Registered, RegisteredList, SavedState,
};
pub use drive::{Controller, ControllerKind, Drive, DriveKind};
pub use problem::{Problem, ProblemKind};
pub use tree::{Key, Value};

/// A configuration file: what it says, and the keys it says it with.
#[derive(Debug)]
pub struct VmFile {
    /// What it says.
    pub configuration: Configuration,
    /// Its keys.
    pub keys: Vec<Key>,
}
