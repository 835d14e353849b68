//! What several hosts saw, as one estate: shares that all of them have, paths that are alike, clocks that are not.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use vhdxray::bundle::{self, About, Bundle, BundleArgument, Corrections, correlate};
use vhdxray::checks::{CheckSet, Cost};
use vhdxray::estate::verdict::Verdict;
use vhdxray::estate::{AttachedBy, FoundFile, Silent};
use vhdxray::inspect::{Inspection, Request, inspect};
use vhdxray::testkit::hvs::{Bus, Machine};

use crate::kit::{Estate, recorded, scsi};
use crate::split;

const DISKS: &str = "web/Virtual Hard Disks";
const CONFIGS: &str = "web/Virtual Machines";
const LATER: &str = "2100-01-01T00:00:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// What `host` writes down of a folder.
fn scanned(bundle: &str, host: &str, folder: &Path, as_of: Timestamp) -> Bundle {
    let request = Request { paths: vec![folder.to_owned()], as_of: Some(as_of), ..Request::default() };
    split::bundled(bundle, host, as_of, &inspect(&request, &Silent))
}

fn together(bundles: Vec<Bundle>) -> Inspection {
    correlate(bundles, &Corrections::default()).expect("no map is wrong")
}

#[track_caller]
fn find<'a>(inspection: &'a Inspection, wanted: &str) -> (&'a FoundFile, &'a Verdict) {
    let found =
        inspection.files().find(|(_, file)| inspection.inventory.shown(file.origin, &file.path).ends_with(wanted));
    let (number, file) = found.unwrap_or_else(|| panic!("there is no {wanted}"));
    (file, inspection.verdict(number).expect("it has a verdict"))
}

fn class_of(inspection: &Inspection, wanted: &str) -> (&'static str, &'static str) {
    let (_, verdict) = find(inspection, wanted);
    (verdict.class.name(), verdict.confidence.name())
}

/// A machine with a checkpoint, and a disk that nobody needs.
fn estate(name: &str) -> Estate {
    let mut estate = Estate::new();
    // Each estate has machines and disks of its own.
    for _ in 0..name.len() * 7 {
        estate.guid();
    }
    let id = estate.guid();
    let base = estate.disk(&format!("{DISKS}/web.vhdx"));
    let leaf = format!("{DISKS}/web_1.avhdx");
    estate.child(&leaf, &base, "web.vhdx");
    estate.disk(&format!("{DISKS}/old.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, name), &[scsi(0, &leaf)]);
    estate.put_list();
    estate
}

#[cfg(unix)]
#[test]
fn a_share_that_two_nodes_scan_is_one_share() {
    let estate = estate("web");
    let mount = tempfile::tempdir().expect("a folder can be made");
    let other = mount.path().join("csv");
    std::os::unix::fs::symlink(estate.root(), &other).expect("a link can be made");
    let alone = together(vec![scanned("a.vxb", "node1", estate.root(), time(LATER))]);
    let both = together(vec![
        scanned("a.vxb", "node1", estate.root(), time(LATER)),
        scanned("b.vxb", "node2", &other, time("2100-01-02T00:00:00Z")),
    ]);
    assert_eq!(both.inventory.files.len(), alone.inventory.files.len());
    assert_eq!((both.chains.len(), both.machines.all.len()), (alone.chains.len(), alone.machines.all.len()));
    for (number, file) in both.files() {
        assert_eq!((file.origin.0, file.elsewhere.len()), (1, 1), "the later facts, and both paths: {file:?}");
        let class = |verdict: &Verdict| (verdict.class, verdict.confidence);
        let same = alone.files().find(|(_, known)| known.id == file.id).expect("it was seen alone");
        let (verdict, expected) = (both.verdict(number), alone.verdict(same.0));
        assert_eq!(verdict.map(class), expected.map(class), "{verdict:#?} {expected:#?}");
    }
    assert_eq!(class_of(&both, "web_1.avhdx"), ("uncheckpointed_chain", "probable"));
    assert_eq!(class_of(&both, "old.vhdx"), ("deleted_machine_disk", "probable"));
}

/// Between the two scans the machine went on writing.
#[cfg(unix)]
#[test]
fn a_disk_in_use_is_one_file_although_it_changed() {
    let mut estate = Estate::new();
    let id = estate.guid();
    let disk = estate.disk(&format!("{DISKS}/web.vhdx"));
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[scsi(0, &format!("{DISKS}/web.vhdx"))]);
    let first = scanned("a.vxb", "node1", estate.root(), time(LATER));
    estate.written_to(&format!("{DISKS}/web.vhdx"), &disk);
    let mount = tempfile::tempdir().expect("a folder can be made");
    let other = mount.path().join("csv");
    std::os::unix::fs::symlink(estate.root(), &other).expect("a link can be made");
    let both = together(vec![first, scanned("b.vxb", "node2", &other, time(LATER))]);
    assert_eq!(both.inventory.files.len(), 2);
    assert_eq!(class_of(&both, "web.vhdx").0, "active_leaf");
}

/// A copy that keeps the times of its original cannot be told from it on a share that numbers files for each host.
#[test]
fn a_copy_on_another_host_is_never_surely_one() {
    let estate = estate("web");
    let copy = tempfile::tempdir().expect("a folder can be made");
    copy_tree(estate.root(), copy.path());
    let both = together(vec![
        scanned("a.vxb", "node1", estate.root(), time(LATER)),
        scanned("b.vxb", "node2", copy.path(), time(LATER)),
    ]);
    assert_eq!(both.inventory.files.len(), 10, "they are told apart");
    let copies: Vec<&Verdict> =
        both.verdicts.iter().flatten().filter(|verdict| verdict.class.name() == "copy").collect();
    assert!(!copies.is_empty());
    for copy in copies {
        assert!(copy.confidence.name() == "possible" || copy.confidence.name() == "unknown", "{copy:#?}");
        assert!(copy.reasons.iter().any(|reason| reason.contains("one file on storage that two hosts share")));
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).expect("a folder can be made");
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a file can be copied");
            let written = entry.metadata().and_then(|metadata| metadata.modified()).expect("a time");
            let copy = File::options().write(true).open(&target).expect("the copy");
            copy.set_modified(written).expect("a time can be set");
        }
    }
}

