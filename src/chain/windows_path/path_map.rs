//! `FROM=TO`: where the files of a recorded Windows path are now.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::chain::scope::absolute;

use super::host::{HostPath, UnusablePath, usable_name};
use super::recorded::{PathKind, WindowsPath, all_eq_ignore_case};

/// Rules that turn recorded Windows paths into paths of this system.
#[derive(Clone, Debug, Default)]
pub struct PathMap {
    rules: Vec<Rule>,
    drives: Option<PathBuf>,
}

#[derive(Clone, Debug)]
struct Rule {
    from: WindowsPath,
    /// The components of `from` without `.` and `..`.
    prefix: Vec<String>,
    to: PathBuf,
}

/// What is wrong with a mapping. The text names the argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathMapError {
    /// The argument has no `=`, or nothing on one side of it.
    NotAPair(String),
    /// The left side is not UTF-8 (on Windows: not valid Unicode).
    NotUnicode(String),
    /// The left side is not a full Windows path that starts at a drive, a volume or a share.
    NotAbsolute(String),
    /// The left side leads to a device.
    Device(String),
    /// The left side was given before, with another right side.
    Twice(String),
}

impl PathMap {
    /// The map without rules.
    pub const EMPTY: Self = Self { rules: Vec::new(), drives: None };

    /// A map from `FROM=TO` arguments.
    pub fn from_arguments<I: IntoIterator<Item: AsRef<OsStr>>>(arguments: I) -> Result<Self, PathMapError> {
        let mut map = Self::default();
        for argument in arguments {
            let (from, to) = split_argument(argument.as_ref())?;
            map.add(&from, to)?;
        }
        Ok(map)
    }

