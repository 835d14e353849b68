//! One link at a time: what leads to a parent, what proves it, and what is said when nothing does.
#![cfg(feature = "testkit")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;
use vhdxray::chain::windows_path::PathMap;
use vhdxray::chain::{CandidateReason, FileNo, FoundBy, Link, LinkStatus};
use vhdxray::estate::Silent;
use vhdxray::inspect::{ChainStatus, Inspection, Request, Role, inspect};
use vhdxray::testkit::vhdx::{Builder, Built, Locator};

const SIZE: u64 = 4 << 20;

/// A tree of files in a folder of its own.
struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn put(&self, name: &str, built: &Built) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        built.image.write_to(&path).unwrap();
        self
    }

    fn inspect(&self, names: &[&str]) -> Inspection {
        self.inspect_with(names, Request::default())
    }

    fn inspect_with(&self, names: &[&str], request: Request) -> Inspection {
        let paths = names.iter().map(|name| self.path(name)).collect();
        inspect(&Request { paths, ..request }, &Silent)
    }

    fn file(&self, inspection: &Inspection, name: &str) -> FileNo {
        let path = self.path(name);
        inspection.files().find(|(_, file)| file.path == path || file.other_paths.contains(&path)).unwrap().0
    }

    fn link<'a>(&self, inspection: &'a Inspection, name: &str) -> &'a Link {
        inspection.link(self.file(inspection, name)).unwrap()
    }
}

fn base(seed: u64) -> Built {
    Builder::dynamic(SIZE).seed(seed).build()
}

fn identity(built: &Built) -> Uuid {
    built.layout.data_write_guid
}

/// A child that knows its parent by `linkage` and by the given paths.
fn child(seed: u64, linkage: Uuid, paths: &[(&str, &str)]) -> Built {
    let locator =
        paths.iter().fold(Locator::default().linkage(linkage), |locator, (key, path)| locator.entry(key, path));
    Builder::differencing(SIZE, locator).seed(seed).build()
}

fn relative(path: &str) -> [(&'static str, &str); 1] {
    [("relative_path", path)]
}

#[test]
fn a_parent_is_found_where_the_relative_path_leads_whatever_its_letter_case() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("disks/Base.VHDX", &parent)
        .put("vm/child.avhdx", &child(2, identity(&parent), &relative(r"..\DISKS\base.vhdx")));
    let inspection = tree.inspect(&[""]);
    let link = tree.link(&inspection, "vm/child.avhdx");
    assert_eq!((link.status, link.found_by), (LinkStatus::Linked, Some(FoundBy::RelativePath)));
    assert_eq!(link.parent, Some(tree.file(&inspection, "disks/Base.VHDX")));
    assert_eq!(inspection.role(link.parent.unwrap()), Some(Role::Base));
    assert_eq!(inspection.chains.len(), 1);
    assert_eq!(inspection.chains[0].status, ChainStatus::Complete);
}

#[test]
fn a_parent_that_was_moved_and_renamed_is_found_by_its_identity() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("elsewhere/renamed.bin", &parent)
        .put("vm/child.avhdx", &child(2, identity(&parent), &relative(r".\base.vhdx")));
    let inspection = tree.inspect(&[""]);
    let link = tree.link(&inspection, "vm/child.avhdx");
    assert_eq!((link.status, link.found_by), (LinkStatus::Linked, Some(FoundBy::Identity)));
}

#[test]
fn the_same_name_in_the_childs_folder_counts_when_the_recorded_path_does_not() {
    let tree = Tree::new();
    let parent = base(1);
    let paths = [("absolute_win32_path", r"D:\gone\base.vhdx")];
    tree.put("base.vhdx", &parent).put("child.avhdx", &child(2, identity(&parent), &paths));
    let inspection = tree.inspect(&[""]);
    assert_eq!(tree.link(&inspection, "child.avhdx").found_by, Some(FoundBy::SameFolderName));
}

#[test]
fn a_map_says_where_recorded_paths_are_now() {
    let tree = Tree::new();
    let parent = base(1);
    let paths = [("absolute_win32_path", r"C:\ClusterStorage\Volume1\gold\base.vhdx")];
    tree.put("csv1/gold/base.vhdx", &parent).put("vm/child.avhdx", &child(2, identity(&parent), &paths));
    let map = PathMap::from_arguments([format!(r"c:\clusterstorage\volume1={}", tree.path("csv1").display())]).unwrap();
    let inspection = tree.inspect_with(&["vm"], Request { map, ..Request::default() });
    let link = tree.link(&inspection, "vm/child.avhdx");
    assert_eq!((link.status, link.found_by), (LinkStatus::Linked, Some(FoundBy::Map)));
    assert!(!inspection.file(link.parent.unwrap()).unwrap().named, "only searched, not reported");
}

