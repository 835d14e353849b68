//! Times by case, and their medians side by side.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How much a path does in one go.
#[derive(Clone, Copy)]
pub(crate) enum Amount {
    Bytes(u64),
    Files(u64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Path,
    Limit,
}

struct Entry {
    case: String,
    what: &'static str,
    kind: Kind,
    amount: Amount,
    times: Vec<Duration>,
}

static LEDGER: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// Does something of this crate and notes how long it took. Ratios are taken to the limits of the same case.
pub(crate) fn path<T>(case: &str, what: &'static str, amount: Amount, work: impl FnOnce() -> T) -> T {
    timed(case, what, Kind::Path, amount, work)
}

/// Does what the machine cannot do faster, and notes how long it took.
pub(crate) fn limit<T>(case: &str, what: &'static str, amount: Amount, work: impl FnOnce() -> T) -> T {
    timed(case, what, Kind::Limit, amount, work)
}

fn timed<T>(case: &str, what: &'static str, kind: Kind, amount: Amount, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    let time = start.elapsed();
    let mut ledger = LEDGER.lock().unwrap();
    match ledger.iter_mut().find(|entry| entry.case == case && entry.what == what) {
        Some(entry) => entry.times.push(time),
        None => ledger.push(Entry { case: case.to_owned(), what, kind, amount, times: vec![time] }),
    }
    result
}

impl Entry {
    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    }

    fn fastest(&self) -> f64 {
        self.times.iter().min().map_or(0.0, Duration::as_secs_f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "figures of three digits")]
    fn rate(&self) -> String {
        match self.amount {
            Amount::Bytes(bytes) => format!("{:.2} GB/s", bytes as f64 / self.median() / 1e9),
            Amount::Files(files) => {
                let each = self.median() / files as f64 * 1e6;
                format!("{:.0} files/s, {each:.1} µs a file", files as f64 / self.median())
            }
        }
    }
}

/// One line a path and limit: medians, and the path's time in times the limit's; the same of the fastest runs, which
/// other work on the machine disturbs less.
pub(crate) fn print() {
    let ledger = LEDGER.lock().unwrap();
    let mut paths: Vec<&Entry> = ledger.iter().filter(|entry| entry.kind == Kind::Path).collect();
    if paths.is_empty() {
        return;
    }
    paths.sort_by_key(|path| ledger.iter().position(|entry| entry.case == path.case));
    println!("\n{:<28} {:<22} {:>11}  {:<30} ratio to a limit of the same run", "case", "path", "median", "rate");
    println!("{:95} medians  fastest", "");
    for path in paths {
        let mut start =
            format!("{:<28} {:<22} {:>11}  {:<30}", path.case, path.what, milliseconds(path.median()), path.rate());
        for limit in ledger.iter().filter(|entry| entry.kind == Kind::Limit && entry.case == path.case) {
            let (median, fastest) = (path.median() / limit.median(), path.fastest() / limit.fastest());
            println!("{start} {median:7.2}  {fastest:7.2}  {} ({})", limit.what, milliseconds(limit.median()));
            start = " ".repeat(94);
        }
        if !start.trim().is_empty() {
            println!("{start}");
        }
    }
}

/// One line: how many times as long the same takes in one case as in another.
pub(crate) fn print_beside(what: &str, case: &str, other: &str) {
    let ledger = LEDGER.lock().unwrap();
    let find = |case: &str| ledger.iter().find(|entry| entry.case == case && entry.what == what);
    if let (Some(one), Some(other_one)) = (find(case), find(other)) {
        let (median, fastest) = (one.median() / other_one.median(), one.fastest() / other_one.fastest());
        println!("{case} to {other}: medians {median:.2}, fastest {fastest:.2}");
    }
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.3} ms", seconds * 1e3)
}