    /// Adds a rule: what Windows calls `from` lies in `to`.
    pub fn add(&mut self, from: &str, to: PathBuf) -> Result<(), PathMapError> {
        let mut path = WindowsPath::parse(from);
        if let PathKind::DriveRelative { drive } = path.kind()
            && path.components().is_empty()
        {
            path = WindowsPath::parse(&format!(r"{drive}:\"));
        }
        if path.is_device() {
            return Err(PathMapError::Device(from.to_owned()));
        }
        let nameless_share =
            matches!(path.kind(), PathKind::Unc { server, share } if server.is_empty() || share.is_empty());
        if !path.is_absolute() || nameless_share {
            return Err(PathMapError::NotAbsolute(from.to_owned()));
        }
        match self.rules.iter().find(|rule| rule.from.same_place(&path)) {
            Some(rule) if rule.to == to => Ok(()),
            Some(_) => Err(PathMapError::Twice(from.to_owned())),
            None => {
                let prefix = path.normalized().components;
                self.rules.push(Rule { from: path, prefix, to });
                Ok(())
            }
        }
    }

    /// Says in which folder the drives of the host lie whose paths these are, one folder a letter.
    #[must_use]
    pub fn with_drives(self, drives: Option<PathBuf>) -> Self {
        Self { drives, ..self }
    }

    /// The folder in which the drives of the host lie, where it is not this one.
    pub fn drives(&self) -> Option<&Path> {
        self.drives.as_deref()
    }

    /// The rules in the order given: the left side as written, and where that is now.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.rules.iter().map(|rule| (rule.from.original(), rule.to.as_path()))
    }

    /// What Windows calls a path of this system, by the rule with the longest right side that it lies in; `None` without
    /// one, where two such rules have other left sides, and where a name is no valid Unicode.
    pub fn unmap(&self, path: &Path) -> Option<String> {
        let path = absolute(path);
        let within = self.rules.iter().filter_map(|rule| {
            let folder = absolute(&rule.to);
            path.starts_with(&folder).then_some((rule, folder))
        });
        let within: Vec<(&Rule, PathBuf)> = within.collect();
        let (rule, folder) = within.iter().max_by_key(|(_, folder)| folder.components().count())?;
        if within.iter().any(|(other, there)| there == folder && !other.from.same_place(&rule.from)) {
            return None;
        }
        let mut windows = rule.from.original().replace('/', "\\");
        for name in path.strip_prefix(folder).ok()?.components() {
            if !windows.ends_with('\\') {
                windows.push('\\');
            }
            windows.push_str(name.as_os_str().to_str()?);
        }
        Some(windows)
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The right sides, in the order given: folders that the user named.
    pub fn targets(&self) -> impl Iterator<Item = &Path> {
        self.rules.iter().map(|rule| rule.to.as_path())
    }

    /// Where the recorded path is now, by the rule with the longest left side that leads to it; `None` without one.
    ///
    /// Components are compared whole, as Windows compares them, and after `.` and `..` are worked out, so the result
    /// never leaves the right side of its rule.
    pub fn map(&self, recorded: &WindowsPath) -> Result<Option<HostPath>, UnusablePath> {
        if self.rules.is_empty() {
            return Ok(None);
        }
        let components = recorded.normalized().components;
        let longest = self
            .rules
            .iter()
            .filter(|rule| rule.from.same_root(recorded))
            .filter_map(|rule| {
                let (head, rest) = components.split_at_checked(rule.prefix.len())?;
                all_eq_ignore_case(head, &rule.prefix).then_some((rule, rest))
            })
            .max_by_key(|(rule, _)| rule.prefix.len());
        let Some((rule, rest)) = longest else { return Ok(None) };
        let names = rest.iter().map(|name| usable_name(name)).collect::<Result<_, _>>()?;
        Ok(Some(HostPath::new(rule.to.clone(), names)))
    }
}

/// Splits at the first `=`: the left side, which Windows names, is the one less likely to hold another.
fn split_argument(argument: &OsStr) -> Result<(String, PathBuf), PathMapError> {
    let shown = || argument.to_string_lossy().into_owned();
    let (from, to) = split_at_equals(argument).ok_or_else(|| PathMapError::NotAPair(shown()))?;
    if from.is_empty() || to.as_os_str().is_empty() {
        return Err(PathMapError::NotAPair(shown()));
    }
    Ok((from.into_utf8().map_err(|_| PathMapError::NotUnicode(shown()))?, to))
}

/// The left side of an argument before it is known to be text.
struct Left(Vec<u8>);

impl Left {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn into_utf8(self) -> Result<String, std::string::FromUtf8Error> {
        String::from_utf8(self.0)
    }
}

#[cfg(unix)]
fn split_at_equals(argument: &OsStr) -> Option<(Left, PathBuf)> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = argument.as_bytes();
    let at = bytes.iter().position(|&byte| byte == b'=')?;
    let (from, to) = bytes.split_at_checked(at)?;
    Some((Left(from.to_vec()), PathBuf::from(OsStr::from_bytes(to.get(1..)?))))
}

#[cfg(not(unix))]
fn split_at_equals(argument: &OsStr) -> Option<(Left, PathBuf)> {
    let (from, to) = argument.to_str()?.split_once('=')?;
    Some((Left(from.as_bytes().to_vec()), PathBuf::from(to)))
}

impl fmt::Display for PathMapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const EXAMPLE: &str = r"C:\ClusterStorage\Volume1=/mnt/csv1";
        match self {
            Self::NotAPair(argument) => write!(f, "{argument:?} is not FROM=TO, as in {EXAMPLE}"),
            Self::NotUnicode(argument) => write!(f, "{argument:?}: the path before = is not valid Unicode"),
            Self::NotAbsolute(from) => write!(
                f,
                "\"{from}\" is not a full Windows path: it must start with a drive (C:\\), a volume (\\\\?\\Volume{{…}}\\) or a share (\\\\server\\share)"
            ),
            Self::Device(from) => write!(f, "\"{from}\" is a device, not a folder"),
            Self::Twice(from) => write!(f, "\"{from}\" is mapped twice, to different places"),
        }
    }
}

impl Error for PathMapError {}

#[cfg(test)]
mod tests;
