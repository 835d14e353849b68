//! Files that bear the name of a recorded disk: the one that lies likeliest may be the copy, and the other one in use.

use vhdxray::inspect::Request;
use vhdxray::testkit::hvs::{Bus, Machine};

use crate::kit::{Estate, Judged, recorded, scsi};
use crate::split;

const LATER: &str = "2100-01-01T00:00:00Z";

/// Either may be the disk in use: nothing says that one could go, and nothing that one is it for certain.
#[track_caller]
fn expect_doubt(judged: &Judged, paths: &[&str]) {
    for path in paths {
        let verdict = judged.of(path);
        let (class, sure) = (verdict.class.name(), verdict.confidence.name());
        assert!(matches!(class, "active_leaf" | "uncheckpointed_chain" | "chain_member"), "{path}: {verdict:#?}");
        assert_eq!(sure, "possible", "{path}: {verdict:#?}");
    }
}

/// The storage was moved to the root of another volume, and what it left lies where Hyper-V would look first.
#[test]
fn a_disk_that_was_moved_to_another_volume() {
    let stale = "d/web/Virtual Hard Disks/web.vhdx";
    for (live, path) in [("e/web.vhdx", r"E:\web.vhdx"), ("e-drive/SSD/web.vhdx", r"E:\fast\web.vhdx")] {
        for is_copy in [false, true] {
            let mut estate = Estate::new();
            let id = estate.guid();
            estate.disk(live);
            if is_copy {
                estate.copy(live, stale);
            } else {
                estate.disk(stale);
            }
            let disks = [(Bus::Scsi(0, 0), path.to_owned())];
            estate.machine("d/web/Virtual Machines", id, Machine::new(id, "web"), &disks);
            expect_doubt(&estate.judged(), &[live, stale]);
        }
    }
}

/// A backup keeps the whole path of what it holds, and the volume itself was mounted under another name.
#[test]
fn a_backup_that_keeps_whole_paths() {
    for (live, backup, path) in [
        (
            "mnt/csv1/web/Virtual Hard Disks/web.vhdx",
            "backup/C/ClusterStorage/Volume1/web/Virtual Hard Disks/web.vhdx",
            r"C:\ClusterStorage\Volume1\web\Virtual Hard Disks\web.vhdx",
        ),
        ("VMs/production/web/web.vhdx", "old/prod/web/web.vhdx", r"D:\VMs\prod\web\web.vhdx"),
    ] {
        let mut estate = Estate::new();
        let id = estate.guid();
        estate.disk(live);
        estate.copy(live, backup);
        let disks = [(Bus::Scsi(0, 0), path.to_owned())];
        estate.machine("host/Hyper-V/Virtual Machines", id, Machine::new(id, "web"), &disks);
        expect_doubt(&estate.judged(), &[live, backup]);
    }
}

/// The only configuration that was scanned lies in a copy of the machine's folder.
#[test]
fn a_folder_copy_with_the_only_configuration() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let name = estate.automatic("web");
    let paths = ["csv1/web", "csv1/Backup/web"]
        .map(|folder| [format!("{folder}/Virtual Hard Disks/web.vhdx"), format!("{folder}/Virtual Hard Disks/{name}")]);
    let [[base, leaf], [kept_base, kept_leaf]] = &paths;
    let below = estate.disk(base);
    estate.child(leaf, &below, "web.vhdx");
    estate.copy(base, kept_base);
    estate.copy(leaf, kept_leaf);
    let disks = [(Bus::Scsi(0, 0), format!(r"C:\ClusterStorage\Volume1\web\Virtual Hard Disks\{name}"))];
    estate.unlisted("csv1/Backup/web/Virtual Machines", id, Machine::new(id, "web"), &disks);
    estate.list_also(id, &format!(r"C:\VMs\Virtual Machines\{id}.vmcx"));
    expect_doubt(&estate.judged(), &[base, leaf, kept_base, kept_leaf]);
}

/// Where `--map` says it, a likeness is no longer asked.
#[test]
fn a_map_decides_between_namesakes() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk("e/vm/web.vhdx");
    estate.disk("d/web/Virtual Hard Disks/web.vhdx");
    let disks = [(Bus::Scsi(0, 0), recorded("far/web.vhdx"))];
    estate.machine("d/web/Virtual Machines", id, Machine::new(id, "web"), &disks);
    estate.put_list();
    let request = Request { map: estate.map("far", "e/vm"), ..Request::default() };
    let judged = estate.judged_by(request, LATER);
    judged.expect("e/vm/web.vhdx", "active_leaf", "confirmed", "(through --map)");
    judged.expect("d/web/Virtual Hard Disks/web.vhdx", "deleted_machine_disk", "probable", "no configuration names it");
}

