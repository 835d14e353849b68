//! Where files come from: this run, or what another run on some host wrote down. Paths of two hosts never mean the same
//! place, however alike they are; the times of a file count by the clock of the run that saw it.

use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use crate::chain::windows_path::{PathKind, WindowsPath};
use crate::chain::{Here, absolute};

/// The number of an origin among those of an inventory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginNo(pub usize);

/// A path that a user named, in a run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedPath {
    /// The run.
    pub origin: OriginNo,
    /// The path.
    pub path: PathBuf,
}

/// A run that saw files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Name of the computer that the paths are of; `None` where it is not known, and for this run.
    pub host: Option<String>,
    /// The bundle in which the run wrote down what it saw; `None` for this run.
    pub bundle: Option<PathBuf>,
    /// The moment from which the ages of its files count; without one nothing is said about who needs them.
    pub as_of: Option<Timestamp>,
    /// How its paths are to be understood.
    pub namespace: Namespace,
}

/// How paths are to be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Namespace {
    /// As this system does.
    #[default]
    Here,
    /// As another run did.
    Host {
        /// Origins of one host have one number.
        number: usize,
        /// The folder from which relative paths start.
        working_folder: PathBuf,
        /// Whether the host runs Windows: its paths start at drives and shares.
        windows: bool,
    },
}

impl Origin {
    /// This run.
    pub fn here(as_of: Option<Timestamp>) -> Self {
        Self { as_of, ..Self::default() }
    }

    /// The place that a path stands for: two paths lead to one place if and only if their places are the same. Of a file
    /// of this run its absolute path; of another host's, the path below a root of that host's own. No file is touched.
    pub fn place(&self, path: &Path) -> PathBuf {
        self.elsewhere(path).unwrap_or_else(|| absolute(path))
    }

    /// [`place`](Self::place) for many paths, of which those of this run start from `here`.
    pub fn place_from(&self, path: &Path, here: &Here) -> PathBuf {
        self.elsewhere(path).unwrap_or_else(|| here.absolute(path))
    }

    /// The place of a path of another host.
    fn elsewhere(&self, path: &Path) -> Option<PathBuf> {
        let Namespace::Host { working_folder, windows, .. } = &self.namespace else { return None };
        let root = self.root();
        let parts = |path: &Path| match windows {
            true => windows_parts(path),
            false => unix_parts(path),
        };
        let (is_absolute, parts_of_path) = parts(path);
        let start = if is_absolute { Vec::new() } else { parts(working_folder).1 };
        Some(clean(&root, start.into_iter().chain(parts_of_path)))
    }

    /// The folder below which all places of the host lie; empty for this run.
    pub fn root(&self) -> PathBuf {
        match &self.namespace {
            Namespace::Here => PathBuf::new(),
            Namespace::Host { number, .. } => absolute(&Path::new("/").join(number.to_string())),
        }
    }

    /// Below which folder the drives of the host lie, one folder a letter, where it has drives.
    pub fn drives(&self) -> Option<PathBuf> {
        match &self.namespace {
            Namespace::Host { windows: true, .. } => Some(self.root()),
            Namespace::Host { .. } | Namespace::Here => None,
        }
    }

    /// Whether the paths of both are of one host.
    pub fn is_same_host(&self, other: &Self) -> bool {
        match (&self.namespace, &other.namespace) {
            (Namespace::Here, Namespace::Here) => true,
            (Namespace::Host { number, .. }, Namespace::Host { number: other, .. }) => number == other,
            _ => false,
        }
    }

    /// What tells the origin from others in text: the host's name, else the bundle's.
    pub fn label(&self) -> String {
        let bundle = || self.bundle.as_deref().map(|bundle| bundle.to_string_lossy().into_owned());
        self.host.clone().or_else(bundle).unwrap_or_default()
    }
}

fn unix_parts(path: &Path) -> (bool, Vec<PathBuf>) {
    let is_absolute = path.has_root();
    let names = path.components().filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    (is_absolute, names.map(|part| PathBuf::from(part.as_os_str())).collect())
}

fn windows_parts(path: &Path) -> (bool, Vec<PathBuf>) {
    let parsed = WindowsPath::parse(&path.to_string_lossy());
    let mut parts: Vec<String> = match parsed.kind() {
        PathKind::DriveAbsolute { drive } | PathKind::DriveRelative { drive } => vec![drive.to_uppercase().to_string()],
        PathKind::Unc { server, share } => vec!["unc".to_owned(), server.clone(), share.clone()],
        PathKind::Volume { guid } => vec!["volume".to_owned(), guid.clone()],
        PathKind::Device => vec!["device".to_owned()],
        PathKind::Rooted | PathKind::Relative => Vec::new(),
    };
    parts.extend(parsed.components().iter().filter(|part| *part != ".").cloned());
    (!parsed.is_relative(), parts.into_iter().map(PathBuf::from).collect())
}

/// The parts below the root, `..` worked out; what climbs out of the root stays at it. A part is one name even where
/// this system would take it for more.
fn clean(root: &Path, parts: impl Iterator<Item = PathBuf>) -> PathBuf {
    let mut names: Vec<PathBuf> = Vec::new();
    for part in parts {
        match part.components().next() {
            Some(Component::ParentDir) => {
                names.pop();
            }
            Some(Component::Normal(_)) => names.push(part),
            _ => {}
        }
    }
    names.iter().fold(root.to_owned(), |path, name| path.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(number: usize, working_folder: &str, windows: bool) -> Origin {
        let working_folder = PathBuf::from(working_folder);
        Origin { namespace: Namespace::Host { number, working_folder, windows }, ..Origin::default() }
    }

    #[test]
    fn alike_paths_of_two_hosts_are_two_places() {
        let (a, again, b) = (host(0, "/root", false), host(0, "/x", false), host(1, "/root", false));
        let path = Path::new("/mnt/vm/../a.vhdx");
        assert_eq!(a.place(path), again.place(path));
        assert_ne!(a.place(path), b.place(path));
        assert_eq!(a.place(Path::new("./v/a.vhdx")), a.place(Path::new("/root/v/a.vhdx")));
        assert_eq!(a.place(Path::new("../../../a")), a.place(Path::new("/a")));
        assert!(a.is_same_host(&again) && !a.is_same_host(&b) && !a.is_same_host(&Origin::here(None)));
    }

    #[test]
    fn paths_of_windows_start_at_drives_and_shares() {
        let origin = host(3, r"C:\Users\admin", true);
        let place = |path: &str| origin.place(Path::new(path));
        assert_eq!(place(r"c:\ClusterStorage\V1\a.vhdx"), place("C:/ClusterStorage/V1/./a.vhdx"));
        assert_eq!(place(r"vm\a.vhdx"), place(r"C:\Users\admin\vm\a.vhdx"));
        assert_ne!(place(r"\\server\share\a.vhdx"), place(r"C:\server\share\a.vhdx"));
        let drives = origin.drives().unwrap();
        assert_eq!(place(r"d:\vm\a.vhdx"), drives.join("D").join("vm").join("a.vhdx"));
        assert_eq!(host(3, "/", false).drives(), None);
    }
}
