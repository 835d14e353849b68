//! Bad input: each kind gets one clear line or a node with its reason, the right exit status, and no panic.

use std::fs;
use std::path::Path;

use uuid::Uuid;

use vhdxray::format::vhdx::metadata_items;
use vhdxray::testkit::damage::{self, Seal, Structure};
use vhdxray::testkit::vhdx::{Block, Builder, DirtyOptions, Locator, Write, dirty};

use crate::support::{MIB, Tree, base, child, child_of, file};

/// The one file of a scan is there, unreadable, with this reason; the scan ends with findings.
fn is_a_node_with_its_reason(tree: &Tree, path: &str, reason: &str) {
    let (status, scan) = tree.scan_json();
    assert_eq!(status, 1, "{scan:#}");
    let node = file(&scan, path);
    assert_eq!(node["readable"], false, "{node:#}");
    let message = node["error"]["message"].as_str().unwrap();
    assert!(message.contains(reason), "{message:?} does not say {reason:?}");
    let text = tree.run(["scan", "."]);
    assert_eq!(text.status, 1);
    assert!(text.stdout.contains(reason), "{}", text.stdout);
    assert_eq!(text.stderr, "");
    let table = tree.run(["scan", ".", "--format", "table"]);
    assert!(table.stdout.contains(reason), "{}", table.stdout);
}

#[test]
fn an_empty_file_a_byte_and_a_text() {
    for (bytes, reason) in [
        (&b""[..], "is empty"),
        (b"x", "is no VHDX file: its bytes hold no signature of one"),
        (b"The disk is on the other volume.\r\n", "is no VHDX file: its bytes hold no signature of one"),
    ] {
        let tree = Tree::new();
        tree.put_bytes("disk.vhdx", bytes);
        is_a_node_with_its_reason(&tree, "./disk.vhdx", reason);
        // Named itself it can be opened all the same, so that it is a finding and not a failure.
        assert_eq!(tree.run(["scan", "disk.vhdx"]).status, 1);
    }
}

