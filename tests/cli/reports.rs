//! What the reports look like, over a small tree in which everything occurs.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use uuid::Uuid;

use vhdxray::estate::{Silent, Volume};
use vhdxray::inspect::{Inspection, Request, inspect};
use vhdxray::report::{RunFacts, Style, json, table, tree};
use vhdxray::testkit::damage;
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder, DirtyOptions, Write, dirty};
use vhdxray::units::ByteLen;

use crate::golden;
use crate::support::{MIB, Tree, base, child, child_of};

fn block(tag: u32, number: u64) -> Block {
    Block::full(pattern::image(tag, number * MIB, MIB))
}

fn tree() -> Tree {
    let tree = Tree::new();
    let web = Builder::dynamic(16 * MIB).seed(1).block(0, block(1, 0)).build();
    let first = child(&web, "web.vhdx", 2);
    tree.put("web/web.vhdx", &web);
    tree.put("web/web_1.avhdx", &first);
    tree.put("web/web_2.avhdx", &child(&first, "web_1.avhdx", 3));
    tree.put("web/web_fork.avhdx", &child(&web, "web.vhdx", 4));
    tree.put("moved/web_3.avhdx", &child(&first, "old name.avhdx", 5));
    let log = Builder::dynamic(16 * MIB).seed(6).block(0, block(6, 0)).build();
    let write = Write::Bytes(log.layout.entry_offset(0), vec![0; 8]);
    tree.put("db/log.vhdx", &dirty(&log, &[vec![write]], &DirtyOptions::new(Uuid::from_u128(5))).file);
    tree.put("db/fixed.vhdx", &Builder::fixed(2 * MIB).seed(7).build());
    let (gone, other) = (base(8), base(9));
    tree.put("db/orphan.avhdx", &child(&gone, "gone.vhdx", 10));
    tree.put("db/data.vhdx", &other);
    let broken = child_of(Uuid::from_u128(1), other.layout.virtual_disk_id, "data.vhdx", 11);
    tree.put("db/data_1.avhdx", &broken);
    tree.put("db/data_2.avhdx", &child(&broken, "data_1.avhdx", 12));
    let mut damaged = base(13);
    damage::break_both_headers(&mut damaged);
    tree.put("db/damaged.vhdx", &damaged);
    tree.put("copy/web.vhdx", &web);
    tree.put_bytes("notes.vhdx", b"This is not a disk.\n");
    tree.put_bytes("machine.vmcx", &[0x14, 0x20, 0x28, 0x01, 0, 0, 0, 0]);
    tree.put_bytes("web/web.vhdx.rct", b"rctx");
    tree.put_bytes("readme.txt", b"Ask before you delete.\n");
    tree
}

/// The moment at which all files were written last, and a day later, from which ages count.
const WRITTEN: u64 = 1_764_000_000;

/// Everything that depends on the machine is set: where the tree lies, what its file system does, the clock.
fn inspection(tree: &Tree) -> Inspection {
    let request = Request { paths: vec![tree.path().to_owned()], ..Request::default() };
    let mut inspection = inspect(&request, &Silent);
    let relative = |path: &mut PathBuf| *path = path.strip_prefix(tree.path()).unwrap().to_owned();
    for file in &mut inspection.inventory.files {
        relative(&mut file.path);
        if let Some(stamp) = &mut file.stamp {
            stamp.allocated = Some(stamp.size);
            stamp.modified = Some(SystemTime::UNIX_EPOCH + Duration::from_secs(WRITTEN));
        }
    }
    inspection.volumes = vec![Volume {
        origin: vhdxray::estate::OriginNo::default(),
        id: "8:1".to_owned(),
        mount_path: Some("/mnt/csv1".into()),
        file_system: Some("ext4".to_owned()),
        total: ByteLen(1 << 40),
        free: ByteLen(12 << 30),
    }];
    inspection
}

fn facts() -> RunFacts {
    let moment = |seconds: u64| jiff::Timestamp::from_second(seconds.cast_signed()).unwrap();
    let as_of = moment(WRITTEN + 86_400 * 3);
    RunFacts {
        arguments: vec!["scan".to_owned(), ".".to_owned()],
        started: as_of,
        finished: as_of,
        as_of,
        host: Some("host".to_owned()),
    }
}

fn style(width: Option<usize>, color: bool) -> Style {
    Style { color, width, as_of: facts().as_of }
}

fn written(write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn trees() {
    let tree = tree();
    let inspection = inspection(&tree);
    golden::assert_same("scan.tree.txt", &written(|out| tree::write(&inspection, style(None, false), out)));
    golden::assert_same("scan.tree.80.txt", &written(|out| tree::write(&inspection, style(Some(80), false), out)));
    let colored = written(|out| tree::write(&inspection, style(None, true), out)).replace('\u{1b}', "ESC");
    golden::assert_same("scan.tree.color.txt", &colored);
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let tree = tree();
    let inspection = inspection(&tree);
    for width in [80, 100, 120, 200] {
        let text = written(|out| tree::write(&inspection, style(Some(width), false), out));
        let rows = text.lines().filter(|line| line.contains("VHDX") || line.starts_with("NAME"));
        for line in rows.filter(|line| !line.starts_with("  ")) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
    }
}

#[test]
fn tables() {
    let tree = tree();
    golden::assert_same("scan.table.txt", &written(|out| table::write(&inspection(&tree), style(None, false), out)));
}

#[test]
fn json_of_a_scan() {
    let tree = tree();
    let inspection = inspection(&tree);
    let version = env!("CARGO_PKG_VERSION");
    let json = written(|out| json::write_scan(&inspection, &facts(), out));
    golden::assert_same("scan.json", &json.replace(version, "VERSION"));
    let lines = written(|out| json::write_scan_lines(&inspection, &facts(), out));
    golden::assert_same("scan.ndjson", &lines.replace(version, "VERSION"));
    let info = written(|out| json::write_info(&inspection, &facts(), out));
    assert!(info.starts_with("{\n  \"schema\": \"vhdxray.info/1\""));
}

#[test]
fn completions_and_manual_pages() {
    let tree = Tree::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = tree.run(["completions", shell]);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("scan"), "{shell}");
    }
    assert!(tree.run(["man"]).stdout.contains("vhdxray\\-scan"));
    assert!(tree.run(["man", "scan"]).stdout.contains("as\\-on\\-disk"));
    assert_eq!(tree.run(["man", "nothing"]).line(), "vhdxray: error: there is no subcommand \"nothing\"");
}
