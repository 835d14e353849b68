//! Runs the command under test and other programs, and never waits for ever.

use std::ffi::OsStr;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longer than anything here takes on a slow machine; past it a program counts as hanging.
const PATIENCE: Duration = Duration::from_mins(5);

/// What a program did.
pub(crate) struct Ran {
    /// The command line, for messages.
    pub(crate) command: String,
    /// Exit status; `None` if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn succeeded(&self) -> bool {
        self.status == Some(0)
    }

    /// Fails with everything the program said unless it succeeded.
    #[track_caller]
    pub(crate) fn expect_success(self) -> Self {
        assert!(self.succeeded(), "{self}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}, in the output of {self}"))
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown: String = self.stdout.chars().take(2000).collect();
        write!(f, "{}\n  status {:?}\n  stdout {shown:?}\n  stderr {:?}", self.command, self.status, self.stderr)
    }
}

/// Runs `vhdxray` with these arguments. A panic or a signal fails the test, whatever was asked.
#[track_caller]
pub(crate) fn vhdxray<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vhdxray"));
    command.args(arguments);
    let ran = run(&mut command);
    assert!(matches!(ran.status, Some(0..=2)), "neither found nothing, found something nor failed: {ran}");
    assert!(!ran.stderr.contains("panicked"), "{ran}");
    ran
}

/// What `vhdxray info --format json` says about one file.
pub(crate) struct Info {
    pub(crate) ran: Ran,
    /// The whole document.
    pub(crate) json: Value,
    /// The file's own entry of `files`.
    pub(crate) entry: Value,
}

impl Info {
    #[track_caller]
    pub(crate) fn of(path: &Path) -> Self {
        Self::with(path, &[])
    }

    #[track_caller]
    pub(crate) fn with(path: &Path, options: &[&str]) -> Self {
        let arguments = ["info", "--format", "json"].iter().chain(options).map(OsStr::new).chain([path.as_os_str()]);
        let ran = vhdxray(arguments);
        let json = ran.json();
        assert_eq!(json["schema"], "vhdxray.info/1", "{ran}");
        let files = json["files"].as_array().unwrap_or_else(|| panic!("no files in {ran}"));
        assert_eq!(files.len(), 1, "one file asked, one entry due: {ran}");
        let entry = files[0].clone();
        Self { ran, json, entry }
    }

    /// The part about the disk; null for what is no disk.
    pub(crate) fn image(&self) -> &Value {
        &self.entry["image"]
    }

    /// Everything the program complains about: standard error, what it could not read, and every note, warning,
    /// problem or finding above info in the document, in lower case.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.collect(false)
    }

    /// The same with what is only worth knowing.
    pub(crate) fn remarks(&self) -> Vec<String> {
        self.collect(true)
    }

    fn collect(&self, info: bool) -> Vec<String> {
        let mut found: Vec<String> = self.ran.stderr.lines().map(str::to_lowercase).collect();
        collect_complaints(&self.json, false, info, &mut found);
        found
    }
}

fn collect_complaints(value: &Value, complaining: bool, info: bool, found: &mut Vec<String>) {
    const NAMES: [&str; 8] = ["error", "notes", "warnings", "findings", "problems", "problem", "reason", "unreadable"];
    match value {
        // What is only worth knowing is no complaint.
        Value::Object(fields) if !info && fields.get("severity").is_some_and(|severity| severity == "info") => {}
        Value::Object(fields) => {
            for (name, value) in fields {
                collect_complaints(value, complaining || NAMES.contains(&name.as_str()), info, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect_complaints(value, complaining, info, found)),
        Value::String(text) if complaining => found.push(text.to_lowercase()),
        _ => {}
    }
}

/// Runs a program to its end; one that does not end fails the test.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Ran {
    let shown = format!("{command:?}");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{shown}: {error}"));
    let stdout = drain(child.stdout.take().expect("standard output is piped"));
    let stderr = drain(child.stderr.take().expect("standard error is piped"));
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().expect("a child of ours can be ended");
            panic!("{shown}: no end after {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(2));
    };
    let text = |thread: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&thread.join().expect("a reader of a pipe ends")).into_owned()
    };
    Ran { command: shown, status: status.code(), stdout: text(stdout), stderr: text(stderr) }
}

fn drain(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}
