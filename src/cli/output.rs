//! Where data goes: stdout or the file after `-o`. A closed pipe is success, a full disk a failure with one line.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};

use crate::chain::absolute;
use crate::chain::windows_path::PathMap;
use crate::error::ErrorKind;
use crate::report::text;
use crate::source::FileSource;

use super::options::{Color, FindArgs, Global, OutputArgs};
use super::{Exit, Failure, precious};

/// How text should look where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are wanted.
    pub color: bool,
    /// Columns of the terminal; `None` where lines may be as long as they like.
    pub width: Option<usize>,
}

impl OutputArgs {
    /// Looks whether the output can be written at all, so that a long run does not end with that news. Refuses to
    /// overwrite what Hyper-V needs, and what may be that under another name.
    pub fn check(&self) -> Result<(), Failure> {
        let Some(path) = &self.output else { return Ok(()) };
        let refuse = |why: &str| Err(Failure::new(format!("-o {}: {why}", text::path(path))));
        if path.is_dir() {
            return refuse("is a folder");
        }
        let folder = folder(path);
        if !folder.is_dir() {
            return refuse(&format!("there is no folder {}", text::path(folder)));
        }
        if let Some(is) = precious::kept(path) {
            return refuse(&format!("is {is}, which is never overwritten"));
        }
        if path.is_symlink() && !path.exists() {
            return refuse("is a link that leads to no file");
        }
        match path.is_file().then(|| FileSource::open(path).ok()).flatten() {
            Some(there) if there.names() > 1 => {
                refuse("has further names (hard links), under which it may be anything; it is not overwritten")
            }
            _ => Ok(()),
        }
    }

    /// The same, and refuses what the command reads: a named file, or any that is there below a folder that is looked
    /// through.
    pub fn check_beside<'a>(
        &self,
        named: impl IntoIterator<Item = &'a PathBuf>,
        find: &'a FindArgs,
    ) -> Result<(), Failure> {
        // What is wrong with the rules is said where they are used.
        let map = PathMap::from_arguments(&find.map).unwrap_or_default();
        let named: Vec<&Path> = named.into_iter().chain(&find.search).map(PathBuf::as_path).collect();
        self.check_apart(map.targets().chain(named))
    }

    /// The same, for all that is looked at.
    pub fn check_apart<'a>(&self, looked_at: impl IntoIterator<Item = &'a Path>) -> Result<(), Failure> {
        let Some(path) = self.output.as_deref() else { return Ok(()) };
        let shown = text::path(path);
        match looked_at.into_iter().find(|looked_at| precious::lies_in(path, looked_at)) {
            Some(looked_at) if looked_at.is_dir() => Err(Failure::new(format!(
                "-o {shown}: lies in {}, which is looked through, and is there already: it is never overwritten",
                text::path(looked_at)
            ))),
            Some(_) => Err(Failure::new(format!("-o {shown}: is what is to be read, which is never overwritten"))),
            None => self.check(),
        }
    }

    /// Whether the output goes to a file of that name.
    pub fn is(&self, path: &Path) -> bool {
        self.output.as_deref().is_some_and(|output| absolute(output) == absolute(path))
    }

    /// How text should look there.
    pub fn look(&self, global: &Global) -> Look {
        let stdout = io::stdout();
        let here = self.output.is_none();
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => here && AutoStream::choice(&stdout) != ColorChoice::Never,
        };
        let width = (here && stdout.is_terminal()).then(terminal_size::terminal_size).flatten();
        Look { color, width: width.map(|(width, _)| width.0.into()) }
    }

    /// Lets `report` write, and ends with `exit` when all of it arrived.
    pub fn write(&self, exit: Exit, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Exit, Failure> {
        self.try_write(report).map_err(|error| self.failure(&error))?;
        Ok(exit)
    }

    /// Lets `report` write while it reads what it reports. Its errors of kind `Io` that name no file are those of the
    /// output.
    pub fn write_view(&self, report: impl FnOnce(&mut dyn Write) -> crate::Result<()>) -> Result<(), Failure> {
        let mut failed = None;
        let written = self.try_write(|out| {
            report(out).map_err(|error| match error.kind() {
                ErrorKind::Io(inner) if error.path().is_none() => clone(inner),
                _ => {
                    failed = Some(error);
                    io::Error::other("the report was broken off")
                }
            })
        });
        match (failed, written) {
            (Some(error), _) => Err(Failure::from(error)),
            (None, written) => written.map_err(|error| self.failure(&error)),
        }
    }

    fn try_write(&self, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match &self.output {
            Some(path) => {
                let mut file = BufWriter::new(File::create(path)?);
                report(&mut file)?;
                // Some systems tell only now that the disk is full.
                file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data().or_else(unsupported)
            }
            None => {
                let mut stdout = BufWriter::new(io::stdout().lock());
                report(&mut stdout)?;
                stdout.flush()
            }
        }
    }

    /// The output for lines that are written while files are read.
    pub fn late(&self) -> LateOutput {
        match &self.output {
            Some(path) => LateOutput::File { path: path.clone(), file: None },
            None => LateOutput::Stdout(io::stdout()),
        }
    }

    /// What became of an error met while the output was written.
    pub fn failure(&self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Failure::OutputClosed;
        }
        let to = self.output.as_deref().map_or_else(|| "to stdout".to_owned(), text::path);
        Failure::new(format!("cannot write {to}: {error}"))
    }
}

/// Where lines go while files are read. A file is made only when the first of them comes: it may lie in a folder that is
/// looked through before, and is none of what is there.
#[derive(Debug)]
pub enum LateOutput {
    /// To stdout.
    Stdout(io::Stdout),
    /// To a file.
    File {
        /// Its path.
        path: PathBuf,
        /// The file, once it was made.
        file: Option<File>,
    },
}

impl LateOutput {
    /// Makes sure that everything arrived.
    pub fn end(self) -> io::Result<()> {
        match self {
            Self::Stdout(mut stdout) => stdout.flush(),
            // Some systems tell only now that the disk is full.
            Self::File { file: Some(file), .. } => file.sync_data().or_else(unsupported),
            Self::File { file: None, .. } => Ok(()),
        }
    }

    fn writer(&mut self) -> io::Result<&mut dyn Write> {
        Ok(match self {
            Self::Stdout(stdout) => stdout,
            Self::File { path, file } => match file {
                Some(file) => file,
                None => file.insert(File::create(path)?),
            },
        })
    }
}

impl Write for LateOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer()?.flush()
    }
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The same error once more, as far as it is looked at here.
fn clone(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}

/// Stdout without a buffer, for bytes that come in large pieces.
pub fn unbuffered_stdout() -> io::Result<File> {
    #[cfg(unix)]
    let stdout = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned()?;
    #[cfg(windows)]
    let stdout = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned()?;
    Ok(File::from(stdout))
}

/// What became of an error met while bytes went to stdout.
pub fn stream_failure(error: crate::Error) -> Failure {
    match error.kind() {
        ErrorKind::Io(inner) if error.path().is_none() => match inner.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::new(format!("cannot write to stdout: {inner}")),
        },
        _ => Failure::from(error),
    }
}

/// A pipe or a device has nothing to bring to a disk.
fn unsupported(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported => Ok(()),
        _ => Err(error),
    }
}
