//! Virtual machines: what a configuration (.vmcx, .vmrs, data.vmcx, the XML of 2012 R2) says about a machine, its
//! checkpoints and the disks it attaches.

mod configuration;
mod decode;
mod drive;
mod file;
mod history;
mod problem;
mod storage;
mod tree;
mod xml;

pub use configuration::{
    Checkpoints, Configuration, ConfigurationKind, ConfigurationVersion, Registered, RegisteredList, SavedState,
};
pub use drive::{Controller, ControllerKind, Drive, DriveKind};
pub use file::{VmFile, VmFormat};
pub use history::{FormerValue, History};
pub use problem::{Problem, ProblemKind};
pub use storage::{HeaderCopy, ReplayLogState, ReplayLogSurvey, StaleEntry, Storage};
pub use tree::{Key, Value};
pub use xml::{Encoding, Xml};