/// Both hosts keep their machines in the same folders, and each has disks of its own there.
#[test]
fn alike_paths_of_two_hosts_are_two_files() {
    for hosts in [["host1", "host2"], ["localhost", "localhost"]] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let bundles = [("a.vxb", "web", hosts[0]), ("b.vxb", "mail server", hosts[1])].map(|(bundle, name, host)| {
            let root = folder.path().join("d");
            fs::create_dir(&root).expect("a folder can be made");
            copy_tree(estate(name).root(), &root);
            let bundle = scanned(bundle, host, &root, time(LATER));
            fs::remove_dir_all(root).expect("the folder is there");
            bundle
        });
        let both = together(bundles.into());
        assert!(both.inventory.has_several_hosts());
        // The folder and the names of the disks are the same; the files of the machines are named by their ids.
        assert_eq!(both.inventory.files.len(), 10);
        for (_, machine) in both.machines.iter() {
            let disk = machine.disks[0].file().and_then(|file| both.file(file)).expect("its disk was found");
            let own = both.file(machine.file).expect("its file");
            assert_eq!(disk.origin, own.origin, "{}", machine.title());
            assert_eq!(machine.disks[0].found.found_by, Some(AttachedBy::DisksBeside));
        }
        for chain in &both.chains {
            let origins = chain.files.iter().filter_map(|file| Some(both.file(*file)?.origin));
            assert_eq!(origins.collect::<std::collections::BTreeSet<_>>().len(), 1);
        }
        let shown: Vec<String> =
            both.inventory.files.iter().map(|file| both.inventory.shown(file.origin, &file.path)).collect();
        let distinct: std::collections::BTreeSet<&String> = shown.iter().collect();
        assert_eq!(distinct.len(), shown.len(), "{shown:#?}");
    }
}

