//! The parsed form of one recorded path.

use std::fmt;

use super::letter_case::eq_ignore_case;

/// A path as a Windows program wrote it down: its text, what kind of path it is, and its components.
///
/// Both `\` and `/` part components, also after `\\?\`, where Windows takes `/` literally: no name can hold one, and
/// writers other than Windows use it. Empty components are dropped, `.` and `..` are kept, and points and spaces at the end
/// of a name are cut as Windows does, but for a path that starts with `\\?\`; see
/// [`normalized`](Self::normalized) and [`resolve_relative`](Self::resolve_relative).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WindowsPath {
    original: String,
    kind: PathKind,
    verbatim: bool,
    components: Vec<String>,
}

/// Where a path starts from. Letters and names keep the spelling of the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PathKind {
    /// `C:\a`, `\\?\C:\a`.
    DriveAbsolute {
        /// `A` to `Z` in either case.
        drive: char,
    },
    /// `C:a`: relative to a current folder of a drive that nobody wrote down.
    DriveRelative {
        /// `A` to `Z` in either case.
        drive: char,
    },
    /// `\\?\Volume{guid}\a`.
    Volume {
        /// What stands between the braces; a GUID in well-made paths.
        guid: String,
    },
    /// `\\server\share\a`, `\\?\UNC\server\share\a`: a path on the network. Empty names where the text has none.
    Unc {
        /// The host.
        server: String,
        /// The share on it.
        share: String,
    },
    /// `\\.\PhysicalDrive0`, `\\?\GLOBALROOT\Device\…`: into the object namespace, not into a file system.
    Device,
    /// `\a`: from the root of a drive that nobody wrote down.
    Rooted,
    /// `a`, `.\a`, `..\a`, and the empty text.
    Relative,
}

/// Components with `.` and `..` worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Names only. A `..` at the root stays at the root, as on Windows.
    pub components: Vec<String>,
    /// Whether a `..` had nothing left to leave.
    pub climbs_out: bool,
}

impl WindowsPath {
    /// Parses any text. NULs at the end, which some writers count into the length, are no part of the path; a
    /// `file:` URL (as a Macintosh and some configurations write) is taken apart first.
    pub fn parse(text: &str) -> Self {
        taken_apart(text, |kind, verbatim, rest| {
            let components = names(rest, verbatim).map(str::to_owned).collect();
            Self { original: text.to_owned(), kind, verbatim, components }
        })
    }

    /// Where the path starts from, for whoever asks for nothing else of a text.
    pub fn kind_of(text: &str) -> PathKind {
        taken_apart(text, |kind, _, _| kind)
    }

    /// Whether a text leads to a device or holds a `..`, for whoever has many texts to ask, nearly none of which does.
    pub fn may_escape(text: &str) -> bool {
        taken_apart(text, |kind, verbatim, rest| {
            let escapes = |name: &str| name == ".." || (!verbatim && is_device_name(name));
            kind == PathKind::Device || names(rest, verbatim).any(escapes)
        })
    }

    /// The text that was parsed, unchanged.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Where the path starts from.
    pub fn kind(&self) -> &PathKind {
        &self.kind
    }

    /// Whether it was written with `\\?\` (or `\??\`, the same to the kernel).
    pub fn is_verbatim(&self) -> bool {
        self.verbatim
    }

    /// The components after the root, `.` and `..` among them.
    pub fn components(&self) -> &[String] {
        &self.components
    }

    /// The last component, if it is a name.
    pub fn file_name(&self) -> Option<&str> {
        self.components.last().map(String::as_str).filter(|name| !matches!(*name, "." | ".."))
    }

    /// All components but the last.
    pub fn parent_components(&self) -> &[String] {
        self.components.split_last().map_or(&[], |(_, parents)| parents)
    }

    /// Whether the path leads to the network. Opening it could hand this user's credentials to a stranger's server.
    pub fn is_unc(&self) -> bool {
        matches!(self.kind, PathKind::Unc { .. })
    }

    /// Whether the path leads to a device: through the object namespace, or by one of the names that Win32 keeps for
    /// devices in every folder (`NUL`, `com1.vhdx`).
    pub fn is_device(&self) -> bool {
        self.kind == PathKind::Device || (!self.verbatim && self.components.iter().any(|name| is_device_name(name)))
    }

    /// Whether the path says by itself where it starts.
    pub fn is_absolute(&self) -> bool {
        !self.is_relative() && !matches!(self.kind, PathKind::DriveRelative { .. } | PathKind::Rooted)
    }

    /// Whether the path starts from the folder of the file that records it.
    pub fn is_relative(&self) -> bool {
        self.kind == PathKind::Relative
    }

    /// The components with `.` and `..` worked out from the path's own start.
    pub fn normalized(&self) -> Resolved {
        resolve(Vec::new(), &self.components)
    }

