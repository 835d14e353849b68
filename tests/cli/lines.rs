//! `--format ndjson`: the same facts as `--format json`, files while others are still being read, and a last line that
//! says that all is there.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, PipeWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

use serde_json::{Map, Value, json};

use vhdxray::estate::{FoundFile, Progress, ReadOptions, Silent, Volume};
use vhdxray::inspect::{Request, Stream, inspect, inspect_streaming};
use vhdxray::report::RunFacts;
use vhdxray::report::json::{ScanLines, write_scan_lines};

use crate::support::{Tree, base, child};

/// What tells a file from all others.
const NAME: [&str; 4] = ["host", "bundle", "path", "path_raw_hex"];

type Name = [Value; 4];

fn name(line: &Map<String, Value>) -> Name {
    NAME.map(|key| line.get(key).cloned().unwrap_or_default())
}

/// The lines of one type without what says that, sorted as they came.
pub(super) fn of_type(lines: &[Value], wanted: &str) -> Vec<Map<String, Value>> {
    let lines = lines.iter().filter(|line| line["type"] == wanted);
    let untyped = lines.map(|line| {
        let mut line = line.as_object().unwrap().clone();
        line.remove("type");
        line
    });
    untyped.collect()
}

/// `files[]` of the one object, put together from the lines by the rule that is documented, by what tells each from the
/// others.
pub(super) fn files(lines: &[Value]) -> BTreeMap<String, Value> {
    let mut files: Vec<(Name, Map<String, Value>)> = Vec::new();
    for mut file in of_type(lines, "file") {
        file.insert("other_paths".to_owned(), json!([]));
        file.insert("verdict".to_owned(), Value::Null);
        if let Some(image) = file["image"].as_object_mut() {
            image.insert("contents".to_owned(), Value::Null);
        }
        files.push((name(&file), file));
    }
    let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
    for (number, (name, _)) in files.iter().enumerate() {
        assert!(by_name.insert(format!("{name:?}"), number).is_none(), "{name:?} came twice");
    }
    let place = |name: &Name| by_name[&format!("{name:?}")];
    for line in of_type(lines, "other_path") {
        let mut first = name(&line);
        first[2] = line["same_as"].clone();
        first[3] = line.get("same_as_raw_hex").cloned().unwrap_or_default();
        let file = &mut files[place(&first)].1;
        file["other_paths"].as_array_mut().unwrap().push(line["path"].clone());
    }
    for kind in ["link", "contents", "verdict"] {
        for mut line in of_type(lines, kind) {
            let file = &mut files[place(&name(&line))].1;
            for key in NAME {
                line.remove(key);
            }
            match kind {
                "link" => {
                    let image = file["image"].as_object_mut().unwrap();
                    let found = line.remove("parent").unwrap();
                    assert_eq!(found.is_null(), image["parent"].is_null());
                    if let Value::Object(found) = found {
                        image["parent"].as_object_mut().unwrap().extend(found);
                    }
                    image.extend(line);
                }
                "contents" => file["image"]["contents"] = Value::Object(line),
                _ => file["verdict"] = Value::Object(line),
            }
        }
    }
    files.into_iter().map(|(name, file)| (format!("{name:?}"), Value::Object(file))).collect()
}

/// The same of the one object.
pub(super) fn files_of_object(whole: &Value) -> BTreeMap<String, Value> {
    let files = whole["files"].as_array().unwrap().iter();
    files.map(|file| (format!("{:?}", name(file.as_object().unwrap())), file.clone())).collect()
}

