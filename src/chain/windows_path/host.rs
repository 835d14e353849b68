//! From a recorded path to a path of this system, by text alone.

use std::error::Error;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::recorded::WindowsPath;

/// Where a recorded path leads on this system: a folder, and the names to follow from it.
///
/// The names keep the spelling of the record. Where the file system tells upper from lower case, look each of them up
/// in a listing of the folder so far ([`super::to_upper`]); [`path`](Self::path) is the path if the spelling is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPath {
    start: PathBuf,
    names: Vec<String>,
    outside_root: bool,
}

/// Why a recorded path cannot be used here. Whoever prints it adds the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusablePath {
    /// It does not start from the folder of the file that records it.
    NotRelative,
    /// This component is no file name on Windows, and might mean something else to this system.
    BadName(String),
}

impl HostPath {
    pub(super) fn new(start: PathBuf, names: Vec<String>, outside_root: bool) -> Self {
        Self { start, names, outside_root }
    }

    /// The folder the names start from, after every `..` that leaves it.
    pub fn start(&self) -> &Path {
        &self.start
    }

    /// The names to follow from [`start`](Self::start), never `.` or `..`.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The whole path with the names as recorded.
    pub fn path(&self) -> PathBuf {
        self.names.iter().fold(self.start.clone(), |path, name| path.join(name))
    }

    /// Whether the path leaves the folder that was given as its root, and so must not be opened.
    pub fn is_outside_root(&self) -> bool {
        self.outside_root
    }
}

/// Joins a relative recorded path onto the host folder `folder`, component by component.
///
/// `..` is taken as text: it drops the last name, without asking where a symbolic link leads. `root` is the folder the
/// path must stay in, spelled like the start of `folder`; what counts is where the path ends, not whether it leaves
/// the root on its way there, for only the end is opened.
pub fn join_relative(root: &Path, folder: &Path, recorded: &WindowsPath) -> Result<HostPath, UnusablePath> {
    if !recorded.is_relative() {
        return Err(UnusablePath::NotRelative);
    }
    let mut start = folder.to_owned();
    let mut names = Vec::new();
    for component in recorded.components() {
        match component.as_str() {
            "." => {}
            ".." => {
                if names.pop().is_none() {
                    climb(&mut start);
                }
            }
            name => names.push(usable_name(name)?),
        }
    }
    let mut joined = HostPath::new(start, names, false);
    joined.outside_root = !lies_in(root, &joined.path());
    Ok(joined)
}

/// The path of [`join_relative`] alone, with whatever folder for its root.
pub fn path_from(folder: &Path, recorded: &WindowsPath) -> Result<PathBuf, UnusablePath> {
    if !recorded.is_relative() {
        return Err(UnusablePath::NotRelative);
    }
    let len = folder.as_os_str().len().saturating_add(recorded.original().len()).saturating_add(1);
    let mut path = PathBuf::with_capacity(len);
    path.push(folder);
    let mut names = 0_usize;
    for component in recorded.components() {
        match component.as_str() {
            "." => {}
            ".." => match names.checked_sub(1) {
                Some(fewer) => {
                    path.pop();
                    names = fewer;
                }
                None => climb(&mut path),
            },
            name => {
                path.push(checked_name(name)?);
                names = names.saturating_add(1);
            }
        }
    }
    Ok(path)
}

/// The name as an owned string, if it is one component and nothing else on every system.
///
/// A `:` starts a stream on NTFS, and a drive to `PathBuf::join` on Windows, which would throw away the folder.
pub fn usable_name(name: &str) -> Result<String, UnusablePath> {
    checked_name(name).map(str::to_owned)
}

fn checked_name(name: &str) -> Result<&str, UnusablePath> {
    let bad = name.contains([':', '\0', '/', '\\']) || name.trim_matches(['.', ' ']).is_empty();
    if bad { Err(UnusablePath::BadName(name.to_owned())) } else { Ok(name) }
}