#[test]
fn a_search_folder_gives_parents_and_is_not_reported() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("gold/base.vhdx", &parent).put("vm/child.avhdx", &child(2, identity(&parent), &relative(r".\base.vhdx")));
    let request = Request { search: vec![tree.path("gold")], ..Request::default() };
    let inspection = tree.inspect_with(&["vm"], request);
    assert_eq!(tree.link(&inspection, "vm/child.avhdx").status, LinkStatus::Linked);
    assert_eq!(inspection.files().filter(|(_, file)| file.named).count(), 1);
}

#[test]
fn missing_is_only_said_of_a_place_that_was_named() {
    let tree = Tree::new();
    let gone = identity(&base(1));
    tree.put("vm/inside.avhdx", &child(2, gone, &relative(r".\base.vhdx")))
        .put("vm/above.avhdx", &child(3, gone, &relative(r"..\..\other\base.vhdx")))
        .put("vm/unc.avhdx", &child(4, gone, &[("absolute_win32_path", r"\\server\share\base.vhdx")]))
        .put("vm/device.avhdx", &child(5, gone, &[("absolute_win32_path", r"\\.\PhysicalDrive0")]))
        .put("vm/none.avhdx", &child(6, gone, &[]));
    let inspection = tree.inspect(&["vm"]);
    let status = |name: &str| tree.link(&inspection, name).status;
    assert_eq!(status("vm/inside.avhdx"), LinkStatus::Missing);
    assert_eq!(status("vm/above.avhdx"), LinkStatus::Outside);
    assert_eq!(status("vm/unc.avhdx"), LinkStatus::Outside);
    assert_eq!(status("vm/device.avhdx"), LinkStatus::Outside);
    assert_eq!(status("vm/none.avhdx"), LinkStatus::Missing);
}

#[test]
fn a_file_names_its_folder_and_not_the_folders_below() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("a/child.avhdx", &child(2, identity(&parent), &relative(r".\below\base.vhdx")))
        .put("a/below/base.vhdx", &parent);
    let inspection = tree.inspect(&["a/child.avhdx"]);
    assert_eq!(tree.link(&inspection, "a/child.avhdx").status, LinkStatus::Outside);
    let inspection = tree.inspect(&["a"]);
    assert_eq!(tree.link(&inspection, "a/child.avhdx").status, LinkStatus::Linked);
}

#[test]
fn of_several_copies_the_recorded_path_or_the_same_folder_decides() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("one/base.vhdx", &parent)
        .put("two/base.vhdx", &parent)
        .put("one/child.avhdx", &child(2, identity(&parent), &relative(r".\base.vhdx")))
        .put("two/renamed child.avhdx", &child(3, identity(&parent), &relative(r".\gone.vhdx")))
        .put("three/child.avhdx", &child(4, identity(&parent), &relative(r".\gone.vhdx")));
    let inspection = tree.inspect(&[""]);
    let link = tree.link(&inspection, "one/child.avhdx");
    assert_eq!(link.parent, Some(tree.file(&inspection, "one/base.vhdx")));
    assert_eq!(link.copies, [tree.file(&inspection, "two/base.vhdx")]);
    let link = tree.link(&inspection, "two/renamed child.avhdx");
    assert_eq!((link.status, link.parent), (LinkStatus::Linked, Some(tree.file(&inspection, "two/base.vhdx"))));
    let link = tree.link(&inspection, "three/child.avhdx");
    assert_eq!((link.status, link.parent), (LinkStatus::Ambiguous, None));
    assert_eq!(link.candidates.len(), 2);
    assert!(link.candidates.iter().all(|candidate| candidate.why == CandidateReason::SameIdentity));
}

#[test]
fn another_file_in_the_parents_place_is_a_mismatch_and_never_a_parent() {
    let tree = Tree::new();
    let (parent, other) = (base(1), base(9));
    tree.put("base.vhdx", &other).put("child.avhdx", &child(2, identity(&parent), &relative(r".\base.vhdx")));
    let inspection = tree.inspect(&[""]);
    let link = tree.link(&inspection, "child.avhdx");
    assert_eq!((link.status, link.found), (LinkStatus::IdentityMismatch, Some(identity(&other))));
    assert_eq!(link.expected, Some(identity(&parent)));
    assert!(inspection.forest.children(link.parent.unwrap()).is_empty());
    assert!(inspection.chains.iter().any(|chain| chain.status == ChainStatus::Broken && chain.files.len() == 1));
}

#[test]
fn relatives_are_named_as_candidates_by_their_virtual_disk_id() {
    let tree = Tree::new();
    let (parent, other) = (base(1), base(9));
    let id = other.layout.virtual_disk_id;
    let locator = Locator::default().linkage(identity(&parent)).entry("relative_path", r".\gone.vhdx");
    let child = Builder::differencing(SIZE, locator).seed(2).virtual_disk_id(id).build();
    tree.put("other.vhdx", &other).put("child.avhdx", &child);
    let inspection = tree.inspect(&[""]);
    let link = tree.link(&inspection, "child.avhdx");
    assert_eq!(link.status, LinkStatus::Missing);
    assert_eq!(link.candidates.len(), 1);
    assert_eq!(link.candidates[0].why, CandidateReason::SameVirtualDiskId);
}

