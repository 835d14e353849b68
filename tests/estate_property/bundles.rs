//! The same estates, scanned in parts: what the bundles tell together is what one scan over all of it tells.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use proptest::prelude::*;

use vhdxray::Error;
use vhdxray::chain::Scope;
use vhdxray::chain::windows_path::PathMap;
use vhdxray::checks::CheckSet;
use vhdxray::estate::{FoundFile, Inventory, NamedPath, Origin, OriginNo};
use vhdxray::format::vhdx::bat::PayloadState;
use vhdxray::image::{BlockCounts, DiskFacts, DiskType, FileKind, KindBy};
use vhdxray::inspect::{Gathered, Inspection, Looked};
use vhdxray::source::{FileId, FileStamp};
use vhdxray::testkit::rng::Rng;
use vhdxray::units::{ByteLen, FileOffset};

use crate::random::{Disk, Estate, at};
use crate::split;

/// The folders that are scanned one by one.
fn folders(estate: &Estate) -> BTreeSet<PathBuf> {
    let folder = |path: &Path| path.parent().expect("it lies in a folder").to_owned();
    let disks = estate.disks.iter().filter(|disk| !disk.deleted).map(|disk| folder(&disk.now_at));
    disks.chain(estate.configurations().iter().map(|(path, _)| folder(path))).collect()
}

/// What a walk through some of the folders finds.
fn scan(estate: &Estate, folders: &BTreeSet<PathBuf>) -> Inspection {
    let mut files: BTreeMap<PathBuf, FoundFile> = BTreeMap::new();
    for disk in estate.disks.iter().filter(|disk| !disk.deleted) {
        files.entry(disk.now_at.clone()).or_insert_with(|| found_disk(estate, disk));
    }
    for (path, configuration) in estate.configurations() {
        let configuration = Some(Box::new(configuration));
        files.insert(path.clone(), FoundFile { configuration, ..found(path, FileKind::Vmcx) });
    }
    let mut inventory = Inventory::default();
    for (number, mut file) in (1..).zip(files.into_values()) {
        file.id = Some(FileId::new(1, number));
        if folders.iter().any(|folder| file.path.starts_with(folder)) {
            inventory.files.push(file);
        }
    }
    inventory.origins = vec![Origin::here(Some(as_of()))];
    let mut scope = Scope::default();
    for folder in folders {
        scope.add_below(folder);
    }
    let named_paths = folders.iter().map(|path| NamedPath { origin: OriginNo::default(), path: path.clone() });
    let gathered = Gathered {
        inventory,
        named_paths: named_paths.collect(),
        looked: Looked { scope, maps: vec![PathMap::default()], ..Looked::default() },
        ..Gathered::default()
    };
    Inspection::of(gathered, &CheckSet::of(|_| true))
}

fn as_of() -> Timestamp {
    at("2026-11-25T00:00:00Z")
}

fn found(path: PathBuf, kind: FileKind) -> FoundFile {
    let modified = SystemTime::try_from(at("2026-01-01T00:00:00Z")).ok();
    let stamp = FileStamp { size: ByteLen::mib(4), allocated: Some(ByteLen::mib(2)), modified };
    FoundFile { kind, kind_by: KindBy::Content, stamp: Some(stamp), ..FoundFile::new(path) }
}

fn found_disk(estate: &Estate, disk: &Disk) -> FoundFile {
    let mut file = found(disk.now_at.clone(), FileKind::Vhdx);
    let reference = estate.reference(disk);
    if disk.damaged {
        file.error = Some(Error::malformed("header 1", FileOffset(65536), "no signature"));
        file.disk = Some(Box::default());
        return file;
    }
    let mut counts = BlockCounts::default();
    counts.add_blocks(PayloadState::FullyPresent, u64::from(!disk.identity.as_u128().is_multiple_of(3)));
    file.blocks = Some(Box::new(Ok(counts)));
    file.disk = Some(Box::new(DiskFacts {
        disk_type: Some(if reference.is_some() { DiskType::Differencing } else { DiskType::Dynamic }),
        virtual_size: Some(ByteLen::mib(16)),
        virtual_disk_id: Some(disk.virtual_id),
        data_write_guid: Some(disk.identity),
        header_guids: vec![disk.identity],
        reference: reference.map(Ok),
        ..DiskFacts::default()
    }));
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bundles_of_a_split_estate_tell_what_one_scan_tells(seed: u64, parts in 2_usize..4) {
        let estate = Estate::random(seed);
        let all = folders(&estate);
        let whole = scan(&estate, &all);
        let mut rng = Rng::new(seed ^ 1);
        let mut split_up = vec![BTreeSet::new(); parts];
        for folder in all {
            let part = usize::try_from(rng.below(parts as u64)).expect("a small number");
            split_up[part].insert(folder);
        }
        // One of the parts twice: the same bundle tells nothing new.
        split_up.push(split_up[0].clone());
        let bundle = |folders| split::bundled("part.vxb", "host", as_of(), &scan(&estate, folders));
        split::assert_same(&whole, split_up.iter().map(bundle).collect());
    }
}