fn climb(folder: &mut PathBuf) {
    match folder.components().next_back() {
        Some(Component::Normal(_)) => {
            folder.pop();
            if folder.as_os_str().is_empty() {
                folder.push(".");
            }
        }
        Some(Component::RootDir | Component::Prefix(_)) => {}
        Some(Component::CurDir) | None => *folder = PathBuf::from(".."),
        Some(Component::ParentDir) => folder.push(".."),
    }
}

fn lies_in(root: &Path, path: &Path) -> bool {
    path.strip_prefix(root).is_ok_and(|below| !below.components().any(|part| part == Component::ParentDir))
}

impl fmt::Display for UnusablePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRelative => f.write_str("the path is not relative"),
            Self::BadName(name) => write!(f, "{name:?} is not a file name"),
        }
    }
}

impl Error for UnusablePath {}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(root: &str, folder: &str, recorded: &str) -> Result<(String, bool), UnusablePath> {
        let joined = join_relative(Path::new(root), Path::new(folder), &WindowsPath::parse(recorded));
        assert_eq!(path_from(Path::new(folder), &WindowsPath::parse(recorded)), joined.clone().map(|host| host.path()));
        let joined = joined?;
        Ok((joined.path().to_string_lossy().replace('\\', "/"), joined.is_outside_root()))
    }

    #[test]
    fn a_relative_path_joins_by_components() {
        for (root, folder, recorded, path, outside) in [
            ("/mnt", "/mnt/vm", r".\p.vhdx", "/mnt/vm/p.vhdx", false),
            ("/mnt", "/mnt/vm", r"..\base\.\p.vhdx", "/mnt/base/p.vhdx", false),
            ("/mnt", "/mnt/vm", r"..\..\p.vhdx", "/p.vhdx", true),
            ("/mnt", "/mnt/vm", r"..\..\mnt\p.vhdx", "/mnt/p.vhdx", false),
            ("/mnt", "/mnt/vm", r"..\..\..\..\etc\shadow", "/etc/shadow", true),
            ("/mnt/vm", "/mnt/vm", r"..\vm2\p.vhdx", "/mnt/vm2/p.vhdx", true),
            ("/mnt/vm", "/mnt/vm", r"a\b\..\..\p.vhdx", "/mnt/vm/p.vhdx", false),
            ("/mnt/other", "/mnt/vm", r".\p.vhdx", "/mnt/vm/p.vhdx", true),
            (".", ".", r".\p.vhdx", "./p.vhdx", false),
            (".", "./vm", r"..\p.vhdx", "./p.vhdx", false),
            (".", ".", r"..\p.vhdx", "../p.vhdx", true),
            ("vm", "vm", r"..\..\..\p.vhdx", "../../p.vhdx", true),
            ("..", "../vm", r"..\p.vhdx", "../p.vhdx", false),
            ("..", "..", r"..\p.vhdx", "../../p.vhdx", true),
        ] {
            assert_eq!(join(root, folder, recorded), Ok((path.to_owned(), outside)), "{folder} {recorded}");
        }
    }

    #[test]
    fn what_is_no_name_or_not_relative_is_refused() {
        for recorded in [r"C:\a", r"C:a", r"\a", r"\\s\h\a", r"\\.\a", "file:///C:/a"] {
            assert_eq!(join("/mnt", "/mnt", recorded), Err(UnusablePath::NotRelative), "{recorded}");
        }
        for (recorded, name) in [
            (r".\C:\a", "C:"),
            (r"a.vhdx:stream", "a.vhdx:stream"),
            ("a\0b", "a\0b"),
            (r".. \a", ".. "),
            (r"...\a", "..."),
            (r"a\ \b", " "),
        ] {
            assert_eq!(join("/mnt", "/mnt", recorded), Err(UnusablePath::BadName(name.to_owned())), "{recorded}");
        }
    }

    #[test]
    fn the_names_start_from_where_the_climb_ended() {
        let joined =
            join_relative(Path::new("/mnt"), Path::new("/mnt/vm"), &WindowsPath::parse(r"..\Base\P.vhdx")).unwrap();
        assert_eq!(joined.start(), Path::new("/mnt"));
        assert_eq!(joined.names(), ["Base", "P.vhdx"]);
    }
}
