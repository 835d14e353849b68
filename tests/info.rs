//! `info` over a small tree whose truth is known.
#![cfg(all(feature = "cli", feature = "testkit"))]

#[cfg(test)]
#[path = "support/golden.rs"]
mod golden;

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use uuid::{Uuid, uuid};
    use vhdxray::testkit::record::utf16;
    use vhdxray::testkit::vhdx::{Block, Builder, Built, DirtyOptions, Item, Locator, LogEntry, LogRing, Write, dirty};
    use vhdxray::testkit::{SparseImage, pattern, vhd};

    use crate::golden;

    const MIB: u64 = 1 << 20;

    struct Run {
        status: i32,
        stdout: String,
        stderr: String,
    }

    impl Run {
        /// The report without what depends on the file system that the test runs on.
        fn golden(&self) -> String {
            let kept = |line: &&str| !line.contains("Allocated by the volume");
            self.stdout.split_inclusive('\n').filter(kept).collect()
        }

        fn has(&self, text: &str) {
            assert!(self.stdout.contains(text), "no {text:?} in\n{}\n{}", self.stdout, self.stderr);
        }
    }

    fn run(folder: &Path, arguments: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vhdxray"));
        let output = command.current_dir(folder).args(arguments).output().unwrap();
        Run {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn data(tag: u32) -> SparseImage {
        pattern::image(tag, 0, MIB)
    }

    fn base() -> Built {
        Builder::dynamic(8 * MIB)
            .seed(1)
            .creator("Microsoft Windows 10.0.17763.0")
            .block(0, Block::full(data(1)))
            .block(1, Block::full(data(2)))
            .block(5, Block::full(data(3)))
            .build()
    }

    fn child_of(parent: &Built, name: &str) -> Builder {
        let locator = Locator::hyper_v(
            parent.layout.data_write_guid,
            &format!(r"C:\Hyper-V\{name}"),
            &format!(r".\{name}"),
            &format!(r"\\?\Volume{{5f1c2a70-0000-4000-8000-00000000c0de}}\Hyper-V\{name}"),
        );
        Builder::differencing(8 * MIB, locator).virtual_disk_id(parent.layout.virtual_disk_id)
    }

    /// A chain of three with a fork, where the leaf's log is dirty.
    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, image: &SparseImage| image.write_to(&folder.path().join(name)).unwrap();
        let base = base();
        let middle = child_of(&base, "web.vhdx")
            .seed(2)
            .block(0, Block::partial(data(4)).present(0..8))
            .block(2, Block::zero())
            .block(3, Block::unmapped().anchored(data(5)))
            .build();
        let leaf = child_of(&middle, "web_1.avhdx")
            .seed(3)
            .virtual_disk_id(base.layout.virtual_disk_id)
            .block(0, Block::full(data(6)))
            .item(Item::new(uuid!("0b0d5fd0-0000-4000-8000-00000000beef"), b"something").user())
            .build();
        let fork = child_of(&base, "web.vhdx").seed(4).build();
        let mut ring = LogRing::new(1 << 20);
        ring.seek(0x80000);
        ring.push(&LogEntry::new(Uuid::from_u128(77), 5, leaf.image.len()).zero(5 * MIB, 4096));
        let entry = Write::Bytes(leaf.layout.entry_offset(7), 2_u64.to_le_bytes().to_vec());
        let options =
            DirtyOptions { ring: Some(ring), sequence_number: 40, ..DirtyOptions::new(Uuid::from_u128(0x106)) };
        put("web.vhdx", &base.image);
        put("web_1.avhdx", &middle.image);
        put("web_2.avhdx", &dirty(&leaf, &[vec![entry]], &options).file.image);
        put("web_fork.avhdx", &fork.image);
        folder
    }

    #[test]
    fn a_base_with_two_children() {
        let run = run(tree().path(), &["info", "web.vhdx"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        golden::assert_same("info-base.txt", &run.golden());
    }

    /// What stderr says of the leaf of the tree, in whatever format the report is.
    const DIRTY: &str = "vhdxray: warning: web_2.avhdx: its log is dirty; everything is shown as after its replay, \
                         which was done in memory\n";

    #[test]
    fn a_leaf_with_a_dirty_log_says_so_first_and_shows_the_replay() {
        let folder = tree();
        let replayed = run(folder.path(), &["info", "web_2.avhdx"]);
        assert_eq!((replayed.status, replayed.stderr.as_str()), (0, DIRTY));
        golden::assert_same("info-dirty-leaf.txt", &replayed.golden());
        let head: String = replayed.stdout.lines().take(4).collect();
        assert!(head.contains("The log is dirty"), "{head}");
        // Block 7 becomes a block of zeros by the replay.
        replayed.has("  1  zero           1.0 MiB  zeros\n");
        let on_disk = run(folder.path(), &["info", "--as-on-disk", "web_2.avhdx"]);
        on_disk.has("not replayed");
        assert!(!on_disk.stdout.contains("  zero  "), "{}", on_disk.stdout);
    }

    #[test]
    fn several_files_and_no_blocks() {
        let run = run(tree().path(), &["info", "--no-blocks", "web_1.avhdx", "web_fork.avhdx"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        let titles: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("web")).collect();
        assert_eq!(titles, ["web_1.avhdx", "web_fork.avhdx"]);
        assert_eq!(run.stdout.matches("States                   not counted").count(), 2);
        assert!(!run.stdout.contains("In the file"));
        assert_eq!(run.stdout.matches("Whole entries            not looked for").count(), 2);
    }

    #[test]
    fn an_orphan_names_its_candidates_and_ends_with_1() {
        let folder = tree();
        std::fs::remove_file(folder.path().join("web_1.avhdx")).unwrap();
        let run = run(folder.path(), &["info", "web_2.avhdx"]);
        assert_eq!((run.status, run.stderr.as_str()), (1, DIRTY));
        run.has("The parent is not linked: ");
        run.has("Link                     missing");
        run.has("web.vhdx (has the same VirtualDiskId: a relative, which proves nothing)");
        run.has(r"ParentPath               C:\Hyper-V\web_1.avhdx (as recorded; not linked)");
    }

    #[test]
    fn it_says_which_folders_were_looked_through() {
        let (folder, elsewhere) = (tree(), tempfile::tempdir().unwrap());
        let own = "Only the folder of the file was looked through";
        run(folder.path(), &["info", "web.vhdx"]).has(own);
        let both = run(folder.path(), &["info", "web.vhdx", "--search", elsewhere.path().to_str().unwrap()]);
        both.has("Only the folders of what was named were looked through");
        assert!(!both.stdout.contains(own));
    }

    #[test]
    fn damage_is_on_stdout_with_one_line_on_stderr_and_status_2() {
        let folder = tree();
        let mut built = base();
        for header in &mut built.layout.headers {
            header.signature = *b"dead";
        }
        built.rewrite_headers();
        built.image.write_to(&folder.path().join("bad.vhdx")).unwrap();
        let run = run(folder.path(), &["info", "bad.vhdx"]);
        assert_eq!(run.status, 2);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        golden::assert_same("info-damaged.txt", &run.golden());
    }

    #[test]
    fn what_is_no_disk_is_refused_with_a_line_each() {
        let folder = tree();
        std::fs::write(folder.path().join("text.vhdx"), "hello").unwrap();
        std::fs::write(folder.path().join("empty.vhdx"), "").unwrap();
        std::fs::write(folder.path().join("notes.txt"), "hello").unwrap();
        std::fs::create_dir(folder.path().join("folder")).unwrap();
        let run =
            run(folder.path(), &["info", "text.vhdx", "empty.vhdx", "notes.txt", "folder", "gone.vhdx", "web.vhdx"]);
        assert_eq!(run.status, 2);
        for part in
            ["text.vhdx: is no VHDX file", "empty.vhdx: is empty", "notes.txt: ", "folder: is a folder", "gone.vhdx: "]
        {
            assert_eq!(run.stderr.lines().filter(|line| line.contains(part)).count(), 1, "{part}: {}", run.stderr);
        }
        assert_eq!(run.stderr.lines().count(), 5, "{}", run.stderr);
        run.has("Dynamic VHDX of 8.0 MiB");
    }

    #[test]
    fn hostile_texts_do_not_reach_the_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let locator = Locator::new()
            .linkage(Uuid::from_u128(1))
            .raw_entry(&utf16("relative_path"), &utf16(".\\\u{1B}]0;owned\u{7}.vhdx"))
            .raw_entry(&utf16("\u{202E}key"), &[0xD800]);
        let built = Builder::differencing(4 * MIB, locator).seed(1).creator("\u{1B}[2Jcreator\u{9B}1m").build();
        built.image.write_to(&folder.path().join("a.vhdx")).unwrap();
        for arguments in [&["info", "a.vhdx"][..], &["dump", "a.vhdx"]] {
            let run = run(folder.path(), arguments);
            let controls = |c: char| (c.is_control() && c != '\n') || c == '\u{202E}';
            assert!(!run.stdout.contains(controls) && !run.stderr.contains(controls), "{arguments:?}");
            run.has("creator");
        }
    }

    #[test]
    fn the_json_has_one_entry_a_named_file() {
        let run = run(tree().path(), &["info", "--format", "json", "web_2.avhdx", "web_1.avhdx"]);
        assert_eq!((run.status, run.stderr.as_str()), (0, DIRTY));
        let info: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(info["schema"], "vhdxray.info/1");
        let files = info["files"].as_array().unwrap();
        let paths: Vec<&str> = files.iter().map(|file| file["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["web_1.avhdx", "web_2.avhdx"]);
        assert_eq!(files[1]["image"]["log_state"], "dirty");
        assert_eq!(files[1]["image"]["blocks"]["zero"], 1);
        assert_eq!(files[1]["image"]["depth_count"], 3);
        assert_eq!(files[0]["image"]["children"][0], "web_2.avhdx");
    }

    #[test]
    fn a_vhd_and_its_child() {
        let folder = tempfile::tempdir().unwrap();
        let id = uuid!("11223344-5566-7788-99aa-bbccddeeff00");
        let parent = vhd::Builder::dynamic(8 * MIB).unique_id(id).block(0, vhd::Block::new(data(1)).present(0..4096));
        let child = vhd::Builder::differencing(8 * MIB, id, 0, "old.vhd")
            .unique_id(Uuid::from_u128(2))
            .block(1, vhd::Block::new(data(2)).present(0..16))
            .locator(vhd::ParentLocator::relative(r".\old.vhd"));
        parent.build().image.write_to(&folder.path().join("old.vhd")).unwrap();
        child.build().image.write_to(&folder.path().join("old_1.avhd")).unwrap();
        let info = run(folder.path(), &["info", "old_1.avhd"]);
        assert_eq!((info.status, info.stderr.as_str()), (0, ""));
        golden::assert_same("info-vhd.txt", &info.golden());
        let dump = run(folder.path(), &["dump", "old_1.avhd"]);
        assert_eq!((dump.status, dump.stderr.as_str()), (0, ""));
        golden::assert_same("dump-vhd.txt", &dump.stdout);
    }

    #[test]
    fn dump_takes_parts_and_says_what_it_cannot_read() {
        let folder = tree();
        let header = run(folder.path(), &["dump", "web.vhdx", "header"]);
        assert_eq!((header.status, header.stderr.as_str()), (0, ""));
        let starts: Vec<&str> =
            header.stdout.lines().filter(|line| !line.starts_with(' ') && !line.is_empty()).collect();
        assert!(starts.len() == 2 && starts.iter().all(|line| line.starts_with("header ")), "{starts:?}");
        let mut built = base();
        built.image.set_len(3 * MIB + 4);
        built.image.write_to(&folder.path().join("cut.vhdx")).unwrap();
        let cut = run(folder.path(), &["dump", "cut.vhdx"]);
        assert_eq!(cut.status, 2);
        assert_eq!(cut.stderr.lines().count(), 1, "{}", cut.stderr);
        cut.has("cannot be read: BAT: needs 64 bytes, and the file has 4 left");
        let wrong = run(folder.path(), &["dump", "web.vhdx", "nothing"]);
        assert_eq!(wrong.status, 2);
        let json = run(folder.path(), &["dump", "web.vhdx", "--format", "json"]);
        let dump: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
        assert_eq!((&dump["schema"], &dump["path"]), (&"vhdxray.dump/1".into(), &"web.vhdx".into()));
    }
}