pub(super) fn parsed(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Chains of two in folders, with what is no disk between them, and a disk that one of them needs and that is not below
/// `here`.
fn tree(disks: u64) -> Tree {
    let tree = Tree::new();
    for number in 0..disks {
        let parent = base(2 * number + 1);
        tree.put(format!("here/{number:03}/a.vhdx"), &parent);
        tree.put(format!("here/{number:03}/b.avhdx"), &child(&parent, "a.vhdx", 2 * number + 2));
        tree.put_bytes(format!("here/{number:03}/notes.txt"), b"text");
    }
    let away = base(1000);
    tree.put("away/away.vhdx", &away);
    tree.put_bytes("away/unneeded.vhdx", b"");
    tree.put("here/leaf.avhdx", &child(&away, "away.vhdx", 1001));
    std::fs::hard_link(tree.join("here/000/a.vhdx"), tree.join("here/linked.vhdx")).unwrap();
    // Comes before the path that is named, and leads to the same file.
    std::fs::hard_link(tree.join("here/leaf.avhdx"), tree.join("away/leaf.avhdx")).unwrap();
    tree
}

const SCAN: [&str; 7] = ["scan", "here", "--search", "away", "--format", "ndjson", "--as-of=2026-11-25T22:00:00Z"];

#[test]
fn the_lines_are_the_same_however_many_files_are_read_at_once() {
    let tree = tree(6);
    let run = |jobs: &str| {
        let run = tree.run(SCAN.iter().chain(&["--jobs", jobs]));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""));
        let lines: Vec<String> = run.stdout.lines().map(str::to_owned).collect();
        let kinds: Vec<Value> = parsed(&run.stdout).iter().map(|line| line["type"].clone()).collect();
        let of_run = |kind: &Value| kind == "run" || kind == "end" || kind == "volume";
        assert_eq!((&kinds[0], kinds.last().unwrap()), (&json!("run"), &json!("end")));
        lines.into_iter().zip(kinds).filter(|(_, kind)| !of_run(kind)).map(|(line, _)| line).collect::<Vec<_>>()
    };
    let one = run("1");
    assert_eq!(one, run("2"));
    assert_eq!(one, run("16"));
    let found = parsed(&one.join("\n"));
    let paths: Vec<&str> =
        found.iter().filter(|line| line["type"] == "file").map(|line| line["path"].as_str().unwrap()).collect();
    // In order; the one that was only searched for comes last, and the one that nothing needs not at all.
    assert_eq!(paths.len(), 3 * 6 + 2);
    assert!(paths[..19].is_sorted(), "{paths:?}");
    assert_eq!(paths[18..], ["here/leaf.avhdx", "away/away.vhdx"]);
    let same: Vec<[&str; 2]> = found
        .iter()
        .filter(|line| line["type"] == "other_path")
        .map(|line| ["path", "same_as"].map(|key| line[key].as_str().unwrap()))
        .collect();
    assert_eq!(same, [["away/leaf.avhdx", "here/leaf.avhdx"], ["here/linked.vhdx", "here/000/a.vhdx"]]);
}

#[test]
fn files_and_what_is_told_of_them_later_are_the_files_of_the_one_object() {
    let tree = tree(3);
    let lines = parsed(&tree.run(SCAN).stdout);
    let whole = tree.run(SCAN.iter().map(|word| if *word == "ndjson" { "json" } else { word })).json();
    assert_eq!(files(&lines), files_of_object(&whole));
    for (kind, list) in [("chain", "chains"), ("machine", "machines"), ("finding", "findings")] {
        assert_eq!(json!(of_type(&lines, kind)), whole[list], "{kind}");
    }
    assert_eq!(json!(of_type(&lines, "summary")), json!([whole["summary"]]));
    let (run, end) = (&lines[0], lines.last().unwrap());
    assert!(run["finished"].is_null() && run["coverage"].is_null(), "{run}");
    assert_eq!(end["coverage"], whole["run"]["coverage"]);
    assert_eq!(end["interrupted"], false);
}

#[test]
fn a_scan_that_is_over_is_written_in_the_same_lines() {
    let tree = tree(3);
    let facts = RunFacts { host: None, ..RunFacts::start("2026-11-25T22:00:00Z".parse().unwrap(), None) };
    let request = || Request { paths: vec![tree.path().join("here")], ..Request::default() };
    let lines = ScanLines::new(facts.clone(), true, Vec::new());
    let inspection = inspect_streaming(&request(), &Silent, &lines);
    let streamed = String::from_utf8(lines.finish(&inspection, &facts).unwrap()).unwrap();
    let mut written = Vec::new();
    write_scan_lines(&inspect(&request(), &Silent), &facts, &mut written).unwrap();
    let of_volume = |line: &&str| !line.starts_with("{\"type\":\"volume\"");
    let mut written: Vec<&str> = std::str::from_utf8(&written).unwrap().lines().filter(of_volume).collect();
    let mut streamed: Vec<&str> = streamed.lines().filter(of_volume).collect();
    // The paths of a file that is reached twice come in their turn, or with it.
    written.sort_unstable();
    streamed.sort_unstable();
    assert_eq!(streamed, written);
}

/// Holds back the last file until the other end of the pipe has seen the first.
struct Gate {
    lines: ScanLines<PipeWriter>,
    last: PathBuf,
    seen: Mutex<mpsc::Receiver<String>>,
}

impl Stream for Gate {
    fn begin(&self, volumes: &[Volume]) {
        self.lines.begin(volumes);
    }

