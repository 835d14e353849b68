//! How a run goes on: a bar on a terminal for what takes over a second, and Ctrl-C.

use std::io::{self, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::estate;
use crate::inspect::{self, Inspection, Request, Stream};

use super::Exit;
use super::options::Global;

/// How long a run may take before a bar is shown.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);

/// Watches one run. Ctrl-C ends the process at once, saying what was done; nothing is left behind, for nothing but
/// a stream that then has no last line is written before the end.
#[derive(Debug)]
pub struct Watch {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    done: AtomicUsize,
    total: AtomicUsize,
    over: AtomicBool,
    /// Whether something is reported while files are read.
    streaming: bool,
    bar: OnceLock<ProgressBar>,
}

impl Watch {
    /// Starts to watch.
    pub fn start(global: &Global) -> Self {
        Self::of(global, false)
    }

    /// Starts to watch a run that reports files while it reads others.
    pub fn start_streaming(global: &Global) -> Self {
        Self::of(global, true)
    }

    fn of(global: &Global, streaming: bool) -> Self {
        let state = Arc::new(State {
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            streaming,
            bar: OnceLock::new(),
        });
        let interrupted = Arc::clone(&state);
        // Without a handler Ctrl-C still ends the process, only without a word.
        let _ = ctrlc::set_handler(move || interrupted.end_at_once());
        if !global.quiet && !global.no_progress && io::stderr().is_terminal() {
            let shown = Arc::clone(&state);
            thread::spawn(move || shown.show());
        }
        Self { state }
    }
}

/// Looks at everything that is requested, watched. What was found is not given back: the process ends when it was
/// reported, and the system takes all its memory at once, while giving back the hundreds of thousands of pieces that
/// large estates consist of takes a tenth of the time of their scan.
pub(super) fn inspect(request: &Request, global: &Global) -> ManuallyDrop<Inspection> {
    let watch = Watch::start(global);
    ManuallyDrop::new(inspect::inspect(request, &watch))
}

/// The same, and hands the files on while others are being read.
pub(super) fn inspect_streaming(request: &Request, global: &Global, stream: &dyn Stream) -> ManuallyDrop<Inspection> {
    let watch = Watch::start_streaming(global);
    ManuallyDrop::new(inspect::inspect_streaming(request, &watch, stream))
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
        self.state.clear();
    }
}

impl estate::Progress for Watch {
    fn read(&self, done: usize, total: usize) {
        self.state.total.store(total, Ordering::Relaxed);
        // Threads may report out of order.
        self.state.done.fetch_max(done, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        false
    }
}

impl State {
    fn show(&self) {
        let start = Instant::now();
        while !self.over.load(Ordering::Relaxed) {
            thread::sleep(REFRESH);
            if start.elapsed() < PATIENCE || self.over.load(Ordering::Relaxed) {
                continue;
            }
            let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
            let bar = self.bar.get_or_init(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()));
            if total == 0 {
                bar.set_style(style("{spinner} looking for files"));
            } else if bar.length().is_none() {
                bar.set_style(style("{spinner} {wide_bar} {pos} of {len} files, {eta} left"));
                bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
            }
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
            bar.tick();
        }
        self.clear();
    }

    fn how_far(&self) -> String {
        let (done, total) = (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
        match (self.over.load(Ordering::Relaxed), total) {
            (true, _) => format!("after {done} of {total} files, while the report was written, which is not whole"),
            (false, 1..) if self.streaming => format!("after {done} of {total} files; the report is not whole"),
            (false, 0) => "while looking for files; nothing was reported".to_owned(),
            (false, _) => format!("after {done} of {total} files; nothing was reported"),
        }
    }

    fn clear(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }

    /// A thread may hang in a read from a dead share; nothing but leaving the process ends at once.
    fn end_at_once(&self) {
        self.clear();
        let _ = writeln!(io::stderr(), "vhdxray: interrupted {}", self.how_far());
        std::process::exit(Exit::Interrupted.code().into());
    }
}

/// What the bar looks like; the library's own look where it does not understand the template.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_tells_how_far_it_came() {
        let state = State {
            done: AtomicUsize::new(0),
            total: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            streaming: false,
            bar: OnceLock::new(),
        };
        assert_eq!(state.how_far(), "while looking for files; nothing was reported");
        let watch = Watch { state: Arc::new(state) };
        estate::Progress::read(&watch, 7, 20);
        estate::Progress::read(&watch, 6, 20);
        assert_eq!(watch.state.how_far(), "after 7 of 20 files; nothing was reported");
        let state = Arc::clone(&watch.state);
        drop(watch);
        assert!(state.how_far().ends_with("while the report was written, which is not whole"));
    }
}
