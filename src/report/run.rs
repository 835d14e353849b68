//! What is true of one run alone. Everything else in a report depends on the files only.

use jiff::Timestamp;

/// Facts about the run, which stand in one header, apart from the results.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// The command line, without the program's own name, lossily.
    pub arguments: Vec<String>,
    /// When the run started.
    pub started: Timestamp,
    /// When the results were ready.
    pub finished: Timestamp,
    /// The moment from which ages count.
    pub as_of: Timestamp,
    /// Name of the computer, where the system tells.
    pub host: Option<String>,
}

impl RunFacts {
    /// Facts about a run of this process that starts at `now`; ages count from `as_of`, else from `now`.
    pub fn start(now: Timestamp, as_of: Option<Timestamp>) -> Self {
        let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect();
        Self { arguments, started: now, finished: now, as_of: as_of.unwrap_or(now), host: host() }
    }
}

#[cfg(unix)]
fn host() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if name.is_empty() { None } else { Some(name) }
}

#[cfg(not(unix))]
fn host() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}
