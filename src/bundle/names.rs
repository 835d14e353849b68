//! Arguments that speak of one bundle among several: `A.vxb:C:\ClusterStorage=/mnt/csv`.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::chain::windows_path::{PathMap, PathMapError};

/// A rule of `--map`: for one bundle or all, and where it leads, in the paths of which bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleArgument {
    /// The bundle whose recorded paths it is about, by its number among those that were named; all where `None`.
    pub bundle: Option<usize>,
    /// The left side, a Windows path.
    pub from: String,
    /// The bundle whose paths the right side is of; that of the left side where `None`.
    pub to_bundle: Option<usize>,
    /// The right side.
    pub to: PathBuf,
}

/// What is wrong with such an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WrongArgument {
    /// Several of the bundles are called so.
    Ambiguous(String),
    /// There is no such bundle before the `:` of a host's name.
    NoBundle(String),
    /// A side of a rule begins with the name of a bundle that was not named.
    UnknownBundle(String),
    /// What follows is no rule.
    Map(PathMapError),
}

impl BundleArgument {
    /// Reads `[BUNDLE:]FROM=[BUNDLE:]TO`, where `BUNDLE` is one of `bundles` as it was named, or its file's name.
    pub fn map(argument: &str, bundles: &[PathBuf]) -> Result<Self, WrongArgument> {
        let (bundle, rule) = split(argument, bundles)?;
        let not_a_pair = || WrongArgument::Map(PathMapError::NotAPair(argument.to_owned()));
        let (from, to) = rule.split_once('=').ok_or_else(not_a_pair)?;
        let (to_bundle, to) = split(to, bundles)?;
        if from.is_empty() || to.is_empty() {
            return Err(not_a_pair());
        }
        // Taken for a path it would lead nowhere, and nobody would hear of it.
        if let Some(side) = [from, to].into_iter().find(|side| names_a_bundle(side)) {
            return Err(WrongArgument::UnknownBundle(side.to_owned()));
        }
        // Whatever is wrong with the left side is said before anything is read.
        PathMap::default().add(from, PathBuf::from(to)).map_err(WrongArgument::Map)?;
        Ok(Self { bundle, from: from.to_owned(), to_bundle, to: PathBuf::from(to) })
    }

    /// Reads `BUNDLE:NAME`.
    pub fn host(argument: &str, bundles: &[PathBuf]) -> Result<(usize, String), WrongArgument> {
        match split(argument, bundles)? {
            (Some(bundle), name) if !name.is_empty() => Ok((bundle, name.to_owned())),
            _ => Err(WrongArgument::NoBundle(argument.to_owned())),
        }
    }
}

/// The bundle before the first `:` that ends the name of one, and the rest.
fn split<'a>(argument: &'a str, bundles: &[PathBuf]) -> Result<(Option<usize>, &'a str), WrongArgument> {
    let after = |name: &Path| argument.strip_prefix(&*name.to_string_lossy())?.strip_prefix(':');
    let as_named = bundles.iter().enumerate().filter_map(|(number, bundle)| Some((number, after(bundle)?)));
    // The longest name, for one may be the start of another.
    if let Some((number, rest)) = as_named.min_by_key(|(_, rest)| rest.len()) {
        return Ok((Some(number), rest));
    }
    let by_name = |bundle: &PathBuf| after(Path::new(bundle.file_name()?));
    let mut named = bundles.iter().enumerate().filter_map(|(number, bundle)| Some((number, by_name(bundle)?)));
    match (named.next(), named.next()) {
        (None, _) => Ok((None, argument)),
        (Some((number, rest)), None) => Ok((Some(number), rest)),
        (Some(_), Some(_)) => Err(WrongArgument::Ambiguous(argument.to_owned())),
    }
}

/// Whether something and a `:` stand before a Windows path.
fn names_a_bundle(side: &str) -> bool {
    let Some((before, rest)) = side.split_once(':') else { return false };
    let mut start = rest.chars();
    let drive = start.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && start.next() == Some(':');
    before.chars().nth(1).is_some() && (drive || rest.starts_with(r"\\"))
}

impl fmt::Display for WrongArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous(argument) => {
                write!(f, "{argument:?}: several of the bundles are called so; name it as it was named")
            }
            Self::NoBundle(argument) => write!(f, "{argument:?} is not BUNDLE:NAME with one of the bundles named"),
            Self::UnknownBundle(side) => write!(f, "{side:?}: none of the bundles named is called so"),
            Self::Map(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WrongArgument {}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(argument: &str) -> Result<(Option<usize>, String, Option<usize>, String), WrongArgument> {
        let bundles = ["x/a.vxb", "b.vxb", "y/a.vxb"].map(PathBuf::from);
        let rule = BundleArgument::map(argument, &bundles)?;
        Ok((rule.bundle, rule.from, rule.to_bundle, rule.to.display().to_string()))
    }

    #[test]
    fn a_rule_is_for_one_bundle_or_for_all() {
        let rule = |bundle, to_bundle| Ok((bundle, r"C:\X".to_owned(), to_bundle, "/mnt/x".to_owned()));
        assert_eq!(map(r"C:\X=/mnt/x"), rule(None, None));
        assert_eq!(map(r"b.vxb:C:\X=/mnt/x"), rule(Some(1), None));
        assert_eq!(map(r"y/a.vxb:C:\X=b.vxb:/mnt/x"), rule(Some(2), Some(1)));
        assert!(matches!(map(r"a.vxb:C:\X=/mnt/x"), Err(WrongArgument::Ambiguous(_))));
        assert!(matches!(map(r"b.vxb:C:\X"), Err(WrongArgument::Map(PathMapError::NotAPair(_)))));
        for unknown in [r"c.vxb:C:\X=/mnt/x", r"c.vxb:\\n1\x=/mnt/x", r"C:\X=c.vxb:D:\x", r"C:\X=z/b.vxb:\\n1\x"] {
            assert!(matches!(map(unknown), Err(WrongArgument::UnknownBundle(_))), "{unknown}");
        }
        for known in [r"C:\X=/mnt/a:b", r"\\?\C:\X=/mnt/x", r"\\n1\x=D:\x", r"C:\X=\\n1\x"] {
            assert!(map(known).is_ok(), "{known}");
        }
        assert!(matches!(map(r"c.vxb:X=/mnt/x"), Err(WrongArgument::Map(PathMapError::NotAbsolute(_)))));
    }

    #[test]
    fn a_host_is_named_for_one_bundle() {
        let bundles = [PathBuf::from("b.vxb")];
        assert_eq!(BundleArgument::host("b.vxb:node1", &bundles), Ok((0, "node1".to_owned())));
        for wrong in ["node1", "b.vxb:", "c.vxb:node1"] {
            assert!(BundleArgument::host(wrong, &bundles).is_err(), "{wrong}");
        }
    }
}