#[test]
fn ages_count_by_the_clock_of_the_run_that_saw_the_file() {
    let (fresh, old) = (estate("web"), estate("mail server"));
    let now = Timestamp::now();
    let soon = now.checked_add(SignedDuration::from_mins(30)).expect("a time");
    let both = together(vec![
        scanned("a.vxb", "host1", fresh.root(), soon),
        scanned("b.vxb", "host2", old.root(), time(LATER)),
    ]);
    let unneeded: Vec<(usize, &Verdict)> = both
        .files()
        .filter(|(_, file)| file.path.ends_with("old.vhdx"))
        .map(|(number, file)| (file.origin.0, both.verdict(number).expect("a verdict")))
        .collect();
    assert_eq!(unneeded.len(), 2);
    for (origin, verdict) in unneeded {
        let is_fresh = verdict.reasons.iter().any(|reason| reason.contains("within the last hour"));
        assert_eq!((is_fresh, verdict.confidence.name() == "unknown"), (origin == 0, origin == 0), "{verdict:#?}");
    }
}

/// What a host said of its machines a month ago tells nothing of disks that were written to since.
#[test]
fn configurations_that_were_read_before_a_disk_was_written_to() {
    let host = estate("web");
    let mut share = Estate::new();
    let base = share.disk("new/new.vhdx");
    share.child("new/new_1.avhdx", &base, "new.vhdx");
    share.written_at("new/new_1.avhdx", "2026-03-01T00:00:00Z");
    for (read, confidence) in [("2026-02-01T00:00:00Z", "possible"), ("2026-04-01T00:00:00Z", "confirmed")] {
        let both = together(vec![
            scanned("a.vxb", "host1", host.root(), time(read)),
            scanned("b.vxb", "nas", share.root(), time("2026-05-01T00:00:00Z")),
        ]);
        let (_, verdict) = find(&both, "new_1.avhdx");
        assert_eq!((verdict.class.name(), verdict.confidence.name()), ("unreferenced_linked", confidence));
        let reason = format!("after the configurations of host1 were read ({read})");
        let is_told = verdict.reasons.iter().any(|known| known.contains(&reason));
        assert_eq!(is_told, confidence == "possible", "{verdict:#?}");
    }
}

/// A host runs a machine whose disk lies on another host, and calls it by its share.
#[test]
fn a_map_leads_from_one_host_to_another() {
    let (mut front, mut back) = (Estate::new(), Estate::new());
    let id = front.guid();
    back.disk("store/disk.vhdx");
    back.disk("other/disk.vhdx");
    front.machine(CONFIGS, id, Machine::new(id, "web"), &[(Bus::Scsi(0, 0), r"\\files\vm\disk.vhdx".to_owned())]);
    let bundles = || {
        vec![
            scanned("x/front.vxb", "front", front.root(), time(LATER)),
            scanned("x/back.vxb", "back", back.root(), time(LATER)),
        ]
    };
    let unclear = together(bundles());
    assert_eq!(unclear.machines.all[0].disks[0].file(), None, "two files are called so");
    let names: Vec<PathBuf> = ["x/front.vxb", "x/back.vxb"].map(PathBuf::from).into();
    let rule = format!(r"front.vxb:\\files\vm=back.vxb:{}", back.root().join("store").display());
    let map = vec![BundleArgument::map(&rule, &names).expect("a rule")];
    let clear = correlate(bundles(), &Corrections { map, ..Corrections::default() }).expect("a map");
    let disk = &clear.machines.all[0].disks[0];
    let file = disk.file().and_then(|file| clear.file(file)).expect("it was found");
    assert_eq!((disk.found.found_by, file.path.ends_with("store/disk.vhdx")), (Some(AttachedBy::Map), true));
    assert_eq!(class_of(&clear, "store/disk.vhdx").0, "active_leaf");
}

/// The map of the scan goes with the bundle.
#[test]
fn a_bundle_remembers_its_map() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk("moved/a/disk.vhdx");
    estate.disk("moved/b/disk.vhdx");
    estate.machine(CONFIGS, id, Machine::new(id, "web"), &[(Bus::Scsi(0, 0), recorded("far/disk.vhdx"))]);
    let request = Request {
        paths: vec![estate.root().to_owned()],
        as_of: Some(time(LATER)),
        checks: Some(CheckSet::up_to(Cost::Blocks)),
        map: estate.map("far", "moved/b"),
        ..Request::default()
    };
    let whole = inspect(&request, &Silent);
    assert_eq!(whole.machines.all[0].disks[0].found.found_by, Some(AttachedBy::Map));
    split::assert_same(&whole, vec![split::bundled("a.vxb", "host", time(LATER), &whole)]);
}

