use proptest::prelude::*;

use super::*;

fn drive(drive: char) -> PathKind {
    PathKind::DriveAbsolute { drive }
}

fn unc(server: &str, share: &str) -> PathKind {
    PathKind::Unc { server: server.to_owned(), share: share.to_owned() }
}

fn volume(guid: &str) -> PathKind {
    PathKind::Volume { guid: guid.to_owned() }
}

#[test]
fn every_form_has_its_kind_and_components() {
    const GUID: &str = "9cdf8dfa-0000-0000-0000-501f00000000";
    let cases: &[(&str, PathKind, &[&str])] = &[
        (r"C:\a\b.vhdx", drive('C'), &["a", "b.vhdx"]),
        (r"c:/a/b.vhdx", drive('c'), &["a", "b.vhdx"]),
        (r"\\?\C:\a\b.vhdx", drive('C'), &["a", "b.vhdx"]),
        (r"//?/C:/a", drive('C'), &["a"]),
        (r"\??\C:\a", drive('C'), &["a"]),
        (r"C:\", drive('C'), &[]),
        (r"\\?\C:", drive('C'), &[]),
        (r"C:\\a\\\b\", drive('C'), &["a", "b"]),
        (r"C:\a\.\..\b", drive('C'), &["a", ".", "..", "b"]),
        (r"\\?\Volume{9cdf8dfa-0000-0000-0000-501f00000000}\a\b", volume(GUID), &["a", "b"]),
        (r"\\?\volume{9cdf8dfa-0000-0000-0000-501f00000000}", volume(GUID), &[]),
        (r"\\?\Volume{not a guid}\a", volume("not a guid"), &["a"]),
        (r"\\?\Volume{9cdf\8dfa}\a", PathKind::Device, &["Volume{9cdf", "8dfa}", "a"]),
        (r"\\?\Volume{9cdf8dfa}x\a", PathKind::Device, &["Volume{9cdf8dfa}x", "a"]),
        (r"\\?\Volume{9cdf8dfa", PathKind::Device, &["Volume{9cdf8dfa"]),
        (r"\\server\share\a\b", unc("server", "share"), &["a", "b"]),
        (r"//server/share/a", unc("server", "share"), &["a"]),
        (r"\/server/share/a", unc("server", "share"), &["a"]),
        (r"\\?\UNC\server\share\a", unc("server", "share"), &["a"]),
        (r"\\?\unc\server\share", unc("server", "share"), &[]),
        (r"\\?\UNC", unc("", ""), &[]),
        (r"\\server", unc("server", ""), &[]),
        (r"\\", unc("", ""), &[]),
        (r"\\\a\b", unc("", "a"), &["b"]),
        (r"\\10.0.0.1@80\DavWWWRoot\a.vhdx", unc("10.0.0.1@80", "DavWWWRoot"), &["a.vhdx"]),
        (r"\\.\PhysicalDrive0", PathKind::Device, &["PhysicalDrive0"]),
        (r"//./pipe/x", PathKind::Device, &["pipe", "x"]),
        (r"\\.\C:\a", PathKind::Device, &["C:", "a"]),
        (
            r"\\?\GLOBALROOT\Device\HarddiskVolume3\a",
            PathKind::Device,
            &["GLOBALROOT", "Device", "HarddiskVolume3", "a"],
        ),
        (r"\\?\C:a", PathKind::Device, &["C:a"]),
        (r"\\?\", PathKind::Device, &[]),
        (r"\\?\UNCLE\a", PathKind::Device, &["UNCLE", "a"]),
        (r"C:a\b", PathKind::DriveRelative { drive: 'C' }, &["a", "b"]),
        (r"C:", PathKind::DriveRelative { drive: 'C' }, &[]),
        (r"\a\b", PathKind::Rooted, &["a", "b"]),
        (r"/a", PathKind::Rooted, &["a"]),
        (r"\", PathKind::Rooted, &[]),
        (r".\a.vhdx", PathKind::Relative, &[".", "a.vhdx"]),
        (r"..\b\a.vhdx", PathKind::Relative, &["..", "b", "a.vhdx"]),
        (r"../b/a.vhdx", PathKind::Relative, &["..", "b", "a.vhdx"]),
        ("a.vhdx", PathKind::Relative, &["a.vhdx"]),
        ("", PathKind::Relative, &[]),
        ("a.vhdx\0\0", PathKind::Relative, &["a.vhdx"]),
        ("ä:\\a", PathKind::Relative, &["ä:", "a"]),
        ("http://host/a", PathKind::Relative, &["http:", "host", "a"]),
        ("file:///C:/vm/old%20disk.vhd", drive('C'), &["vm", "old disk.vhd"]),
        ("FILE://localhost/C:/vm/a.vhd", drive('C'), &["vm", "a.vhd"]),
        ("file://server/share/a.vhd", unc("server", "share"), &["a.vhd"]),
        ("file://localhostile/share/a.vhd", unc("localhostile", "share"), &["a.vhd"]),
        ("file:////server/share/a.vhd", unc("server", "share"), &["a.vhd"]),
        ("file:///Volumes/Disk/a.vhd", PathKind::Rooted, &["Volumes", "Disk", "a.vhd"]),
        ("file:///C:/%E4%BD%A0/%zz%4", drive('C'), &["你", "%zz%4"]),
        ("file:a.vhd", PathKind::Relative, &["file:a.vhd"]),
    ];
    for (text, kind, components) in cases {
        let path = WindowsPath::parse(text);
        assert_eq!(path.kind(), kind, "{text}");
        assert_eq!(path.components(), *components, "{text}");
        assert_eq!(path.original(), *text);
        assert_eq!(path.to_string(), *text);
    }
}

#[test]
fn file_name_and_parents_are_the_ends_of_the_path() {
    let cases: &[(&str, Option<&str>, &[&str])] = &[
        (r"C:\a\b.vhdx", Some("b.vhdx"), &["a"]),
        (r"..\b\a.vhdx", Some("a.vhdx"), &["..", "b"]),
        (r"a", Some("a"), &[]),
        (r"C:\a\..", None, &["a"]),
        (r"C:\", None, &[]),
        (r"\\server\share", None, &[]),
        (r"\\?\Volume{9cdf8dfa-0000-0000-0000-501f00000000}\p\x.vhdx", Some("x.vhdx"), &["p"]),
    ];
    for (text, name, parents) in cases {
        let path = WindowsPath::parse(text);
        assert_eq!(path.file_name(), *name, "{text}");
        assert_eq!(path.parent_components(), *parents, "{text}");
    }
}

#[test]
fn relative_paths_resolve_against_the_folder_and_tell_when_they_climb_out() {
    type Names = &'static [&'static str];
    type Case = (&'static str, Names, Option<(Names, bool)>);
    let cases: &[Case] = &[
        (r".\p.vhdx", &["vm", "web"], Some((&["vm", "web", "p.vhdx"], false))),
        (r"..\base\p.vhdx", &["vm", "web"], Some((&["vm", "base", "p.vhdx"], false))),
        (r"..\..\p.vhdx", &["vm", "web"], Some((&["p.vhdx"], false))),
        (r"..\..\..\p.vhdx", &["vm", "web"], Some((&["p.vhdx"], true))),
        (r"a\..\..\..\..\vm\p.vhdx", &["vm", "web"], Some((&["vm", "p.vhdx"], true))),
        (r"..", &[], Some((&[], true))),
        (r"", &["vm"], Some((&["vm"], false))),
        (r"C:\a", &["vm"], None),
        (r"C:a", &["vm"], None),
        (r"\a", &["vm"], None),
        (r"\\s\h\a", &["vm"], None),
        (r"\\.\a", &["vm"], None),
    ];
    for (text, base, expected) in cases {
        let found = WindowsPath::parse(text).resolve_relative(base);
        let found = found.as_ref().map(|r| (r.components.iter().map(String::as_str).collect::<Vec<_>>(), r.climbs_out));
        assert_eq!(found, expected.map(|(names, climbs)| (names.to_vec(), climbs)), "{text}");
    }
    assert_eq!(
        WindowsPath::parse(r"C:\..\a\.\b\..\c").normalized(),
        Resolved { components: vec!["a".to_owned(), "c".to_owned()], climbs_out: true }
    );
}

#[test]
fn the_same_place_is_the_same_in_any_spelling() {
    for (a, b, same) in [
        (r"C:\Hyper-V\a.vhdx", r"\\?\c:\HYPER-V\.\b\..\A.VHDX", true),
        (r"C:\a", r"D:\a", false),
        (r"C:\a", r"C:a", false),
        (r"C:\a", r"C:\a\b", false),
        (r"\\SRV\Share\Ä", r"\\?\UNC\srv\share\ä", true),
        (r"\\srv\share\a", r"\\srv\other\a", false),
        (r"\\?\Volume{AB}\x", r"\\?\volume{ab}\X", true),
        (r"\\?\Volume{AB}\x", r"C:\x", false),
        (r".\a", r"A", true),
        (r"\a", r"a", false),
    ] {
        assert_eq!(WindowsPath::parse(a).same_place(&WindowsPath::parse(b)), same, "{a} {b}");
    }
}

#[test]
fn network_and_device_paths_are_known() {
    for (text, unc, device) in [
        (r"C:\a.vhdx", false, false),
        (r"\\s\h\a", true, false),
        (r"\\?\UNC\s\h\a", true, false),
        (r"\\.\PhysicalDrive0", false, true),
        (r"\\?\GLOBALROOT\Device\Mup\s\h", false, true),
        (r".\NUL", false, true),
        (r"C:\a\com1.vhdx", false, true),
        (r"C:\aux \b", false, true),
        (r"C:\a\con:", false, true),
        (r"C:\a\lpt²", false, true),
        (r"\\?\C:\a\NUL", false, false),
        (r"C:\console\com10\nullable.vhdx", false, false),
    ] {
        let path = WindowsPath::parse(text);
        assert_eq!((path.is_unc(), path.is_device()), (unc, device), "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_parses_and_no_component_can_leave_its_folder(text in r"[a-z:./\\?%{}\x00é]{0,40}") {
        let path = WindowsPath::parse(&text);
        for component in path.components() {
            prop_assert!(!component.is_empty() && !component.contains(['\\', '/']));
        }
        prop_assert_eq!(path.original(), text.as_str());
        for name in path.normalized().components {
            prop_assert!(name != "." && name != "..");
        }
        prop_assert!(path.same_place(&path));
    }

    #[test]
    fn whether_a_text_may_escape_is_told_as_its_parsed_path_tells_it(
        text in r"(file:///?|[\\/]{1,2}[?.]?[\\/]?)?([a-z]:)?([\\/]?(\.{1,2}|%2e|con|nul|com1|lpt|unc|a)[ .:]?){0,4}",
    ) {
        let path = WindowsPath::parse(&text);
        let escapes = path.is_device() || path.components().iter().any(|name| name == "..");
        prop_assert_eq!(WindowsPath::may_escape(&text), escapes);
    }
}

#[test]
fn storage_that_hosts_share() {
    for (path, shared) in [
        (r"\\nas\vms\a.vhdx", true),
        (r"\\?\UNC\nas\vms\a.vhdx", true),
        (r"C:\clusterstorage\Volume1\a.vhdx", true),
        (r"\\?\C:\ClusterStorage\Volume1\a.vhdx", true),
        (r"D:\VMs\ClusterStorage\a.vhdx", false),
        (r"\\?\Volume{5f1c2a70-0000-4000-8000-000000000044}\a.vhdx", false),
        (r"D:\a.vhdx", false),
        (r".\a.vhdx", false),
    ] {
        assert_eq!(is_shared_storage(path), shared, "{path}");
    }
}

#[test]
fn what_lies_in_a_folder() {
    for (path, folder, lies) in [
        (r"D:\VMs\a.vhdx", r"d:\vms", true),
        (r"\\?\D:\VMs\a.vhdx", r"D:\", true),
        (r"D:\VMs", r"D:\VMs", true),
        (r"D:\VMs2\a.vhdx", r"D:\VMs", false),
        (r"D:\VMs\..\a.vhdx", r"D:\VMs", false),
        (r"E:\VMs\a.vhdx", r"D:\VMs", false),
    ] {
        assert_eq!(WindowsPath::parse(path).lies_in(&WindowsPath::parse(folder)), lies, "{path} {folder}");
    }
}

#[test]
fn points_and_spaces_at_the_end_of_a_name_are_cut() {
    for (path, names) in [
        (r"D:\VMs \web.vhdx. .", &["VMs", "web.vhdx"][..]),
        (r"\\?\D:\VMs \web.vhdx.", &["VMs ", "web.vhdx."]),
        (r"..\...\ \. \a", &["..", "...", " ", ". ", "a"]),
    ] {
        assert_eq!(WindowsPath::parse(path).components(), names, "{path}");
    }
}
