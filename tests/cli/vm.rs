//! `vm`: its exit status, its schema, and that it opens nothing but what was named.

use uuid::Uuid;
use vhdxray::testkit::hvs::{self, Bus, Container, Machine};

use super::schema::{assert_valid, validator};
use super::support::{MIB, Tree, base};

const ID: Uuid = Uuid::from_u128(0x0A11_CE00_0000_4000_8000_0000_0000_0001);

fn machine(path: &str) -> Container {
    Container::new(Machine::new(ID, "web").disk(Bus::Scsi(0, 0), path).keys)
}

#[test]
fn every_report_fits_the_schema() {
    let tree = Tree::new();
    let schema = validator(&tree, "vm");
    let built = machine("C:\\a.vhdx").build();
    tree.put_bytes("a.vmcx", &built.bytes);
    tree.put_bytes("b.xml", &hvs::xml(&machine("C:\\b.vhdx").keys));
    tree.put_bytes("empty.vmcx", b"");
    for arguments in [&["vm", "a.vmcx", "b.xml", "empty.vmcx", "missing"][..], &["vm", "a.vmcx", "--keys", "--history"]]
    {
        let json = tree.run(arguments.iter().chain(&["--format", "json"])).json();
        assert_valid(&schema, &json);
        assert_eq!(json["machines"][0]["disks"][0]["path_recorded"], "C:\\a.vhdx");
    }
}

#[test]
fn the_exit_status_tells_how_much_can_be_trusted() {
    let tree = Tree::new();
    let built = machine("C:\\a.vhdx").build();
    tree.put_bytes("good.vmcx", &built.bytes);
    assert_eq!((tree.run(["vm", "good.vmcx"]).status, tree.run(["vm", "good.vmcx"]).stderr.as_str()), (0, ""));
    let changed = machine("C:\\b.vhdx").build();
    tree.put_bytes("dirty.vmcx", &built.clone().with_log(&changed.changes_from(&built), &[]).bytes);
    let dirty = tree.run(["vm", "dirty.vmcx"]);
    assert_eq!(dirty.status, 0);
    assert!(dirty.line().contains("dirty") && dirty.stdout.contains("C:\\b.vhdx"), "{dirty:?}");
    let mut damaged = built;
    damaged.bytes[20] ^= 1;
    tree.put_bytes("damaged.vmcx", &damaged.bytes);
    let run = tree.run(["vm", "damaged.vmcx"]);
    assert_eq!(run.status, 1);
    assert!(run.line().contains("storage header 1"), "{run:?}");
    tree.put_bytes("zero.vmcx", &[0; 8192]);
    let run = tree.run(["vm", "zero.vmcx", "good.vmcx"]);
    assert_eq!(run.status, 2);
    assert!(run.line().contains("all 8192 bytes are zero") && run.stdout.contains("C:\\a.vhdx"), "{run:?}");
    tree.put("disk.vhdx", &base(1));
    for (named, says) in [("disk.vhdx", "neither"), ("missing.vmcx", "missing.vmcx"), (".", "folder"), ("-", "'-'")] {
        let run = tree.run(["vm", named]);
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.line().contains(says), "{run:?}");
    }
}

#[test]
fn hostile_text_is_made_harmless_and_no_path_is_opened() {
    let tree = Tree::new();
    tree.put_bytes("evil.vmcx", &machine("\\\\192.0.2.1\\share\\\u{1b}]0;x\u{7}\u{202e}.vhdx").build().bytes);
    let run = tree.run(["vm", "evil.vmcx"]);
    assert_eq!(run.status, 0);
    assert!(!run.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{run:?}");
    assert!(run.stdout.contains("\\\\192.0.2.1\\share\\\\x1b"), "{run:?}");
    // Something large that is no configuration is refused without being read.
    let mut built = base(2);
    built.image.set_len(64 * MIB);
    tree.put("large.vmcx", &built);
    assert_eq!(tree.run(["vm", "large.vmcx"]).status, 2);
}