    /// The components this path leads to from a folder with the components `base`, or `None` if it is not relative.
    pub fn resolve_relative<S: AsRef<str>>(&self, base: &[S]) -> Option<Resolved> {
        self.is_relative()
            .then(|| resolve(base.iter().map(|name| name.as_ref().to_owned()).collect(), &self.components))
    }

    /// Whether both texts name the same place to Windows: the same start and the same components after `.` and `..`,
    /// upper and lower case and `\\?\` aside. Only text: a drive letter and a volume name are never the same.
    pub fn same_place(&self, other: &Self) -> bool {
        self.same_root(other) && all_eq_ignore_case(&self.normalized().components, &other.normalized().components)
    }

    /// Whether the path is `folder` or lies somewhere below it, by text alone.
    pub fn lies_in(&self, folder: &Self) -> bool {
        let (own, folders) = (self.normalized().components, folder.normalized().components);
        let head = own.get(..folders.len());
        self.same_root(folder) && head.is_some_and(|head| all_eq_ignore_case(head, &folders))
    }

    /// Whether both paths start from the same place.
    pub(super) fn same_root(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (PathKind::DriveAbsolute { drive: a }, PathKind::DriveAbsolute { drive: b })
            | (PathKind::DriveRelative { drive: a }, PathKind::DriveRelative { drive: b }) => a.eq_ignore_ascii_case(b),
            (PathKind::Volume { guid: a }, PathKind::Volume { guid: b }) => a.eq_ignore_ascii_case(b),
            (PathKind::Unc { server: a, share: c }, PathKind::Unc { server: b, share: d }) => {
                eq_ignore_case(a, b) && eq_ignore_case(c, d)
            }
            (a, b) => a == b,
        }
    }
}

impl fmt::Display for WindowsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.original)
    }
}

/// Whether a recorded path leads to storage that several hosts surely may use: a share, or a shared volume of a cluster by
/// the folder in which it is mounted.
pub fn is_shared_storage(recorded: &str) -> bool {
    let path = WindowsPath::parse(recorded);
    let of_cluster = || {
        matches!(path.kind, PathKind::DriveAbsolute { .. })
            && path.components.first().is_some_and(|folder| eq_ignore_case(folder, "ClusterStorage"))
    };
    path.is_unc() || of_cluster()
}

/// Whether two lists of names are the same to Windows.
pub(super) fn all_eq_ignore_case(a: &[String], b: &[String]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| eq_ignore_case(a, b))
}

fn resolve(mut names: Vec<String>, components: &[String]) -> Resolved {
    let mut climbs_out = false;
    for component in components {
        match component.as_str() {
            "." => {}
            ".." => climbs_out |= names.pop().is_none(),
            name => names.push(name.to_owned()),
        }
    }
    Resolved { components: names, climbs_out }
}

pub(super) fn without_nuls(text: &str) -> &str {
    text.trim_end_matches('\0')
}

/// The name that Windows opens for one component: without points and spaces at its end. What consists of nothing else, or
/// would become `.` or `..`, stays as it is, and is no name of a file.
fn as_opened(part: &str) -> &str {
    let cut = part.trim_end_matches(['.', ' ']);
    if cut.is_empty() { part } else { cut }
}

/// The components of the text after the start of a path.
pub(super) fn names(rest: &str, verbatim: bool) -> impl Iterator<Item = &str> {
    parts(rest).map(move |part| if verbatim { part } else { as_opened(part) })
}

fn is_separator(c: char) -> bool {
    matches!(c, '\\' | '/')
}

pub(super) fn starts_with_separator(text: &str) -> bool {
    text.starts_with(is_separator)
}

/// What stands between separators, as far as anything does.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let parts = std::iter::from_fn(move || {
        let text = rest.take()?;
        let end = text.bytes().position(|byte| matches!(byte, b'\\' | b'/'));
        let cut = end.and_then(|end| text.split_at_checked(end));
        rest = cut.and_then(|(_, after)| after.get(1..));
        Some(cut.map_or(text, |(part, _)| part))
    });
    parts.filter(|part| !part.is_empty())
}

/// What `look` makes of the start of any text, whether it was written with `\\?\`, and the text after the start.
fn taken_apart<T>(text: &str, look: impl FnOnce(PathKind, bool, &str) -> T) -> T {
    let trimmed = without_nuls(text);
    let from_url = path_of_file_url(trimmed);
    let (kind, verbatim, rest) = split_root(from_url.as_deref().unwrap_or(trimmed));
    look(kind, verbatim, rest)
}

