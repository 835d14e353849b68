//! A recorded path that starts from the folder of the file that records it, and where it leads on this system: by text
//! alone. Nearly all links are followed by such a path, so that none of its text is copied.

use std::path::{Component, Path, PathBuf};

use super::host::{UnusablePath, checked_name};
use super::recorded::{is_device_name, names, path_of_file_url, split_drive, starts_with_separator, without_nuls};

/// The text of a path of [`PathKind::Relative`](super::PathKind::Relative).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RelativePath<'t>(&'t str);

impl<'t> RelativePath<'t> {
    /// `None` for a text that starts anywhere else, or says so itself.
    pub fn of(text: &'t str) -> Option<Self> {
        let starts_here =
            !starts_with_separator(text) && split_drive(text).is_none() && path_of_file_url(text).is_none();
        starts_here.then(|| Self(without_nuls(text)))
    }

    /// The components, `.` and `..` among them, as [`WindowsPath::components`](super::WindowsPath::components) has them.
    pub fn components(self) -> impl Iterator<Item = &'t str> {
        names(self.0, false)
    }

    /// Whether one of its names is one that Win32 keeps for devices.
    pub fn is_device(self) -> bool {
        self.components().any(is_device_name)
    }

    /// Where it leads from the host folder `folder`, component by component.
    ///
    /// `..` is taken as text: it drops the last name, without asking where a symbolic link leads. It may lead out of
    /// everything that the user named: whoever opens the path asks [`Scope`](crate::chain::Scope) first. What counts is
    /// where it ends, not what it leaves on its way there, for only the end is opened.
    pub fn lead_from(self, folder: &Path) -> Result<PathBuf, UnusablePath> {
        let len = folder.as_os_str().len().saturating_add(self.0.len()).saturating_add(1);
        let mut path = PathBuf::with_capacity(len);
        path.push(folder);
        let mut depth = 0_usize;
        for component in self.components() {
            match component {
                "." => {}
                ".." => match depth.checked_sub(1) {
                    Some(fewer) => {
                        path.pop();
                        depth = fewer;
                    }
                    None => climb(&mut path),
                },
                name => {
                    path.push(checked_name(name)?);
                    depth = depth.saturating_add(1);
                }
            }
        }
        Ok(path)
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::Scope;
    use crate::chain::windows_path::WindowsPath;

    fn from(folder: &str, recorded: &str) -> Result<String, UnusablePath> {
        let path = RelativePath::of(recorded).unwrap().lead_from(Path::new(folder))?;
        Ok(path.to_string_lossy().replace('\\', "/"))
    }

    #[test]
    fn a_relative_path_joins_by_components() {
        for (folder, recorded, path) in [
            ("/mnt/vm", r".\p.vhdx", "/mnt/vm/p.vhdx"),
            ("/mnt/vm", r"..\base\.\p.vhdx", "/mnt/base/p.vhdx"),
            ("/mnt/vm", r"..\Base\P.vhdx", "/mnt/Base/P.vhdx"),
            ("/mnt/vm", r"a\b\..\..\p.vhdx", "/mnt/vm/p.vhdx"),
            ("/mnt/vm", r"..\..\..\..\etc\shadow", "/etc/shadow"),
            (".", r".\p.vhdx", "./p.vhdx"),
            ("./vm", r"..\p.vhdx", "./p.vhdx"),
            (".", r"..\p.vhdx", "../p.vhdx"),
            ("vm", r"..\..\..\p.vhdx", "../../p.vhdx"),
            ("../vm", r"..\p.vhdx", "../p.vhdx"),
            ("..", r"..\p.vhdx", "../../p.vhdx"),
        ] {
            assert_eq!(from(folder, recorded), Ok(path.to_owned()), "{folder} {recorded}");
        }
    }

    #[test]
    fn what_leads_out_of_a_root_is_not_in_its_scope() {
        for (root, recorded, inside) in [
            ("/mnt", r".\p.vhdx", true),
            ("/mnt", r"..\base\.\p.vhdx", true),
            ("/mnt", r"..\..\p.vhdx", false),
            ("/mnt", r"..\..\mnt\p.vhdx", true),
            ("/mnt", r"..\..\..\..\etc\shadow", false),
            ("/mnt/vm", r"..\vm2\p.vhdx", false),
            ("/mnt/vm", r"a\b\..\..\p.vhdx", true),
            ("/mnt/other", r".\p.vhdx", false),
        ] {
            let mut scope = Scope::default();
            scope.add_below(Path::new(root));
            let path = RelativePath::of(recorded).unwrap().lead_from(Path::new("/mnt/vm")).unwrap();
            assert_eq!(scope.contains(&crate::chain::absolute(&path)), inside, "{root} {recorded}");
        }
    }

    #[test]
    fn what_is_no_name_or_not_relative_is_refused() {
        for recorded in [r"C:\a", r"C:a", r"\a", r"\\s\h\a", r"\\.\a", "file:///C:/a", "file://s/h/a"] {
            assert_eq!(RelativePath::of(recorded), None, "{recorded}");
        }
        for (recorded, name) in [
            (r".\C:\a", "C:"),
            (r"a.vhdx:stream", "a.vhdx:stream"),
            ("a\0b", "a\0b"),
            (r".. \a", ".. "),
            (r"...\a", "..."),
            (r"a\ \b", " "),
        ] {
            assert_eq!(from("/mnt", recorded), Err(UnusablePath::BadName(name.to_owned())), "{recorded}");
        }
    }

    #[test]
    fn it_reads_a_text_as_the_parsed_form_does() {
        for text in
            ["", "\0", r".\a", r"..\b. \c\\d", "a/b/nul.vhdx\0\0", "file:a", "C", r"C:\a", "c:a", r"\a", "//s/h", "é"]
        {
            let (parsed, relative) = (WindowsPath::parse(text), RelativePath::of(text));
            assert_eq!(relative.is_some(), parsed.is_relative(), "{text}");
            let Some(relative) = relative else { continue };
            assert!(relative.components().eq(parsed.components()), "{text}");
            assert_eq!(relative.is_device(), parsed.is_device(), "{text}");
        }
    }
}
