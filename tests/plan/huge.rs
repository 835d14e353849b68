//! Memory stays flat however large the disks of a chain are.

use std::path::Path;
use std::process::{Command, Output};

use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder, Locator};

use crate::kit::{MIB, Store, recorded};

/// A disk in the smallest blocks, of which the table alone has 128 MiB.
const SIZE: u64 = 16 << 40;

/// Runs `vhdxray plan` where all the memory that it can write to, its stacks included, takes no more than this.
fn plan_within(kib: u64, folder: &Path) -> Output {
    let script = format!("ulimit -d {kib}; exec \"$0\" plan leaf.avhdx --format json");
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_vhdxray")).current_dir(folder).output().expect("sh")
}

#[test]
fn a_plan_for_16_tib_in_blocks_of_1_mib_stays_under_96_mib() {
    let store = Store::new();
    let own = |block: u64| Block::full(pattern::image(2, block * MIB, MIB));
    let base = Builder::dynamic(SIZE).seed(1).block(0, own(0)).block(SIZE / MIB - 1, own(1)).build();
    store.put("base.vhdx", &base);
    let locator = Locator::windows(base.layout.data_write_guid, r".\base.vhdx", &recorded("base.vhdx"));
    let leaf = Builder::differencing(SIZE, locator)
        .seed(2)
        .virtual_disk_id(base.layout.virtual_disk_id)
        .block(1, own(1))
        .block(SIZE / MIB - 1, own(2))
        .build();
    store.put("leaf.avhdx", &leaf);
    let ran = plan_within(96 << 10, store.path());
    let (out, err) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8_lossy(&ran.stderr).into_owned());
    assert_eq!(ran.status.code(), Some(0), "{out}\n{err}");
    let plan: serde_json::Value = serde_json::from_str(&out).unwrap();
    let ways = plan["alternatives"].as_array().unwrap();
    let way = ways.iter().find(|way| way["method"] == "single_pass").unwrap();
    assert_eq!(way["growth_bytes"], serde_json::json!({ "least": MIB, "most": MIB }), "{way:#}");
    assert_eq!(
        plan_within(1 << 10, store.path()).status.code().filter(|status| *status < 2),
        None,
        "nothing is bounded"
    );
}
