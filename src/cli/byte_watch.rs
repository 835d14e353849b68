//! How far a long read has come, and Ctrl-C: at once where nothing is being written, else at the next piece, so that
//! what is half written is taken away.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::estate;
use crate::report::text;
use crate::units::ByteLen;

use super::Exit;
use super::options::Global;

/// How long a run may take before a bar is shown.
const PATIENCE: Duration = Duration::from_secs(1);
const REFRESH: Duration = Duration::from_millis(100);
const STYLE: &str = "{msg} {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta} left";

/// Watches one command that reads virtual disks.
#[derive(Debug)]
pub struct ByteWatch {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes before the disk that is being read.
    before: AtomicU64,
    done: AtomicU64,
    total: AtomicU64,
    /// Whether something is half written that must be taken away before the process may end.
    careful: AtomicBool,
    interrupted: AtomicBool,
    over: AtomicBool,
    bar: Mutex<Option<ProgressBar>>,
}

impl ByteWatch {
    /// Starts to watch.
    pub fn start(global: &Global) -> Self {
        let state = Arc::new(State::default());
        let interrupted = Arc::clone(&state);
        // Without a handler Ctrl-C still ends the process, only without a word.
        let _ = ctrlc::set_handler(move || interrupted.interrupt());
        if !global.quiet && !global.no_progress && io::stderr().is_terminal() {
            let shown = Arc::clone(&state);
            thread::spawn(move || shown.show());
        }
        Self { state }
    }

    /// So many bytes are to be read in all.
    pub fn expect(&self, total: ByteLen) {
        self.state.total.store(total.get(), Ordering::Relaxed);
    }

    /// From here on something is half written: Ctrl-C only asks to stop. A second one ends the process at once.
    pub fn be_careful(&self) {
        self.state.careful.store(true, Ordering::Relaxed);
    }

    /// So many bytes of the disk that is being read are done. Says whether to go on.
    pub fn reached(&self, done: ByteLen) -> bool {
        self.state.done.store(done.get(), Ordering::Relaxed);
        !self.interrupted()
    }

    /// A disk of this size is done; what is reached from now on counts for the next.
    pub fn next_disk(&self, size: ByteLen) {
        self.state.done.store(0, Ordering::Relaxed);
        self.state.before.fetch_add(size.get(), Ordering::Relaxed);
    }

    /// Whether the user asked to stop.
    pub fn interrupted(&self) -> bool {
        self.state.interrupted.load(Ordering::Relaxed)
    }
}

impl Drop for ByteWatch {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::Relaxed);
        self.state.clear();
    }
}

impl estate::Progress for ByteWatch {
    fn read(&self, _done: usize, _total: usize) {}

    fn cancelled(&self) -> bool {
        false
    }
}

impl State {
    fn show(&self) {
        let start = Instant::now();
        while !self.over.load(Ordering::Relaxed) {
            thread::sleep(REFRESH);
            let total = self.total.load(Ordering::Relaxed);
            if start.elapsed() < PATIENCE || total == 0 || self.over.load(Ordering::Relaxed) {
                continue;
            }
            let Ok(mut bar) = self.bar.lock() else { return };
            let bar = bar.get_or_insert_with(|| {
                // Shown only when it looks as it should.
                let bar =
                    ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden()).with_message("reading");
                let bar = ProgressStyle::with_template(STYLE).map_or(bar.clone(), |style| bar.with_style(style));
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar
            });
            bar.set_position(self.position());
        }
        self.clear();
    }

    fn position(&self) -> u64 {
        self.before.load(Ordering::Relaxed).saturating_add(self.done.load(Ordering::Relaxed))
    }

    fn clear(&self) {
        if let Ok(Some(bar)) = self.bar.lock().as_deref() {
            bar.finish_and_clear();
        }
    }

    fn interrupt(&self) {
        let again = self.interrupted.swap(true, Ordering::Relaxed);
        if self.careful.load(Ordering::Relaxed) && !again {
            return;
        }
        self.over.store(true, Ordering::Relaxed);
        self.clear();
        let how_far = match self.total.load(Ordering::Relaxed) {
            0 => "while looking for files".to_owned(),
            total => format!("after {} of {}", text::size(ByteLen(self.position())), text::size(ByteLen(total))),
        };
        let _ = writeln!(io::stderr(), "vhdxray: interrupted {how_far}");
        std::process::exit(Exit::Interrupted.code().into());
    }
}