/// The parent lies on one host, the child on another: the identity alone leads from one to the other.
#[test]
fn a_chain_over_two_hosts_is_linked_by_identity() {
    let (mut a, mut b) = (Estate::new(), Estate::new());
    let base = a.disk("gold/gold.vhdx");
    b.child("vm/leaf.vhdx", &base, "gold.vhdx");
    let both = together(vec![
        scanned("a.vxb", "host1", a.root(), time(LATER)),
        scanned("b.vxb", "host2", b.root(), time(LATER)),
    ]);
    assert_eq!(both.chains.iter().map(|chain| chain.files.len()).collect::<Vec<_>>(), [2]);
}

/// The disk lies far from its configuration: only the path that the host itself used leads to it.
#[cfg(unix)]
#[test]
fn paths_of_a_windows_host_lead_where_they_led_there() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk("far/1/disk.vhdx");
    estate.disk("far/2/disk.vhdx");
    estate.machine(
        "c/Virtual Machines",
        id,
        Machine::new(id, "web"),
        &[(Bus::Scsi(0, 0), recorded("far/2/disk.vhdx"))],
    );
    let request = Request { paths: vec![estate.root().to_owned()], as_of: Some(time(LATER)), ..Request::default() };
    let whole = inspect(&request, &Silent);
    let mut lines = lines(&whole, "host", time(LATER));
    let root = format!("{}/", estate.root().display());
    let seen = on_windows(&mut lines, &[(&root, r"D:\")]);
    let disk = &seen.machines.all[0].disks[0];
    assert_eq!(disk.found.found_by, Some(AttachedBy::Path));
    let file = disk.file().and_then(|file| seen.file(file)).expect("it was found");
    assert_eq!(file.path, Path::new("D:/far/2/disk.vhdx"));
    assert_eq!(class_of(&seen, "far/1/disk.vhdx").0, "deleted_machine_disk");
}

/// The host itself calls the disk by a share or by its volume, and Hyper-V would look first where an old one lies.
#[cfg(unix)]
#[test]
fn a_share_is_compared_with_what_was_scanned_under_it() {
    let volume = r"\\?\Volume{5f1c2a70-0000-4000-8000-000000000044}\web.vhdx";
    for (path, is_exact) in [
        (r"\\srv\vms\web.vhdx", true),
        (r"\\?\UNC\SRV\vms\web.vhdx", true),
        (volume, false),
        (r"\\srv\old\web.vhdx", false),
    ] {
        let mut estate = Estate::new();
        let id = estate.guid();
        estate.disk("share/web.vhdx");
        estate.disk("c/web/Virtual Hard Disks/web.vhdx");
        let disks = [(Bus::Scsi(0, 0), path.to_owned())];
        estate.machine("c/web/Virtual Machines", id, Machine::new(id, "web"), &disks);
        let request = Request { paths: vec![estate.root().to_owned()], as_of: Some(time(LATER)), ..Request::default() };
        let mut lines = lines(&inspect(&request, &Silent), "host", time(LATER));
        let below = |folder: &str| format!("{}/{folder}/", estate.root().display());
        let seen = on_windows(&mut lines, &[(&below("share"), r"\\srv\vms\"), (&below("c"), r"C:\")]);
        let (live, stale) = (class_of(&seen, "vms/web.vhdx"), class_of(&seen, "Virtual Hard Disks/web.vhdx"));
        if is_exact {
            assert_eq!((live, stale), (("active_leaf", "confirmed"), ("deleted_machine_disk", "possible")), "{path}");
        } else {
            assert_eq!((live, stale), (("active_leaf", "possible"), ("active_leaf", "possible")), "{path}");
        }
    }
}

/// A node's map leads to a disk on a share; whether the share was scanned before or after makes no difference.
#[cfg(unix)]
#[test]
fn a_map_leads_to_a_file_by_any_of_its_paths() {
    let mut estate = Estate::new();
    let id = estate.guid();
    estate.disk("mnt/pool/disk.vhdx");
    estate.disk("conf/Virtual Hard Disks/disk.vhdx");
    estate.put("mnt/pool/disk.vhdx.rct", b"tracking");
    estate.machine("conf", id, Machine::new(id, "web"), &[(Bus::Scsi(0, 0), recorded("far/disk.vhdx"))]);
    estate.put_list();
    let mount = tempfile::tempdir().expect("a folder can be made");
    let share = mount.path().join("share");
    std::os::unix::fs::symlink(estate.root().join("mnt/pool"), &share).expect("a link can be made");
    let node = Request {
        paths: vec![estate.root().to_owned()],
        as_of: Some(time(LATER)),
        map: estate.map("far", "mnt/pool"),
        ..Request::default()
    };
    let node = inspect(&node, &Silent);
    for scanned_at in ["2099-12-31T00:00:00Z", "2100-01-02T00:00:00Z"] {
        let both = together(vec![
            split::bundled("node.vxb", "node", time(LATER), &node),
            scanned("share.vxb", "filer", &share, time(scanned_at)),
        ]);
        assert_eq!(both.machines.all[0].disks[0].found.found_by, Some(AttachedBy::Map));
        let live = if scanned_at < LATER { "pool/disk.vhdx" } else { "share/disk.vhdx" };
        assert_eq!(class_of(&both, live), ("active_leaf", "confirmed"), "{scanned_at}");
        assert_eq!(class_of(&both, "disk.vhdx.rct"), ("companion_in_use", "confirmed"), "{scanned_at}");
        assert_eq!(class_of(&both, "Virtual Hard Disks/disk.vhdx").0, "deleted_machine_disk", "{scanned_at}");
    }
}

/// A file that changed while it was read was written to later than its time says.
#[test]
fn what_changed_while_it_was_read_is_not_old() {
    let estate = estate("web");
    let request = Request { paths: vec![estate.root().to_owned()], as_of: Some(time(LATER)), ..Request::default() };
    let scan = inspect(&request, &Silent);
    for (changed, confidence, reason) in [
        ("old.vhdx", "unknown", "it was written to while it was looked at"),
        (".vmcx", "possible", "changed while read"),
    ] {
        let mut lines = lines(&scan, "host", time(LATER));
        for line in &mut lines {
            if line["path"].as_str().is_some_and(|path| path.ends_with(changed) && !path.ends_with("data.vmcx")) {
                line["changed_while_read"] = true.into();
            }
        }
        let text = lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n");
        let both = together(vec![Bundle::parse(Path::new("w.vxb"), text.as_bytes()).expect("a bundle")]);
        let (_, verdict) = find(&both, "old.vhdx");
        assert_eq!(verdict.confidence.name(), confidence, "{verdict:#?}");
        assert!(verdict.reasons.iter().any(|known| known.contains(reason)), "{verdict:#?}");
    }
}

/// What a bundle tells whose host runs Windows and has these folders under these paths.
#[cfg(unix)]
fn on_windows(lines: &mut [serde_json::Value], folders: &[(&str, &str)]) -> Inspection {
    for line in lines.iter_mut() {
        for (folder, windows) in folders {
            to_windows(line, folder, windows);
        }
    }
    lines[0]["windows"] = true.into();
    let text = lines.iter().fold(String::new(), |text, line| text + &line.to_string() + "\n");
    let bundle = Bundle::parse(Path::new("w.vxb"), text.as_bytes()).expect("a bundle");
    together(vec![bundle])
}

/// Every path below a folder as the host would have had it.
#[cfg(unix)]
fn to_windows(value: &mut serde_json::Value, root: &str, windows: &str) {
    match value {
        serde_json::Value::String(text) => {
            let below = format!("{text}/");
            if let Some(rest) = text.strip_prefix(root).or(below.strip_prefix(root)) {
                *text = format!("{windows}{}", rest.replace('/', "\\"));
            }
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|value| to_windows(value, root, windows)),
        serde_json::Value::Object(object) => object.values_mut().for_each(|value| to_windows(value, root, windows)),
        _ => {}
    }
}

/// The lines of a bundle.
fn lines(inspection: &Inspection, host: &str, as_of: Timestamp) -> Vec<serde_json::Value> {
    let about = About { host: Some(host.to_owned()), started: as_of, finished: as_of, as_of };
    let mut bytes = Vec::new();
    bundle::write_lines(inspection, &about, &mut bytes).expect("memory takes all output");
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).expect("a line of JSON")).collect()
}
