use super::*;

fn mapped(map: &PathMap, recorded: &str) -> Option<String> {
    let found = map.map(&WindowsPath::parse(recorded)).unwrap()?;
    Some(found.path().to_string_lossy().replace('\\', "/"))
}

#[test]
fn the_longest_prefix_on_a_component_border_wins() {
    let map = PathMap::from_arguments([
        r"C:\ClusterStorage\Volume1=/mnt/csv1",
        r"C:\ClusterStorage=/mnt/cluster",
        r"\\?\C:\ClusterStorage\Volume1\Web=/mnt/web",
        r"D:=/mnt/d",
        r"\\?\Volume{5f1c2a70-0000-4000-8000-00000000c0de}\=/mnt/vol",
        r"\\FILES\Hyper-V=/mnt/share",
    ])
    .unwrap();
    for (recorded, expected) in [
        (r"C:\ClusterStorage\Volume1\a\b.vhdx", Some("/mnt/csv1/a/b.vhdx")),
        (r"c:\clusterstorage\VOLUME1\A.vhdx", Some("/mnt/csv1/A.vhdx")),
        (r"\\?\C:\ClusterStorage\Volume1\a.vhdx", Some("/mnt/csv1/a.vhdx")),
        (r"C:/ClusterStorage/Volume1/a.vhdx", Some("/mnt/csv1/a.vhdx")),
        (r"C:\ClusterStorage\Volume10\a.vhdx", Some("/mnt/cluster/Volume10/a.vhdx")),
        (r"C:\ClusterStorage\Volume1\web\a.vhdx", Some("/mnt/web/a.vhdx")),
        (r"C:\ClusterStorage\Volume1", Some("/mnt/csv1")),
        (r"C:\ClusterStorage\Volume1\x\..\..\Volume2\a", Some("/mnt/cluster/Volume2/a")),
        (r"C:\ClusterStorage\..\..\..\ClusterStorage\a", Some("/mnt/cluster/a")),
        (r"C:\Other\a.vhdx", None),
        (r"D:\vm\a.vhdx", Some("/mnt/d/vm/a.vhdx")),
        (r"d:\a.vhdx", Some("/mnt/d/a.vhdx")),
        (r"D:a.vhdx", None),
        (r"\\?\volume{5F1C2A70-0000-4000-8000-00000000C0DE}\hv\a.vhdx", Some("/mnt/vol/hv/a.vhdx")),
        (r"\\?\Volume{00000000-0000-4000-8000-00000000c0de}\hv\a.vhdx", None),
        (r"\\files\hyper-v\vm\a.vhdx", Some("/mnt/share/vm/a.vhdx")),
        (r"\\?\UNC\Files\Hyper-V\a.vhdx", Some("/mnt/share/a.vhdx")),
        (r"\\files\hyper-v2\a.vhdx", None),
        (r"\\.\C:\ClusterStorage\Volume1\a", None),
        (r".\a.vhdx", None),
        (r"\ClusterStorage\Volume1\a.vhdx", None),
    ] {
        assert_eq!(mapped(&map, recorded).as_deref(), expected, "{recorded}");
    }
    assert_eq!(map.targets().count(), 6);
}

#[test]
fn a_recorded_path_cannot_break_out_of_its_target() {
    let map = PathMap::from_arguments([r"C:\=/mnt/c"]).unwrap();
    assert_eq!(mapped(&map, r"C:\..\..\etc\shadow").as_deref(), Some("/mnt/c/etc/shadow"));
    assert_eq!(map.map(&WindowsPath::parse(r"C:\a\D:\b")), Err(UnusablePath::BadName("D:".to_owned())));
}

