//! From the named paths to the files below them.

use std::path::{Path, PathBuf};

use globset::GlobSet;
use walkdir::{DirEntry, WalkDir};

use crate::error::Error;
use crate::limits::MAX_LEFT_OUT;

use super::{Link, OriginNo, Unreadable};

/// How folders are walked.
#[derive(Clone, Debug, Default)]
pub struct WalkOptions {
    /// Follow symbolic links to files and folders; a loop is reported and not followed.
    pub follow_links: bool,
    /// How many folders deep to go below a named one; without bound when `None`.
    pub max_depth: Option<usize>,
    /// Files and folders to leave out, matched against the whole path and against the name.
    pub exclude: GlobSet,
}

/// What the walk found, before any file was opened.
#[derive(Debug, Default)]
pub struct Walked {
    /// Regular files as they were met, each with whether the user named it to be reported: folder by folder in the order
    /// of their paths, and again for every named path that leads to them.
    met: Vec<(PathBuf, bool)>,
    /// How many named paths were walked.
    walks: usize,
    /// What could not be walked.
    pub unreadable: Vec<Unreadable>,
    /// Files and folders that were left out on request, folders that lie too deep to be looked into, and symbolic links
    /// beside a named file.
    pub left_out: Vec<PathBuf>,
    /// Symbolic links that were met and not followed.
    pub links: Vec<Link>,
}

/// Which files a named path stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// The path itself and, for a folder, everything below it.
    Below,
    /// The files that lie directly in a folder, only to find parents among.
    Beside,
}

impl Walked {
    /// Adds a file, or a folder with everything below it. `named` files are reported, others only serve to find
    /// parents.
    pub fn add_below(&mut self, path: &Path, named: bool, options: &WalkOptions) {
        self.add(path, Reach::Below, named, options);
    }

    /// Adds the files that lie directly in a folder, to find parents among. The empty path is the current folder, whose
    /// files then have bare names, as a file named without a folder has.
    pub fn add_beside(&mut self, folder: &Path, options: &WalkOptions) {
        self.add(folder, Reach::Beside, false, options);
    }

    /// The files that were met, sorted by path, each once, with whether it is to be reported.
    pub fn files(&mut self) -> Vec<(PathBuf, bool)> {
        let mut files = std::mem::take(&mut self.met);
        // One folder comes sorted from its walk, and each file once.
        if self.walks <= 1 {
            return files;
        }
        files.sort_by(|a, b| a.0.cmp(&b.0));
        files.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 |= same && next.1;
            same
        });
        files
    }

    fn add(&mut self, path: &Path, reach: Reach, named: bool, options: &WalkOptions) {
        self.walks = self.walks.saturating_add(1);
        let bare = path.as_os_str().is_empty();
        let root = if bare { Path::new(".") } else { path };
        // The paths that are compared are those of one folder: their names decide, and need not be taken from them.
        let mut walk = WalkDir::new(root)
            .follow_links(options.follow_links)
            .follow_root_links(true)
            .sort_by(|a, b| a.path().as_os_str().cmp(b.path().as_os_str()));
        match reach {
            Reach::Beside => walk = walk.max_depth(1),
            Reach::Below => {
                // A file named on the command line is at depth 0, the files of a named folder at depth 1.
                walk = walk.max_depth(options.max_depth.map_or(usize::MAX, |depth| depth.saturating_add(1)));
            }
        }
        let deepest = options.max_depth.filter(|_| reach == Reach::Below);
        let mut beside = Vec::new();
        let left_out = &mut self.left_out;
        let excluded =
            |entry: &DirEntry| options.exclude.is_match(entry.path()) || options.exclude.is_match(entry.file_name());
        let entries = walk.into_iter().filter_entry(|entry| {
            let taken = entry.depth() == 0 || options.exclude.is_empty() || !excluded(entry);
            let too_deep = deepest.is_some_and(|deepest| entry.depth() > deepest) && entry.file_type().is_dir();
            if (!taken || too_deep) && left_out.len() <= MAX_LEFT_OUT {
                left_out.push(entry.path().to_owned());
            }
            taken
        });
        for entry in entries {
            match entry {
                // A link that the user named is followed, whatever becomes of others.
                Ok(entry) if entry.file_type().is_file() || entry.depth() == 0 && entry.path().is_file() => {
                    let path = match bare {
                        true => entry.path().strip_prefix(root).unwrap_or(entry.path()).to_owned(),
                        false => entry.into_path(),
                    };
                    self.met.push((path, named));
                }
                // A named path that is a pipe, socket or device is refused with a word; one met in a walk is passed by.
                Ok(entry) if entry.depth() == 0 && !entry.path().is_dir() => {
                    let error = Error::refused("", None, "is not a regular file").with_path(path);
                    self.unreadable.push(Unreadable { origin: OriginNo::default(), path: entry.into_path(), error });
                }
                // Of a link only its text is read.
                Ok(entry) if entry.depth() > 0 && entry.file_type().is_symlink() && reach == Reach::Below => {
                    if self.links.len() <= MAX_LEFT_OUT {
                        let target = std::fs::read_link(entry.path()).ok();
                        self.links.push(Link { origin: OriginNo::default(), path: entry.into_path(), target });
                    }
                }
                // A recorded path may name it, and lead to what was not looked at.
                Ok(entry) if entry.depth() > 0 && entry.file_type().is_symlink() => {
                    if beside.len() <= MAX_LEFT_OUT {
                        beside.push(entry.into_path());
                    }
                }
                Err(error) if reach == Reach::Below => self.unreadable.push(unreadable(path, error)),
                Ok(_) | Err(_) => {}
            }
        }
        self.left_out.append(&mut beside);
    }
}

