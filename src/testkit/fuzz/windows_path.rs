//! Recorded Windows paths: text that another machine wrote, turned into paths of this one without leaving what the
//! user named.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use uuid::Uuid;

use crate::chain::windows_path::{PathMap, RelativePath, WindowsPath, eq_ignore_case, to_upper};
use crate::chain::{FileNo, Forest, FoundBy, LinkStatus, Node, PathMaps, Scope};
use crate::format::text::Utf16Text;
use crate::image::{HintKind, ParentReference, PathHint};
use crate::testkit::record::{utf16, utf16_le};

use super::input::{Input, piece};

/// A length with a `FROM=TO` argument in UTF-8, and a recorded path in UTF-16.
pub fn windows_path(data: &[u8]) {
    let mut input = Input::new(data);
    let argument = String::from_utf8_lossy(input.piece());
    let text = Utf16Text::from_bytes(input.rest()).lossy();
    let path = WindowsPath::parse(&text);
    right_path(&path, &text);
    joins(&path, &text);
    maps(&path, &argument);
    links(&path, &text);
}

fn right_path(path: &WindowsPath, text: &str) {
    assert_eq!(path.original(), text);
    assert_eq!(*path, WindowsPath::parse(text));
    assert!(path.components().iter().all(|part| !part.is_empty() && !part.contains(['\\', '/'])));
    let normal = path.normalized();
    assert!(normal.components.iter().all(|part| part != "." && part != ".."));
    assert!(normal.components.len() <= path.components().len());
    assert!(path.same_place(path));
    assert!(!(path.is_relative() && (path.is_absolute() || path.is_unc())));
    assert!(path.file_name().is_none_or(|name| path.components().last().is_some_and(|last| last == name)));
    assert_eq!(path.resolve_relative(&["a", "b"]).is_some(), path.is_relative());
    let upper = to_upper(text);
    assert_eq!(to_upper(&upper), upper, "upper case twice is upper case once");
    assert!(eq_ignore_case(text, &upper));
    assert_eq!(upper.chars().count(), text.chars().count());
}

/// A relative path is read as the parsed form has it, and never counts as inside a root when it is not.
fn joins(path: &WindowsPath, text: &str) {
    let (root, folder) = (Path::new("/srv/vm"), Path::new("/srv/vm/a/b"));
    let relative = RelativePath::of(text);
    assert_eq!(relative.is_some(), path.is_relative());
    let Some(relative) = relative else { return };
    assert!(relative.components().eq(path.components()));
    assert_eq!(relative.is_device(), path.is_device());
    let Ok(joined) = relative.lead_from(folder) else { return };
    assert!(joined.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_))), "{text}");
    assert!(relative.components().filter(|name| !matches!(*name, "." | "..")).all(is_one_name), "{text}");
    let mut scope = Scope::default();
    scope.add_below(root);
    assert_eq!(scope.contains(&joined), lies_in(root, &joined), "{text}");
}

fn maps(path: &WindowsPath, argument: &str) {
    let own = PathMap::from_arguments([argument]);
    assert_eq!(own.is_ok(), PathMap::from_arguments([argument, argument]).is_ok(), "the same rule twice is one rule");
    let mut map = own.unwrap_or_default();
    let _may_name_the_same_drive = map.add(r"C:\Hyper-V", PathBuf::from("/srv/vm"));
    let targets: Vec<PathBuf> = map.targets().map(Path::to_owned).collect();
    let Ok(Some(mapped)) = map.map(path) else { return };
    assert!(mapped.names().iter().all(|name| is_one_name(name)), "{mapped:?}");
    assert!(targets.iter().any(|target| mapped.start() == target));
    assert!(!path.is_relative(), "a relative path starts from no drive: {path:?}");
}

/// A child whose only hint is the path is linked to what was read, or to nothing.
fn links(path: &WindowsPath, text: &str) {
    let wanted = Uuid::from_u128(7);
    let hint = PathHint { key: "relative_path", kind: HintKind::Relative, path: text.to_owned() };
    let reference =
        ParentReference { linkage: Some(wanted), linkage2: None, hints: vec![hint], parent_time_stamp: None };
    let node = |name: &str, identity: u128| Node {
        path: PathBuf::from("/srv/vm/a").join(name).into(),
        other_paths: &[],
        identity: Some(Uuid::from_u128(identity)),
        virtual_disk_id: None,
        reference: None,
        readable: true,
        is_image: true,
    };
    let child = Node { reference: Some(Cow::Owned(Ok(reference))), ..node("child.avhdx", 1) };
    let mut scope = Scope::default();
    scope.add_below(Path::new("/srv/vm"));
    let forest = Forest::link_all(&[child.clone(), node("base.vhdx", 7)], &scope, &PathMaps::default());
    let proved = forest.link(FileNo(0)).filter(|link| link.status == LinkStatus::Linked);
    assert_eq!(proved.and_then(|link| link.parent), Some(FileNo(1)), "whatever path is recorded, identity links");
    let forest = Forest::link_all(&[child, node("base.vhdx", 8)], &scope, &PathMaps::default());
    let Some(link) = forest.link(FileNo(0)) else { unreachable!("a child has a link") };
    assert!(matches!(link.status, LinkStatus::Missing | LinkStatus::Outside | LinkStatus::IdentityMismatch));
    assert!(link.parent.is_none_or(|parent| parent == FileNo(1)));
    let followed = link.found_by.is_some_and(|by| by != FoundBy::SameFolderName);
    assert!(!followed || path.is_relative() && !path.is_device(), "followed {path:?}");
    assert_eq!(forest.ancestry(FileNo(0)).count(), 1);
}

fn is_one_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
}

/// Whether a path lies in a folder, by walking it.
fn lies_in(root: &Path, path: &Path) -> bool {
    let mut folder = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                folder.pop();
            }
            part => folder.push(part),
        }
    }
    folder.starts_with(root)
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let seed = |map: &str, path: &str| [piece(map.as_bytes()), utf16_le(&utf16(path))].concat();
    vec![
        ("relative", seed(r"D:\VMs=/mnt/d", r"..\base\.\web.vhdx")),
        ("climbs-out", seed("", r"..\..\..\..\..\etc\passwd")),
        ("drive", seed(r"C:\ClusterStorage\Volume1=/mnt/csv1", r"c:\clusterstorage\VOLUME1\..\Volume1\a\b.vhdx")),
        ("verbatim-volume", seed(r"\\?\Volume{0}\=/mnt/v", r"\\?\Volume{0}\disks\a.vhdx")),
        ("share", seed(r"\\nas\vm=/mnt/nas", r"\\?\UNC\NAS\vm\a.vhdx")),
        ("device", seed("", r"\\.\PhysicalDrive0")),
        ("reserved-name", seed("", r"a\com1.vhdx")),
        ("stream", seed("", r"a.vhdx:secret")),
        ("file-url", seed("", "file:///C:/a%20b/c.vhdx")),
        ("drive-relative", seed("C:=/x", "C:a")),
        ("not-a-pair", seed("=", "\0")),
    ]
}
