//! What is said on stderr. A line that cannot be written there is lost, for there is nowhere to complain.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::estate::FoundFile;
use crate::image::vhdx::LogState;
use crate::report::text;

use super::options::Global;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Why the command failed, or could not do a part of its work; said even with `--quiet`.
pub fn error(message: &str) {
    say("error", ERROR, message);
}

/// Something worth knowing beside the result.
pub fn warning(global: &Global, message: &str) {
    if !global.quiet {
        say("warning", WARNING, message);
    }
}

/// That a log was replayed in memory, or was not: a dirty log never goes unmentioned.
pub fn dirty_logs<'a>(global: &Global, files: impl Iterator<Item = &'a FoundFile>) {
    for file in files {
        let Some(image) = file.image.as_deref() else { continue };
        let what = match image.log_state() {
            Some(LogState::Dirty) if image.replayed() => {
                "its log is dirty; everything is shown as after its replay, which was done in memory"
            }
            Some(LogState::Dirty) => "its log is dirty; everything is shown as it stands on disk, without the replay",
            // Where this blocks the content, the reason is an error of its own.
            Some(LogState::Corrupt) if image.blockers().is_empty() => {
                "its log should be replayed and cannot be; everything is shown as it stands on disk"
            }
            _ => continue,
        };
        warning(global, &format!("{}: {what}", text::path(&file.path)));
    }
}

/// How the work went, for those who ask with `--verbose`.
pub fn detail(global: &Global, message: &str) {
    if global.verbose && !global.quiet {
        let _ = writeln!(anstream::stderr(), "vhdxray: {message}");
    }
}

fn say(label: &str, style: Style, message: &str) {
    let _ = writeln!(anstream::stderr(), "vhdxray: {style}{label}:{style:#} {message}");
}

/// What a result rests on beside proof; said even with `--quiet`, for the result alone does not tell.
pub fn unproved(message: &str) {
    say("unproved", WARNING, message);
}

/// What a command that writes files did.
pub fn note(message: &str) {
    let _ = writeln!(anstream::stderr(), "vhdxray: {message}");
}