fn unreadable(named: &Path, error: walkdir::Error) -> Unreadable {
    let path = error.path().unwrap_or(named).to_owned();
    let looped = error.loop_ancestor().map(|ancestor| format!("symbolic link leads back to {}", ancestor.display()));
    let error = match (looped, error.into_io_error()) {
        (Some(what), _) => Error::refused("", None, what),
        (None, Some(error)) => Error::io(error, "", None),
        (None, None) => Error::refused("", None, "cannot be walked"),
    };
    Unreadable { origin: OriginNo::default(), error: error.with_path(&path), path }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_that_is_named_leads_to_what_it_stands_for() {
        let folder = tempfile::tempdir().unwrap();
        let join = |name: &str| folder.path().join(name);
        fs::create_dir(join("real")).unwrap();
        fs::write(join("real/a.vhdx"), "").unwrap();
        symlink(join("real"), join("folder")).unwrap();
        symlink(join("real/a.vhdx"), join("file.vhdx")).unwrap();
        symlink(join("nowhere"), join("broken")).unwrap();
        let mut walked = Walked::default();
        for name in ["folder", "file.vhdx", "broken"] {
            walked.add_below(&join(name), true, &WalkOptions::default());
        }
        let found: Vec<PathBuf> = walked.files().into_iter().map(|(path, _)| path).collect();
        assert_eq!(found, [join("file.vhdx"), join("folder/a.vhdx")]);
        symlink("../elsewhere", join("real/link")).unwrap();
        let mut again = Walked::default();
        again.add_below(&join("real"), true, &WalkOptions::default());
        again.add_beside(&join("real"), &WalkOptions::default());
        let links: Vec<_> = again.links.into_iter().map(|link| (link.path, link.target)).collect();
        assert_eq!(links, [(join("real/link"), Some("../elsewhere".into()))], "one that is met is not followed");
        assert_eq!(again.left_out, [join("real/link")], "one beside a named file is not looked at, and known");
        let unreadable: Vec<PathBuf> = walked.unreadable.into_iter().map(|gap| gap.path).collect();
        assert_eq!(unreadable, [join("broken")]);
    }

    #[test]
    fn what_is_left_out_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let join = |name: &str| folder.path().join(name);
        fs::create_dir_all(join("vm/deep/deeper")).unwrap();
        fs::create_dir(join("bak")).unwrap();
        for name in ["a.vhdx", "b.avhdx", "vm/c.avhdx", "vm/deep/d.vhdx", "bak/e.vhdx"] {
            fs::write(join(name), "").unwrap();
        }
        symlink(join("a.vhdx"), join("vm/link.vhdx")).unwrap();
        let exclude = globset::GlobSetBuilder::new()
            .add(globset::Glob::new("*.avhdx").unwrap())
            .add(globset::Glob::new("bak").unwrap())
            .build()
            .unwrap();
        let mut walked = Walked::default();
        let options = WalkOptions { max_depth: Some(1), exclude, ..WalkOptions::default() };
        walked.add_below(folder.path(), true, &options);
        assert_eq!(walked.files(), [(join("a.vhdx"), true)]);
        assert_eq!(walked.left_out, ["b.avhdx", "bak", "vm/c.avhdx", "vm/deep"].map(join));
        assert_eq!(walked.links.iter().map(|link| link.path.clone()).collect::<Vec<_>>(), [join("vm/link.vhdx")]);
        let followed = WalkOptions { follow_links: true, ..WalkOptions::default() };
        let mut walked = Walked::default();
        walked.add_below(folder.path(), true, &followed);
        assert_eq!((walked.left_out.len(), walked.links.len()), (0, 0));
        assert!(walked.files().contains(&(join("vm/link.vhdx"), true)));
    }
}
