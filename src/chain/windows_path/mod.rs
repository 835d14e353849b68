//! Windows paths as parent locators and virtual machine configurations record them, read on any system.
//!
//! Pure text: nothing here touches a file system. A recorded path is a hint written by another machine, perhaps by an
//! enemy: it is parsed into a typed form first, so that a network or device path is seen for what it is and is never
//! handed to the operating system by accident ([`WindowsPath::is_unc`], [`WindowsPath::is_device`]).

mod host;
mod letter_case;
mod path_map;
mod recorded;
mod relative;

pub use host::{HostPath, UnusablePath, usable_name};
pub use letter_case::{eq_ignore_case, to_upper};
pub use path_map::{PathMap, PathMapError};
pub use recorded::{PathKind, Resolved, WindowsPath, is_shared_storage};
pub use relative::RelativePath;