/// The start of the path, whether it was written with `\\?\`, and the text after the start.
fn split_root(text: &str) -> (PathKind, bool, &str) {
    let Some(rest) = text.strip_prefix(is_separator) else {
        let (kind, rest) = match split_drive(text) {
            Some((drive, rest)) => match rest.strip_prefix(is_separator) {
                Some(rest) => (PathKind::DriveAbsolute { drive }, rest),
                None => (PathKind::DriveRelative { drive }, rest),
            },
            None => (PathKind::Relative, text),
        };
        return (kind, false, rest);
    };
    let Some(share) = rest.strip_prefix(is_separator) else {
        return match text.strip_prefix(r"\??\") {
            Some(rest) => split_verbatim_root(rest),
            None => (PathKind::Rooted, false, rest),
        };
    };
    if let Some(rest) = strip_marker(share, '?') {
        return split_verbatim_root(rest);
    }
    match strip_marker(share, '.') {
        Some(rest) => (PathKind::Device, false, rest),
        None => split_unc_root(share, false),
    }
}

/// Whatever follows `\\?\` and is neither drive, volume nor UNC is a name in the object namespace.
fn split_verbatim_root(rest: &str) -> (PathKind, bool, &str) {
    let ends_here = |rest: &str| rest.is_empty() || rest.starts_with(is_separator);
    if let Some((drive, rest)) = split_drive(rest).filter(|(_, rest)| ends_here(rest)) {
        return (PathKind::DriveAbsolute { drive }, true, rest);
    }
    if let Some(rest) = strip_prefix_ignore_ascii_case(rest, "UNC").filter(|rest| ends_here(rest)) {
        return split_unc_root(rest.strip_prefix(is_separator).unwrap_or(rest), true);
    }
    if let Some((guid, rest)) = strip_prefix_ignore_ascii_case(rest, "Volume{")
        .and_then(|rest| rest.split_once('}'))
        .filter(|(guid, rest)| !guid.bytes().any(|byte| matches!(byte, b'\\' | b'/')) && ends_here(rest))
    {
        return (PathKind::Volume { guid: guid.to_owned() }, true, rest);
    }
    (PathKind::Device, true, rest)
}

/// Takes server and share off the text after the two backslashes.
fn split_unc_root(rest: &str, verbatim: bool) -> (PathKind, bool, &str) {
    let (server, rest) = rest.split_once(is_separator).unwrap_or((rest, ""));
    let (share, rest) = rest.split_once(is_separator).unwrap_or((rest, ""));
    (PathKind::Unc { server: server.to_owned(), share: share.to_owned() }, verbatim, rest)
}

/// The text after `?\` or `.\` behind two separators, however the separators lean.
fn strip_marker(rest: &str, marker: char) -> Option<&str> {
    rest.strip_prefix(marker)?.strip_prefix(is_separator)
}

pub(super) fn split_drive(text: &str) -> Option<(char, &str)> {
    let drive = text.chars().next().filter(char::is_ascii_alphabetic)?;
    Some((drive, text.get(1..)?.strip_prefix(':')?))
}

fn strip_prefix_ignore_ascii_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.get(..prefix.len()).filter(|head| head.eq_ignore_ascii_case(prefix))?;
    text.get(prefix.len()..)
}

/// The path of a `file:` URL in Windows notation: `file:///C:/a` is `C:/a`, `file://server/share/a` a network path,
/// `file:///Volumes/a` (as a Macintosh writes) rooted.
pub(super) fn path_of_file_url(text: &str) -> Option<String> {
    let rest = strip_prefix_ignore_ascii_case(text, "file:")?.strip_prefix("//")?;
    let decoded = percent_decode(rest);
    let local =
        strip_prefix_ignore_ascii_case(&decoded, "localhost").filter(|rest| rest.starts_with('/')).unwrap_or(&decoded);
    Some(match local.strip_prefix('/') {
        Some(path) if split_drive(path).is_some() => path.to_owned(),
        Some(_) => local.to_owned(),
        None => format!("//{local}"),
    })
}

/// Replaces `%41` by `A` (RFC 2396, 2.4.1); a `%` without two hexadecimal digits stays, and bytes that are not UTF-8
/// become U+FFFD.
fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match (first, tail) {
            (b'%', [high, low, after @ ..]) => hex_digit(*high).zip(hex_digit(*low)).map(|(h, l)| (h << 4 | l, after)),
            _ => None,
        };
        let (byte, after) = escaped.unwrap_or((first, tail));
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// The names that Win32 keeps for devices, with whatever follows a dot, a colon or spaces after them.
pub(super) fn is_device_name(name: &str) -> bool {
    // The first letters of them all.
    if !name.starts_with(['C', 'P', 'A', 'N', 'L', 'c', 'p', 'a', 'n', 'l']) {
        return false;
    }
    let stem = name.split(['.', ':']).next().unwrap_or_default().trim_end_matches(' ');
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].iter().any(|reserved| stem.eq_ignore_ascii_case(reserved)) {
        return true;
    }
    let numbered = ["COM", "LPT"].iter().find_map(|port| strip_prefix_ignore_ascii_case(stem, port));
    numbered
        .is_some_and(|number| matches!(number, "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"))
}

#[cfg(test)]
mod tests;