/// Many machines have a disk of one name, each its own: these say nothing of one another. One that is nobody's does.
#[test]
fn a_name_that_all_machines_use() {
    let mut estate = Estate::new();
    for name in ["a", "b", "c"] {
        let id = estate.guid();
        let path = format!("{name}/Virtual Hard Disks/os.vhdx");
        estate.disk(&path);
        estate.machine(&format!("{name}/Virtual Machines"), id, Machine::new(id, name), &[scsi(0, &path)]);
    }
    estate.disk("old/old.vhdx");
    let judged = estate.judged();
    judged.expect("b/Virtual Hard Disks/os.vhdx", "active_leaf", "confirmed", "machine \"b\" attaches it");
    judged.expect("old/old.vhdx", "deleted_machine_disk", "probable", "no configuration names it");
    estate.disk("gold/os.vhdx");
    let judged = estate.judged();
    judged.expect("b/Virtual Hard Disks/os.vhdx", "active_leaf", "probable", "another file could be");
    judged.expect("gold/os.vhdx", "active_leaf", "possible", "was found for it by a likeness alone");
    judged.expect("old/old.vhdx", "deleted_machine_disk", "probable", "no configuration names it");
}

/// A disk of a volume that was not scanned has the name of another machine's.
#[test]
fn a_name_alone_is_not_another_machines_disk() {
    let mut estate = Estate::new();
    let (a, b) = (estate.guid(), estate.guid());
    let path = "B/Virtual Hard Disks/os.vhdx";
    estate.disk(path);
    estate.disk("old/old.vhdx");
    estate.machine("B/Virtual Machines", b, Machine::new(b, "B"), &[scsi(0, path)]);
    let disks = [(Bus::Scsi(0, 0), r"E:\A\os.vhdx".to_owned())];
    estate.machine("A/Virtual Machines", a, Machine::new(a, "A"), &disks);
    let judged = estate.judged();
    judged.expect(path, "active_leaf", "confirmed", "machine \"B\" attaches it");
    judged.expect(path, "active_leaf", "confirmed", "it may be the disk that machine \"A\" misses");
    let reasons = &judged.of(path).reasons;
    assert!(!reasons.iter().any(|reason| reason.contains("more than one machine")), "{reasons:?}");
    assert!(!judged.inspection.findings.list.iter().any(|finding| finding.code == "VHDX1010"));
    judged.expect("old/old.vhdx", "deleted_machine_disk", "possible", "on volumes that were not scanned");
}

/// The configuration names the second of two hard links, and the companion lies beside that one.
#[cfg(unix)]
#[test]
fn a_hard_link_is_its_file() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let (first, second) = ("a-archive/pool-0001.vhdx", "web/Virtual Hard Disks/web.vhdx");
    estate.disk(first);
    estate.put(&format!("{second}.rct"), b"tracking");
    std::fs::hard_link(estate.root().join(first), estate.root().join(second)).expect("a link can be made");
    let config = estate.machine("web/Virtual Machines", id, Machine::new(id, "web"), &[scsi(0, second)]);
    let judged = estate.judged();
    judged.expect(first, "active_leaf", "confirmed", "machine \"web\" attaches it");
    judged.expect(&format!("{second}.rct"), "companion_in_use", "confirmed", "it belongs to");
    judged.expect(&config, "config_in_use", "confirmed", "a host's list names machine");
}

/// Where names differ in case alone, the one that is spelled as recorded is likelier, and proves nothing about the other.
#[cfg(target_os = "linux")]
#[test]
fn names_that_differ_in_case_alone() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let [exact, twin, third] = ["web", "WEB", "Web"].map(|name| format!("web/Virtual Hard Disks/{name}.vhdx"));
    estate.disk(&exact);
    estate.disk(&twin);
    for path in [&exact, &twin] {
        estate.put(&format!("{path}.rct"), b"tracking");
    }
    estate.machine("web/Virtual Machines", id, Machine::new(id, "web"), &[scsi(0, &exact)]);
    let judged = estate.judged();
    judged.expect(&exact, "active_leaf", "probable", "machine \"web\" attaches it");
    judged.expect(&twin, "active_leaf", "possible", "it may be the disk of machine \"web\"");
    judged.expect(&format!("{exact}.rct"), "companion_in_use", "probable", "Virtual Hard Disks/web.vhdx");
    judged.expect(&format!("{twin}.rct"), "companion_in_use", "possible", "Virtual Hard Disks/WEB.vhdx");
    std::fs::rename(estate.root().join(&exact), estate.root().join(&third)).expect("it can be renamed");
    expect_doubt(&estate.judged(), &[&twin, &third]);
}

#[test]
fn rivals_of_a_disk_stand_in_json() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let live = "web/Virtual Hard Disks/web.vhdx";
    estate.disk(live);
    estate.disk("old/web.vhdx");
    estate.machine("web/Virtual Machines", id, Machine::new(id, "web"), &[scsi(0, live)]);
    let told = split::told(&estate.judged().inspection);
    let disk = &told["machines"][0]["disks"][0];
    let at = |path: &str| estate.root().join(path).to_string_lossy().into_owned();
    assert_eq!((&disk["image_status"], &disk["path"]), (&"found".into(), &at(live).into()));
    assert_eq!((&disk["rivals"], &disk["rivals_left_out_count"]), (&[at("old/web.vhdx")][..].into(), &0.into()));
    assert_eq!(disk["candidates"], serde_json::json!([]));
}
