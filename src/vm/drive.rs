//! Controllers and the drives on them.

use uuid::Uuid;

use crate::format::text::Utf16Text;

/// A drive on a controller, empty or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drive {
    /// The controller.
    pub controller: Controller,
    /// The place on the controller, from 0.
    pub location: u32,
    /// What the drive is for.
    pub kind: DriveKind,
    /// What is in it: a path as recorded. `None` where there is no such key or the drive is empty.
    pub path: Option<Utf16Text>,
    /// Further settings of the drive, as recorded and shown: name and value, in the order of the file.
    pub settings: Vec<(String, String)>,
}

impl Drive {
    /// The recorded path of a virtual hard disk; `None` for other media and empty drives.
    pub fn disk_path(&self) -> Option<&Utf16Text> {
        self.path.as_ref().filter(|_| self.kind == DriveKind::Vhd)
    }
}

/// A controller.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Controller {
    /// What it is.
    pub kind: ControllerKind,
    /// Number among the controllers of its kind, from 0, as Windows counts them.
    pub number: u32,
    /// Id of the instance, the name of its node.
    pub instance: Option<Uuid>,
    /// Its name in the manifest, as recorded.
    pub name: Option<String>,
}

/// What a controller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ControllerKind {
    /// IDE: two controllers of two drives, in machines of generation 1.
    Ide,
    /// SCSI: up to four, each of 64 drives.
    Scsi,
    /// Floppy.
    Floppy,
    /// Another device that has drives, or one whose device no manifest tells.
    Other,
}

impl ControllerKind {
    /// The word for the kind in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ide => "ide",
            Self::Scsi => "scsi",
            Self::Floppy => "floppy",
            Self::Other => "other",
        }
    }
}

/// What a drive is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriveKind {
    /// `VHD`: a virtual hard disk, whatever its format.
    Vhd,
    /// `ISO`: an optical drive.
    Iso,
    /// `VFD`: a floppy drive.
    Vfd,
    /// `NONE`: nothing.
    Empty,
    /// Another type, under its name (a disk of the host passed through, a host's drive).
    Other(String),
    /// The drive has no type.
    Unknown,
}

impl DriveKind {
    /// The type as recorded; empty where there is none.
    pub fn recorded(&self) -> &str {
        match self {
            Self::Vhd => "VHD",
            Self::Iso => "ISO",
            Self::Vfd => "VFD",
            Self::Empty => "NONE",
            Self::Other(name) => name,
            Self::Unknown => "",
        }
    }
}