#[test]
fn bad_arguments_say_what_is_wrong() {
    for (argument, expected) in [
        ("", r#""" is not FROM=TO, as in C:\ClusterStorage\Volume1=/mnt/csv1"#),
        (r"C:\a", r#""C:\\a" is not FROM=TO, as in C:\ClusterStorage\Volume1=/mnt/csv1"#),
        (r"C:\a=", r#""C:\\a=" is not FROM=TO, as in C:\ClusterStorage\Volume1=/mnt/csv1"#),
        ("=/mnt", r#""=/mnt" is not FROM=TO, as in C:\ClusterStorage\Volume1=/mnt/csv1"#),
        (
            "vm=/mnt",
            r#""vm" is not a full Windows path: it must start with a drive (C:\), a volume (\\?\Volume{…}\) or a share (\\server\share)"#,
        ),
        (r"\\.\PhysicalDrive0=/mnt", r#""\\.\PhysicalDrive0" is a device, not a folder"#),
    ] {
        assert_eq!(PathMap::from_arguments([argument]).unwrap_err().to_string(), expected);
    }
    for relative in [r"\a=/m", r"C:a=/m", r"..\a=/m", r"\\server=/m", r"\\=/m"] {
        assert!(matches!(PathMap::from_arguments([relative]), Err(PathMapError::NotAbsolute(_))), "{relative}");
    }
    let twice = PathMap::from_arguments([r"C:\a=/m", r"\\?\c:\A\=/n"]).unwrap_err();
    assert_eq!(twice.to_string(), r#""\\?\c:\A\" is mapped twice, to different places"#);
    assert!(PathMap::from_arguments([r"C:\a=/m", r"C:\A=/m"]).is_ok());
    assert!(PathMap::from_arguments(Vec::<String>::new()).unwrap().is_empty());
}

#[test]
fn the_first_equals_sign_parts_the_sides() {
    let map = PathMap::from_arguments([r"C:\a=/mnt/x=y"]).unwrap();
    assert_eq!(mapped(&map, r"C:\a\b").as_deref(), Some("/mnt/x=y/b"));
}

#[cfg(unix)]
#[test]
fn the_target_need_not_be_unicode_but_the_windows_path_must() {
    use std::os::unix::ffi::OsStrExt;
    let map = PathMap::from_arguments([OsStr::from_bytes(b"C:\\a=/mnt/\xff")]).unwrap();
    let found = map.map(&WindowsPath::parse(r"C:\a\b")).unwrap().unwrap();
    assert_eq!(found.path(), Path::new(OsStr::from_bytes(b"/mnt/\xff/b")));
    let bad = PathMap::from_arguments([OsStr::from_bytes(b"C:\\\xff=/mnt")]);
    assert!(matches!(bad, Err(PathMapError::NotUnicode(_))));
}

#[cfg(unix)]
#[test]
fn a_path_of_this_system_gets_its_windows_name_back() {
    let map =
        PathMap::from_arguments([r"C:\ClusterStorage\Volume1=/mnt/csv1", r"D:=/mnt/csv1/d", "E:/x=/mnt/e"]).unwrap();
    for (path, expected) in [
        ("/mnt/csv1/web/a.vhdx", Some(r"C:\ClusterStorage\Volume1\web\a.vhdx")),
        ("/mnt/csv1/web/../a.vhdx", Some(r"C:\ClusterStorage\Volume1\a.vhdx")),
        ("/mnt/csv1/d/a.vhdx", Some(r"D:\a.vhdx")),
        ("/mnt/e/a.vhdx", Some(r"E:\x\a.vhdx")),
        ("/mnt/csv10/a.vhdx", None),
    ] {
        assert_eq!(map.unmap(Path::new(path)).as_deref(), expected, "{path}");
    }
    // Which of both it is nothing tells.
    let two = PathMap::from_arguments(["D:=/mnt/d", "E:=/mnt/d", r"D:\web=/mnt/d/web"]).unwrap();
    assert_eq!(two.unmap(Path::new("/mnt/d/a.vhdx")), None);
    assert_eq!(two.unmap(Path::new("/mnt/d/web/a.vhdx")).as_deref(), Some(r"D:\web\a.vhdx"));
}
