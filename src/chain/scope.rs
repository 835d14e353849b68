//! What the user named: nothing outside it is opened, and a recorded path that leads elsewhere is `outside`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::limits::MAX_LEFT_OUT;

/// The folders that files may be found in.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    roots: Vec<ScopeRoot>,
    /// What was met there and not looked at.
    left_out: BTreeSet<PathBuf>,
    /// Whether more was left out than is kept.
    more_left_out: bool,
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

    /// Adds a file or folder that was met and left out, with everything below it.
    pub fn leave_out(&mut self, path: &Path) {
        if self.left_out.len() < MAX_LEFT_OUT {
            self.left_out.insert(absolute(path));
        } else {
            self.leave_out_more();
        }
    }

    /// Adds that more was left out than is known.
    pub fn leave_out_more(&mut self) {
        self.more_left_out = true;
    }

    /// What was left out, absolute and sorted.
    pub fn left_out(&self) -> impl Iterator<Item = &Path> {
        self.left_out.iter().map(PathBuf::as_path)
    }

    /// Whether more was left out than [`left_out`](Self::left_out) tells.
    pub fn has_more_left_out(&self) -> bool {
        self.more_left_out
    }

    /// Whether a path, absolute and free of `..`, lies in what the user named and was looked at: what is not found there
    /// is nowhere.
    pub fn contains(&self, path: &Path) -> bool {
        if self.more_left_out || path.ancestors().any(|above| self.left_out.contains(above)) {
            return false;
        }
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
        self.place(path).into_owned()
    }

    /// The same, of a path that is at hand and may be absolute already.
    pub fn place<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        match &self.folder {
            _ if is_clean(path) => Cow::Borrowed(path),
            Some(folder) if is_clean(folder) && is_clean_below(path) => Cow::Owned(folder.join(path)),
            Some(folder) => Cow::Owned(cleaned(&folder.join(path))),
            None => Cow::Owned(absolute(path)),
        }
    }
}

/// Whether nothing is to be worked out: nearly every path that a walk finds, and taking it apart costs more than all
/// that is done with it.
fn is_clean(path: &Path) -> bool {
    let below_root = path.as_os_str().as_encoded_bytes().strip_prefix(b"/").filter(|_| cfg!(unix));
    below_root.is_some_and(is_clean_text)
}

/// The same of a path that does not start at the root.
fn is_clean_below(path: &Path) -> bool {
    cfg!(unix) && is_clean_text(path.as_os_str().as_encoded_bytes())
}

/// Whether each part between slashes is a name.
fn is_clean_text(text: &[u8]) -> bool {
    // Without a stop of its own the loop looks at many bytes at once.
    let after = |byte: u8| matches!(byte, b'/' | b'.');
    let [first, next @ ..] = text else { return false };
    let begins_none = text.iter().zip(next).fold(false, |found, (a, b)| found | ((*a == b'/') & after(*b)));
    if !begins_none && !after(*first) && text.last() != Some(&b'/') {
        return true;
    }
    text.split(|byte| *byte == b'/').all(|part| !matches!(part, b"" | b"." | b".."))
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
        let here = std::env::current_dir().unwrap();
        for (path, clean) in [("c/b", "c/b"), ("c/./b", "c/b"), ("./b", "b"), ("c//b/", "c/b"), ("", "")] {
            let from_here = if clean.is_empty() { here.clone() } else { here.join(clean) };
            assert_eq!(Here::now().absolute(Path::new(path)).as_os_str(), from_here, "{path}");
        }
        let from_here = here.join("b");
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

    #[test]
    fn what_was_left_out_is_not_looked_at() {
        let mut scope = Scope::default();
        scope.add_below(Path::new("/vms"));
        scope.leave_out(Path::new("/vms/a/../b"));
        scope.leave_out(Path::new("/vms/c.avhdx"));
        assert!(scope.contains(Path::new("/vms/a/d.vhdx")) && scope.contains(Path::new("/vms/bb")));
        for left_out in ["/vms/b", "/vms/b/c/d.vhdx", "/vms/c.avhdx"] {
            assert!(!scope.contains(Path::new(left_out)), "{left_out}");
        }
        scope.leave_out_more();
        assert!(!scope.contains(Path::new("/vms/a/d.vhdx")));
    }
}
