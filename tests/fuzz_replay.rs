//! The bodies of the fuzz targets over their seeds and over every input that once broke something, without a fuzzer.
#![cfg(feature = "testkit")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says where"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use vhdxray::testkit::fuzz::{TARGETS, Target};
use vhdxray::testkit::rng::Rng;

/// The longest input: a corpus is read by people and by every clone.
const MOST_BYTES: u64 = 8 << 10;
/// Set to write the seeds anew.
const UPDATE: &str = "VHDXRAY_UPDATE_SEEDS";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn folder(target: &Target) -> PathBuf {
    root().join("testdata/corpus").join(target.name)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn contents(path: &Path) -> Vec<u8> {
    let length = fs::metadata(path).unwrap().len();
    assert!(length <= MOST_BYTES, "{} is {length} bytes long", path.display());
    let mut bytes = Vec::new();
    fs::File::open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// Runs a body, and names the input if it panics.
fn run(target: &Target, what: &str, input: &[u8]) {
    if let Err(panic) = std::panic::catch_unwind(|| (target.body)(input)) {
        eprintln!("{}: {what}", target.name);
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn every_input_of_the_corpus() {
    for target in TARGETS {
        for name in names(&folder(&target)) {
            run(&target, &name, &contents(&folder(&target).join(&name)));
        }
    }
}

#[test]
fn every_seed_cut_short_and_with_single_bytes_changed() {
    for target in TARGETS {
        for (name, seed) in (target.seeds)() {
            let mut rng = Rng::new(seed.len() as u64);
            for number in 0..12 {
                let mut input = seed.clone();
                for _ in 0..number % 3 {
                    let at = usize::try_from(rng.below(seed.len() as u64)).unwrap();
                    if let Some(byte) = input.get_mut(at) {
                        *byte = u8::try_from(rng.below(256)).unwrap();
                    }
                }
                if number % 4 == 0 {
                    input.truncate(usize::try_from(rng.below(seed.len() as u64 + 1)).unwrap());
                }
                run(&target, &format!("{name}, change {number}"), &input);
            }
        }
    }
}

#[test]
fn the_seeds_are_those_of_the_testkit() {
    let mut wrong = Vec::new();
    for target in TARGETS {
        for (name, seed) in (target.seeds)() {
            let path = folder(&target).join(name);
            if std::env::var_os(UPDATE).is_some() {
                fs::create_dir_all(folder(&target)).unwrap();
                fs::write(&path, &seed).unwrap();
            } else if !path.is_file() || contents(&path) != seed {
                wrong.push(path.display().to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "set {UPDATE}=1 to write these anew: {wrong:#?}");
}

#[test]
fn the_targets_are_those_of_the_fuzz_workspace() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let sources = names(&root().join("fuzz/fuzz_targets"));
    assert_eq!(sources, targets.iter().map(|name| format!("{name}.rs")).collect());
    assert_eq!(names(&root().join("testdata/corpus")), targets);
    for name in targets {
        let source = String::from_utf8(contents(&root().join(format!("fuzz/fuzz_targets/{name}.rs")))).unwrap();
        assert!(source.contains(&format!("vhdxray::testkit::fuzz::{name}(data)")), "{name}.rs calls another body");
    }
}
