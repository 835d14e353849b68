//! What the user named: nothing outside it is opened, and a recorded path that leads elsewhere is `outside`.

use std::path::{Component, Path, PathBuf};

/// The folders that files may be found in.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    roots: Vec<ScopeRoot>,
}

/// A folder that files may be found in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeRoot {
    /// The folder, absolute and free of `..`.
    pub folder: PathBuf,
    /// Whether what lies in folders below counts too.
    pub below: bool,
}

impl Scope {
    /// Adds a folder with everything below it.
    pub fn add_below(&mut self, folder: &Path) {
        self.roots.push(ScopeRoot { folder: absolute(folder), below: true });
    }

    /// Adds a folder without the folders below it.
    pub fn add_beside(&mut self, folder: &Path) {
        self.roots.push(ScopeRoot { folder: absolute(folder), below: false });
    }

    /// The folders in the order in which they were added.
    pub fn roots(&self) -> &[ScopeRoot] {
        &self.roots
    }

    /// Whether a path, absolute and free of `..`, lies in what the user named.
    pub fn contains(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| {
            if root.below { path.starts_with(&root.folder) } else { path.parent() == Some(root.folder.as_path()) }
        })
    }
}

/// The path from the root of the file system, with `.` and `..` worked out as text: no file is touched.
pub fn absolute(path: &Path) -> PathBuf {
    if is_clean(path) {
        return path.to_owned();
    }
    cleaned(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// [`absolute`] for many paths: the system is asked only once where it is now.
#[derive(Debug)]
pub struct Here {
    folder: Option<PathBuf>,
}

impl Here {
    /// Asks.
    pub fn now() -> Self {
        // On Windows each drive has a folder of its own.
        Self { folder: std::env::current_dir().ok().filter(|_| cfg!(unix)) }
    }

    /// As [`absolute`], from where the system was when it was asked.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        match &self.folder {
            _ if is_clean(path) => path.to_owned(),
            Some(folder) => cleaned(&folder.join(path)),
            None => absolute(path),
        }
    }
}

/// Whether nothing is to be worked out: nearly every path that a walk finds, and taking it apart costs more than all
/// that is done with it.
fn is_clean(path: &Path) -> bool {
    let below_root = path.as_os_str().as_encoded_bytes().strip_prefix(b"/").filter(|_| cfg!(unix));
    below_root.is_some_and(|rest| rest.split(|byte| *byte == b'/').all(|part| !matches!(part, b"" | b"." | b"..")))
}

fn cleaned(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_clean_stays_as_it_is_and_others_are_worked_out() {
        for (path, clean) in [
            ("/a/b.vhdx", "/a/b.vhdx"),
            ("/a/...", "/a/..."),
            ("/a/./b", "/a/b"),
            ("/a/../b", "/b"),
            ("/a//b/", "/a/b"),
            ("/a/..", "/"),
            ("/", "/"),
            ("/.", "/"),
        ] {
            assert_eq!(absolute(Path::new(path)).as_os_str(), clean, "{path}");
            assert_eq!(Here::now().absolute(Path::new(path)).as_os_str(), clean, "{path}");
        }
        let from_here = std::env::current_dir().unwrap().join("b");
        assert_eq!(absolute(Path::new("a/../b")), from_here);
        assert_eq!(Here::now().absolute(Path::new("a/../b")), from_here);
    }

    #[test]
    fn a_folder_names_what_is_below_and_a_file_only_its_folder() {
        let mut scope = Scope::default();
        scope.add_below(Path::new("/vms/a/../b"));
        scope.add_beside(Path::new("/single"));
        assert!(scope.contains(Path::new("/vms/b/c/d.vhdx")));
        assert!(!scope.contains(Path::new("/vms/bb/d.vhdx")));
        assert!(scope.contains(Path::new("/single/d.vhdx")));
        assert!(!scope.contains(Path::new("/single/below/d.vhdx")));
    }
}
