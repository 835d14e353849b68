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
    cleaned(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// [`absolute`] for many paths: the system is asked only once where it is now.
#[derive(Debug)]
pub(super) struct Here {
    folder: Option<PathBuf>,
}

impl Here {
    pub(super) fn now() -> Self {
        // On Windows each drive has a folder of its own.
        Self { folder: std::env::current_dir().ok().filter(|_| cfg!(unix)) }
    }

    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        match &self.folder {
            Some(folder) => cleaned(&folder.join(path)),
            None => absolute(path),
        }
    }
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