    fn make(&self, file: &FoundFile) -> Vec<u8> {
        if file.path == self.last {
            let seen = self.seen.lock().unwrap().recv_timeout(Duration::from_mins(2));
            assert!(seen.expect("the first file is not told of before the last is read").contains("000/a.vhdx"));
        }
        self.lines.make(file)
    }

    fn file(&self, made: &[u8]) {
        self.lines.file(made);
    }

    fn other_path(&self, file: &FoundFile, path: &Path) {
        self.lines.other_path(file, path);
    }

    fn pause(&self) {
        self.lines.pause();
    }

    fn is_closed(&self) -> bool {
        self.lines.is_closed()
    }

    fn is_last(&self) -> bool {
        self.lines.is_last()
    }
}

#[test]
fn the_first_file_is_told_of_before_the_last_is_read() {
    let tree = tree(3);
    for jobs in [1, 2, 16] {
        let (reader, writer) = io::pipe().unwrap();
        let (tell, seen) = mpsc::channel();
        let listener = std::thread::spawn(move || {
            let mut kinds = Vec::new();
            for line in BufReader::new(reader).lines() {
                let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
                if line["type"] == "file" && !kinds.contains(&json!("file")) {
                    let _ = tell.send(line["path"].as_str().unwrap().to_owned());
                }
                kinds.push(line["type"].clone());
            }
            kinds
        });
        let facts = RunFacts::start("2026-11-25T22:00:00Z".parse().unwrap(), None);
        let here = tree.path().join("here");
        let gate = Gate {
            lines: ScanLines::new(facts.clone(), true, writer),
            last: here.join("leaf.avhdx"),
            seen: Mutex::new(seen),
        };
        let read = ReadOptions { jobs, ..ReadOptions::default() };
        let request = Request { paths: vec![here], read, ..Request::default() };
        let inspection = inspect_streaming(&request, &Silent, &gate);
        drop(gate.lines.finish(&inspection, &facts).unwrap());
        assert_eq!(listener.join().unwrap().last().unwrap(), "end");
    }
}

/// Takes so many bytes and no more.
struct Short(usize, Vec<u8>);

impl Write for Short {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.1.len() + bytes.len() > self.0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.1.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Count(AtomicUsize);

impl Progress for Count {
    fn read(&self, done: usize, _total: usize) {
        self.0.fetch_max(done, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        false
    }
}

#[test]
fn a_scan_whose_lines_nobody_takes_ends_early() {
    let tree = tree(6);
    let facts = RunFacts::start("2026-11-25T22:00:00Z".parse().unwrap(), None);
    let read = ReadOptions { jobs: 1, ..ReadOptions::default() };
    let request = Request { paths: vec![tree.path().join("here")], read, ..Request::default() };
    for (is_last, early) in [(true, true), (false, false)] {
        let lines = ScanLines::new(facts.clone(), is_last, Short(6000, Vec::new()));
        let count = Count(AtomicUsize::new(0));
        let inspection = inspect_streaming(&request, &count, &lines);
        assert_eq!(count.0.load(Ordering::Relaxed) < 3 * 6 + 2, early);
        assert_eq!(inspection.interrupted, early);
        let error = lines.finish(&inspection, &facts).map(|short| short.1).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}

#[cfg(unix)]
#[test]
fn what_was_cut_short_has_no_last_line() {
    let tree = tree(60);
    let mut running = tree.command().args(SCAN).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut taken = String::new();
    let mut lines = BufReader::new(running.stdout.take().unwrap());
    for _ in 0..3 {
        lines.read_line(&mut taken).unwrap();
    }
    // More than a pipe holds is still to come.
    drop(lines);
    let mut said = String::new();
    running.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((running.wait().unwrap().code(), said.as_str()), (Some(0), ""));
    let taken = parsed(&taken);
    assert_eq!(taken[0]["type"], "run");
    assert!(taken.iter().all(|line| line["type"] != "end"));
}

#[test]
fn a_report_below_what_is_scanned_is_none_of_its_files() {
    let tree = tree(1);
    assert_eq!(tree.run(SCAN.iter().chain(&["-o", "here/report.ndjson"])).status, 0);
    let lines = parsed(&std::fs::read_to_string(tree.path().join("here/report.ndjson")).unwrap());
    assert_eq!(lines.last().unwrap()["type"], "end");
    let paths: Vec<Value> = of_type(&lines, "file").into_iter().map(|mut file| file.remove("path").unwrap()).collect();
    assert!(paths.len() > 3 && !paths.contains(&json!("here/report.ndjson")), "{paths:?}");
}