#[test]
fn cycles_and_files_that_name_themselves_end() {
    let tree = Tree::new();
    let (a, b, own) = (Uuid::from_u128(10), Uuid::from_u128(11), Uuid::from_u128(12));
    let knot = |seed, own, parent, path: &str| {
        let locator = Locator::default().linkage(parent).entry("relative_path", path);
        Builder::differencing(SIZE, locator).seed(seed).data_write_guid(own).build()
    };
    tree.put("a.avhdx", &knot(1, a, b, r".\b.avhdx"))
        .put("b.avhdx", &knot(2, b, a, r".\a.avhdx"))
        .put("self.avhdx", &knot(3, own, own, r".\self.avhdx"))
        // Hangs on the cycle without being part of it.
        .put("c.avhdx", &knot(4, Uuid::from_u128(13), a, r".\a.avhdx"));
    let inspection = tree.inspect(&[""]);
    for name in ["a.avhdx", "b.avhdx", "self.avhdx"] {
        assert_eq!(tree.link(&inspection, name).status, LinkStatus::Cycle, "{name}");
    }
    assert_eq!(tree.link(&inspection, "c.avhdx").status, LinkStatus::Linked);
    assert!(inspection.chains.iter().all(|chain| chain.status == ChainStatus::Broken));
}

#[test]
fn a_parent_that_cannot_be_read_is_said_to_be_unreadable() {
    use vhdxray::testkit::damage;
    let tree = Tree::new();
    let (mut parent, mut headless) = (base(1), base(5));
    damage::break_both_headers(&mut headless);
    parent.layout.region_table.entries.clear();
    parent.rewrite_region_tables();
    tree.put("base.vhdx", &parent)
        .put("child.avhdx", &child(2, identity(&parent), &relative(r".\base.vhdx")))
        .put("headless.vhdx", &headless)
        .put("child of headless.avhdx", &child(3, identity(&headless), &relative(r".\headless.vhdx")));
    let inspection = tree.inspect(&[""]);
    assert_eq!(tree.link(&inspection, "child.avhdx").status, LinkStatus::Unreadable);
    assert_eq!(tree.link(&inspection, "child of headless.avhdx").status, LinkStatus::Unreadable);
}

#[test]
fn one_file_is_one_file_whatever_names_lead_to_it() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("one/base.vhdx", &parent).put("one/child.avhdx", &child(2, identity(&parent), &relative(r".\base.vhdx")));
    fs::create_dir(tree.path("two")).unwrap();
    fs::hard_link(tree.path("one/base.vhdx"), tree.path("two/base.vhdx")).unwrap();
    let inspection = tree.inspect(&["", "one", "one/base.vhdx"]);
    assert_eq!(inspection.inventory.files.len(), 2);
    let link = tree.link(&inspection, "one/child.avhdx");
    assert_eq!((link.status, link.copies.len()), (LinkStatus::Linked, 0));
    let other_paths = &inspection.file(link.parent.unwrap()).unwrap().other_paths;
    assert!(other_paths.contains(&tree.path("two/base.vhdx")), "{other_paths:?}");
}

#[test]
fn a_chain_of_300_is_walked_to_its_end() {
    let tree = Tree::new();
    let mut below = base(1_000);
    tree.put("000.vhdx", &below);
    for number in 1..300_u64 {
        let above = child(1_000 + number, identity(&below), &relative(&format!(r".\{:03}.vhdx", number - 1)));
        tree.put(&format!("{number:03}.vhdx"), &above);
        below = above;
    }
    let inspection = tree.inspect(&[""]);
    assert_eq!(inspection.chains.len(), 1);
    assert_eq!((inspection.chains[0].files.len(), inspection.chains[0].status), (300, ChainStatus::Complete));
}

#[test]
fn nothing_outside_the_named_paths_is_opened() {
    // The relative path leads to a real file next door, which was not named.
    let tree = Tree::new();
    let parent = base(1);
    tree.put("next door/base.vhdx", &parent)
        .put("vm/child.avhdx", &child(2, identity(&parent), &relative(r"..\next door\base.vhdx")));
    let inspection = tree.inspect(&["vm"]);
    assert_eq!(tree.link(&inspection, "vm/child.avhdx").status, LinkStatus::Outside);
    assert!(inspection.files().all(|(_, file)| file.path.starts_with(tree.path("vm"))));
}

#[test]
fn the_search_for_a_parent_ends_at_a_path_without_a_folder() {
    // A file named by its bare name lies in the current folder; nothing panics where it has none.
    let inspection =
        inspect(&Request { paths: vec![Path::new("no such file.vhdx").to_owned()], ..Request::default() }, &Silent);
    assert!(inspection.inventory.unreadable.iter().any(|unreadable| unreadable.path == Path::new("no such file.vhdx")));
}