#[test]
fn a_file_cut_off_at_any_structure() {
    let whole = Builder::dynamic(16 * MIB).seed(1).block(0, Block::full(vhdxray::testkit::pattern::image(1, 0, MIB)));
    for structure in [
        Structure::Identifier,
        Structure::Header1,
        Structure::Header2,
        Structure::RegionTable1,
        Structure::RegionTable2,
        Structure::MetadataTable,
        Structure::Item(metadata_items::VIRTUAL_DISK_SIZE),
        Structure::Item(metadata_items::FILE_PARAMETERS),
        Structure::Bat,
    ] {
        for cut in [damage::truncate_before, damage::truncate_inside] {
            let tree = Tree::new();
            let mut built = whole.build();
            cut(&mut built, structure);
            tree.put("disk.vhdx", &built);
            let (status, scan) = tree.scan_json();
            let node = file(&scan, "./disk.vhdx");
            assert_eq!((status, node["readable"].as_bool()), (1, Some(false)), "{structure:?}: {node:#}");
            assert!(node["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
            assert_eq!(tree.run(["scan", "."]).status, 1);
        }
    }
}

#[test]
fn both_headers_bad() {
    let tree = Tree::new();
    let mut built = base(1);
    damage::break_both_headers(&mut built);
    tree.put("disk.vhdx", &built);
    is_a_node_with_its_reason(&tree, "./disk.vhdx", "no valid header");
    let (_, scan) = tree.scan_json();
    let image = &file(&scan, "./disk.vhdx")["image"];
    assert_eq!((&image["data_write_guid"], &image["role"]), (&serde_json::Value::Null, &"unreadable".into()));
    assert_eq!(image["log_state"], serde_json::Value::Null, "without a header nobody knows");
}

#[test]
fn what_is_not_there_fails_with_one_line() {
    let tree = Tree::new();
    tree.put("disk.vhdx", &base(1));
    let run = tree.run(["scan", "nothing here"]);
    assert_eq!(run.status, 2);
    assert_eq!(run.line(), "vhdxray: error: nothing here: No such file or directory (os error 2)");
    // What is there is reported all the same.
    let run = tree.run(["scan", "disk.vhdx", "nothing here", "--format", "json"]);
    assert_eq!((run.status, run.json()["summary"]["images_count"].as_u64()), (2, Some(1)));
    assert_eq!(run.json()["run"]["coverage"]["unreadable"][0]["path"], "nothing here");
    assert_eq!(tree.run(["scan", ".", "--search", "nothing here"]).status, 2);
}

#[test]
fn a_stream_is_refused_with_the_reason() {
    let run = Tree::new().run(["scan", "-"]);
    assert_eq!(run.status, 2);
    assert!(run.line().starts_with("vhdxray: error: '-' is not accepted"), "{run:?}");
}

#[test]
fn wrong_arguments_end_with_2() {
    let tree = Tree::new();
    for arguments in [
        &["scan"][..],
        &["scan", ".", "--map", "C:\\VMs"],
        &["scan", ".", "--map", "VMs=/mnt"],
        &["scan", ".", "--exclude", "a[b"],
        &["scan", ".", "--as-of", "yesterday"],
        &["scan", ".", "--jobs", "0"],
        &["scan", ".", "--format", "yaml"],
        &["nothing"],
    ] {
        let run = tree.run(arguments);
        assert_eq!((run.status, run.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_without_rights() {
    use std::os::unix::fs::PermissionsExt;
    let tree = Tree::new();
    let locked = tree.join("locked/disk.vhdx").parent().unwrap().to_owned();
    tree.put("disk.vhdx", &base(1));
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let root_reads_it_anyway = fs::read_dir(&locked).is_ok();
    let (inside, named) = (tree.run(["scan", "."]), tree.run(["scan", "locked"]));
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    if root_reads_it_anyway {
        eprintln!("SKIPPED: this user reads folders without rights; run as another one than root to test them");
        assert_eq!((inside.status, named.status), (0, 0));
        return;
    }
    assert_eq!(inside.status, 1);
    assert!(inside.stdout.contains("./locked: Permission denied"), "{}", inside.stdout);
    assert_eq!(named.status, 2);
    assert!(named.line().contains("locked: Permission denied"), "{named:?}");
}

#[test]
fn a_parent_outside_of_what_was_named_is_not_opened() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("elsewhere/parent.vhdx", &parent);
    let locator =
        Locator::windows(parent.layout.data_write_guid, r"..\elsewhere\parent.vhdx", r"\\server\share\p.vhdx");
    tree.put("here/child.avhdx", &Builder::differencing(16 * MIB, locator).seed(2).build());
    let run = tree.run(["scan", "here", "--format", "json"]);
    assert_eq!(run.status, 1);
    let scan = run.json();
    assert_eq!(file(&scan, "here/child.avhdx")["image"]["parent"]["status"], "outside");
    assert_eq!(scan["files"].as_array().unwrap().len(), 1);
    // With the folder to search in, it is found where it was recorded, and shown because a disk depends on it.
    let run = tree.run(["scan", "here", "--search", "elsewhere", "--format", "json"]);
    assert_eq!(run.status, 0);
    let scan = run.json();
    let parent = &file(&scan, "here/child.avhdx")["image"]["parent"];
    assert_eq!((parent["status"].as_str(), parent["found_by"].as_str()), (Some("linked"), Some("relative_path")));
    assert_eq!(file(&scan, "elsewhere/parent.vhdx")["named"], false);
}

#[test]
fn a_mapped_path_leads_to_the_parent() {
    let tree = Tree::new();
    let parent = base(1);
    tree.put("store/gold.vhdx", &parent);
    let locator =
        Locator::new().linkage(parent.layout.data_write_guid).entry("absolute_win32_path", r"C:\VMs\Gold.vhdx");
    tree.put("here/child.avhdx", &Builder::differencing(16 * MIB, locator).seed(2).build());
    let run = tree.run(["scan", "here", "--map", r"c:\vms=store", "--format", "json"]);
    let scan = run.json();
    let parent = &file(&scan, "here/child.avhdx")["image"]["parent"];
    assert_eq!((run.status, parent["found_by"].as_str()), (0, Some("map")), "{parent:#}");
    assert_eq!(parent["path"], "store/gold.vhdx");
}

#[test]
fn a_parent_that_is_the_file_itself_and_a_circle_of_two() {
    let tree = Tree::new();
    let (own, first, second) = (Uuid::from_u128(7), Uuid::from_u128(8), Uuid::from_u128(9));
    let made = |own: Uuid, parent: Uuid, name: &str, seed| {
        let locator = Locator::windows(parent, &format!(r".\{name}"), &format!(r"C:\{name}"));
        Builder::differencing(16 * MIB, locator).seed(seed).data_write_guid(own).build()
    };
    tree.put("self.avhdx", &made(own, own, "self.avhdx", 1));
    tree.put("a.avhdx", &made(first, second, "b.avhdx", 2));
    tree.put("b.avhdx", &made(second, first, "a.avhdx", 3));
    let (status, scan) = tree.scan_json();
    assert_eq!((status, &scan["summary"]["broken_chains_count"]), (1, &3.into()));
    for path in ["./self.avhdx", "./a.avhdx", "./b.avhdx"] {
        assert_eq!(file(&scan, path)["image"]["parent"]["status"], "cycle", "{path}");
    }
    let text = tree.run(["scan", "."]).stdout;
    assert!(text.contains("names itself as its parent"), "{text}");
    assert!(text.contains("its parents lead back to itself, through ./b.avhdx"), "{text}");
}

#[test]
fn a_chain_of_300() {
    let tree = Tree::new();
    let mut parent = base(1000);
    tree.put("000.vhdx", &parent);
    let mut name = "000.vhdx".to_owned();
    for number in 1..300_u64 {
        parent = child(&parent, &name, 1000 + number);
        name = format!("{number:03}.avhdx");
        tree.put(&name, &parent);
    }
    let (status, scan) = tree.scan_json();
    assert_eq!(status, 0);
    assert_eq!(scan["chains"].as_array().unwrap().len(), 1);
    assert_eq!(scan["chains"][0]["depth_count"], 300);
    assert_eq!(scan["chains"][0]["leaf"], "./299.avhdx");
    assert_eq!(file(&scan, "./150.avhdx")["image"]["depth_count"], 151);
    let text = tree.run(["scan", "."]);
    let widest = text.stdout.lines().map(|line| line.chars().count()).max().unwrap();
    assert!(text.stdout.contains("(level 300) 299.avhdx") && widest < 160, "{widest} columns");
}

#[test]
fn a_bat_that_claims_more_entries_than_memory() {
    let tree = Tree::new();
    // 2^40 blocks of 1 MiB, and a BAT region as long as its field can say.
    let mut built = base(1);
    damage::overwrite(
        &mut built,
        Structure::Item(metadata_items::VIRTUAL_DISK_SIZE),
        0,
        &(1_u64 << 60).to_le_bytes(),
        Seal::Keep,
    );
    tree.put("2to40.vhdx", &built);
    // The largest that the format allows, whose BAT of 512 MiB the file does not have.
    let mut built = base(2);
    let size = (64_u64 << 40).to_le_bytes();
    damage::overwrite(&mut built, Structure::Item(metadata_items::VIRTUAL_DISK_SIZE), 0, &size, Seal::Keep);
    for entry in &mut built.layout.region_table.entries {
        if entry.file_offset == built.layout.bat.start {
            entry.length = 0xFFF0_0000;
        }
    }
    built.rewrite_region_tables();
    tree.put("64tib.vhdx", &built);
    // In 256 MiB of address space.
    let binary = env!("CARGO_BIN_EXE_vhdxray");
    let script = format!("ulimit -v 262144; exec '{binary}' scan . --jobs 1 --format json");
    let output = std::process::Command::new("sh").args(["-c", &script]).current_dir(tree.path()).output().unwrap();
    let run = crate::support::Run::of(output);
    assert_eq!(run.status, 1, "{run:?}");
    let scan = run.json();
    let message = |path| file(&scan, path)["error"]["message"].as_str().unwrap().to_owned();
    assert!(message("./2to40.vhdx").contains("over the format's 64 TiB"), "{}", message("./2to40.vhdx"));
    assert!(message("./64tib.vhdx").starts_with("BAT: needs 537001976 bytes"), "{}", message("./64tib.vhdx"));
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_and_names_that_attack_the_terminal() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new();
    let parent = base(1);
    let broken = Path::new(OsStr::from_bytes(b"disk\xff.vhdx"));
    tree.put(broken, &parent);
    tree.put("a\u{1b}[2J\u{202e}b\n.avhdx", &child(&parent, "x.vhdx", 2));
    let (status, scan) = tree.scan_json();
    assert_eq!(status, 0);
    let node = file(&scan, "./disk\u{fffd}.vhdx");
    assert_eq!(node["path_raw_hex"], "2e2f6469736bff2e76686478");
    let hostile = file(&scan, "./a\u{1b}[2J\u{202e}b\n.avhdx");
    assert_eq!(hostile["image"]["parent"]["path_raw_hex"], "2e2f6469736bff2e76686478");
    assert!(scan["chains"][0]["files_raw_hex"][0].is_null());
    assert_eq!(scan["chains"][0]["files_raw_hex"][1], "2e2f6469736bff2e76686478");
    for format in ["tree", "table"] {
        let text = tree.run(["scan", ".", "--format", format]).stdout;
        assert!(text.contains("disk\\xff.vhdx") && text.contains("a\\x1b[2J\\u{202e}b\\n.avhdx"), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles() {
    let tree = Tree::new();
    tree.put("a/disk.vhdx", &base(1));
    std::os::unix::fs::symlink("..", tree.join("a/up")).unwrap();
    std::os::unix::fs::symlink("me.vhdx", tree.join("a/me.vhdx")).unwrap();
    assert_eq!(tree.run(["scan", "."]).status, 0, "links are not followed unless asked for");
    let run = tree.run(["scan", ".", "--follow-links", "--format", "json"]);
    assert_eq!(run.status, 1);
    let scan = run.json();
    assert_eq!(scan["summary"]["images_count"], 1);
    let unreadable = scan["run"]["coverage"]["unreadable"].as_array().unwrap();
    let messages: Vec<&str> = unreadable.iter().map(|entry| entry["error"]["message"].as_str().unwrap()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages.iter().any(|message| message.contains("leads back to")), "{messages:?}");
}

#[cfg(unix)]
#[test]
fn pipes_and_sockets_are_never_opened() {
    let tree = Tree::new();
    tree.put("disk.vhdx", &base(1));
    let pipe = tree.join("pipe.vhdx");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(tree.join("socket.vhdx")).unwrap();
    let (status, scan) = tree.scan_json();
    assert_eq!((status, &scan["summary"]["files_count"]), (0, &1.into()));
    for name in ["pipe.vhdx", "socket.vhdx"] {
        let run = tree.run(["scan", name]);
        assert_eq!(run.status, 2);
        assert_eq!(run.line(), format!("vhdxray: error: {name}: is not a regular file"));
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_is_gone_before_it_is_opened() {
    // A link that is followed in the walk and whose target cannot be opened stands for a file deleted meanwhile.
    let tree = Tree::new();
    tree.put("disk.vhdx", &base(1));
    std::os::unix::fs::symlink("gone.vhdx", tree.join("link.vhdx")).unwrap();
    let run = tree.run(["scan", ".", "--follow-links", "--format", "json"]);
    assert_eq!(run.status, 1);
    let entry = &run.json()["run"]["coverage"]["unreadable"][0];
    assert_eq!(entry["path"], "./link.vhdx");
    assert!(entry["error"]["message"].as_str().unwrap().starts_with("No such file"), "{entry:#}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_failure_with_one_line() {
    let tree = Tree::new();
    tree.put("disk.vhdx", &base(1));
    for format in ["tree", "table", "json", "ndjson"] {
        let run = tree.run(["scan", ".", "--format", format, "-o", "/dev/full"]);
        assert_eq!(run.status, 2);
        assert_eq!(run.line(), "vhdxray: error: cannot write /dev/full: No space left on device (os error 28)");
    }
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    for arguments in [&["scan", "."][..], &["schema", "scan"], &["completions", "bash"], &["man"]] {
        let output = tree.command().args(arguments).stdout(full.try_clone().unwrap()).output().unwrap();
        let run = crate::support::Run::of(output);
        assert_eq!(run.status, 2, "{arguments:?}");
        assert_eq!(run.line(), "vhdxray: error: cannot write to stdout: No space left on device (os error 28)");
    }
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_success() {
    let tree = Tree::new();
    tree.put_bytes("notes.vhdx", b"text");
    for arguments in [&["scan", "."][..], &["scan", ".", "--format", "json"], &["schema", "scan"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = tree.command().args(arguments).stdout(writer).output().unwrap();
        let run = crate::support::Run::of(output);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{arguments:?}");
    }
}

#[test]
fn a_disk_is_never_overwritten_by_a_report() {
    let tree = Tree::new();
    let built = base(1);
    tree.put("disk.vhdx", &built);
    tree.put("here/other.vhdx", &base(2));
    for name in ["disk.vhdx", "new.avhdx"] {
        let run = tree.run(["scan", "here", "-o", name]);
        assert_eq!(run.status, 2);
        assert_eq!(run.line(), format!("vhdxray: error: -o {name}: is a vhdx file, which is never overwritten"));
    }
    assert!(!tree.path().join("new.avhdx").exists());
    assert_eq!(fs::metadata(tree.path().join("disk.vhdx")).unwrap().len(), built.image.len());
    assert_eq!(tree.run(["scan", "here", "-o", "no folder/report.txt"]).status, 2);
}

#[test]
fn a_dirty_log_is_told_in_every_format() {
    let tree = Tree::new();
    let whole = Builder::dynamic(16 * MIB).seed(1).build();
    let write = Write::Bytes(whole.layout.entry_offset(0), vec![0; 8]);
    tree.put("disk.vhdx", &dirty(&whole, &[vec![write]], &DirtyOptions::new(Uuid::from_u128(5))).file);
    let (status, scan) = tree.scan_json();
    let image = &file(&scan, "./disk.vhdx")["image"];
    assert_eq!((status, &image["log_state"], &image["replayed"]), (0, &"dirty".into(), &true.into()));
    let as_on_disk = tree.run(["scan", ".", "--as-on-disk", "--format", "json"]).json();
    assert_eq!(file(&as_on_disk, "./disk.vhdx")["image"]["replayed"], false);
    for (arguments, words) in [
        (&["--format", "tree"][..], "dirty log: shown as after its replay"),
        (&["--format", "tree", "--as-on-disk"], "dirty log, not replayed"),
        (&["--format", "table"], "dirty, replayed"),
        (&["--format", "ndjson"], "\"log_state\":\"dirty\",\"replayed\":true"),
    ] {
        let run = tree.run(["scan", "."].iter().chain(arguments));
        assert!(run.stdout.contains(words), "{arguments:?}: {}", run.stdout);
    }
}

#[test]
fn candidates_and_copies_are_named() {
    let tree = Tree::new();
    let (parent, other) = (base(1), Builder::dynamic(16 * MIB).seed(2).build());
    tree.put("one/parent.vhdx", &parent);
    tree.put("two/parent.vhdx", &parent);
    tree.put("one/child.avhdx", &child(&parent, "parent.vhdx", 3));
    tree.put("three/child.avhdx", &child(&parent, "gone.vhdx", 4));
    tree.put("four/parent.vhdx", &other);
    tree.put("four/child.avhdx", &child_of(Uuid::from_u128(1), other.layout.virtual_disk_id, "parent.vhdx", 5));
    let (status, scan) = tree.scan_json();
    assert_eq!(status, 1);
    let parent = |path| &file(&scan, path)["image"]["parent"];
    assert_eq!(parent("./one/child.avhdx")["copies"], serde_json::json!(["./two/parent.vhdx"]));
    assert_eq!(parent("./three/child.avhdx")["status"], "ambiguous");
    assert_eq!(parent("./three/child.avhdx")["candidates"].as_array().unwrap().len(), 2);
    assert_eq!(parent("./four/child.avhdx")["status"], "identity_mismatch");
    assert_eq!(parent("./four/child.avhdx")["candidates"][0]["why"], "recorded_path");
}

#[cfg(unix)]
#[test]
fn an_interruption_ends_at_once_with_a_word() {
    use std::io::Read;
    let tree = Tree::new();
    for number in 0..2000 {
        tree.put_bytes(format!("{number}.txt"), b"text");
    }
    // The report fills the pipe, which nobody empties: the command hangs in a write.
    let mut command = tree.command();
    command.args(["scan", ".", "--format", "json"]).stdout(std::process::Stdio::piped());
    let mut running = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut first = [0];
    running.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert!(std::process::Command::new("kill").args(["-INT", &running.id().to_string()]).status().unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    let mut stderr = String::new();
    running.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    let line = "vhdxray: interrupted after 2000 of 2000 files, while the report was written, which is not whole\n";
    assert_eq!(stderr, line);
}

#[test]
fn what_goes_to_stderr_and_what_is_coloured() {
    let tree = Tree::new();
    tree.put("disk.vhdx", &base(1));
    assert!(!tree.run(["scan", "."]).stdout.contains('\u{1b}'));
    // Ages count from one moment, for a second may pass between two runs.
    let colored = tree.run(["scan", ".", "--color", "always", "--as-of", "2126-01-01T00:00:00Z"]).stdout;
    assert!(colored.contains('\u{1b}'));
    let never = tree.run(["scan", ".", "--color", "never", "--as-of", "2126-01-01T00:00:00Z"]);
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), never.stdout);
    assert_eq!(never.stderr, "");
    assert!(tree.run(["scan", ".", "-v"]).line().starts_with("vhdxray: read 1 of 1 files in "));
    let failed = tree.run(["scan", "nothing", "-q"]);
    assert!(failed.line().starts_with("vhdxray: error: nothing: "), "{failed:?}");
}
