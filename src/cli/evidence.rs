//! `check --evidence DIR`: the case folder for an examiner.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::chain::FileNo;
use crate::checks::{Severity, Triage};
use crate::format::hex::to_hex;
use crate::inspect::Inspection;
use crate::report::{RunFacts, json, text};
use crate::source::{FileSource, ReadAt};
use crate::units::{ByteLen, FileOffset};

use super::Failure;

/// A folder that is about to hold a case.
#[derive(Debug)]
pub struct Case {
    folder: PathBuf,
}

impl Case {
    /// Makes the folder. It must be new or empty, and must not lie in what is looked at.
    pub fn new(folder: &Path, looked_at: &[PathBuf]) -> Result<Self, Failure> {
        let fail = |why: &str| Failure::new(format!("--evidence {}: {why}", text::path(folder)));
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        if looked_at.iter().any(|path| path.is_dir() && absolute(folder).starts_with(absolute(path))) {
            return Err(fail("lies in a folder that is to be looked at"));
        }
        fs::create_dir_all(folder).map_err(|error| fail(&error.to_string()))?;
        match fs::read_dir(folder).map(|mut entries| entries.next().is_some()) {
            Ok(false) => Ok(Self { folder: folder.to_owned() }),
            Ok(true) => Err(fail("is not empty")),
            Err(error) => Err(fail(&error.to_string())),
        }
    }

    /// Writes the case: `check.json`, `SHA256SUMS` and `RUN.txt`.
    pub fn write(&self, inspection: &Inspection, triage: &Triage, facts: &RunFacts) -> Result<(), Failure> {
        self.put("check.json", |out| json::write_check(inspection, triage, Severity::Info, facts, out))?;
        let mut missed = Vec::new();
        self.put("SHA256SUMS", |out| {
            for file in inputs(inspection) {
                match sha256(&file) {
                    Ok(hash) => writeln!(out, "{}", sum_line(&hash, &file))?,
                    Err(error) => missed.push((file, error)),
                }
            }
            Ok(())
        })?;
        self.put("RUN.txt", |out| {
            writeln!(out, "tool: {} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))?;
            writeln!(out, "arguments: {}", facts.arguments.join(" "))?;
            writeln!(out, "host: {}", facts.host.as_deref().unwrap_or("unknown"))?;
            writeln!(out, "started: {}", facts.started)?;
            writeln!(out, "finished: {}", facts.finished)?;
            writeln!(out, "all times are UTC; every input was opened for reading only")?;
            for (file, error) in &missed {
                writeln!(out, "not hashed: {}: {}", text::path(file), text::printable(&error.reason().to_string()))?;
            }
            Ok(())
        })
    }

    fn put(&self, name: &str, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let path = self.folder.join(name);
        let written = File::create_new(&path).and_then(|file| {
            let mut out = BufWriter::new(file);
            write(&mut out)?;
            out.flush()
        });
        written.map_err(|error| Failure::new(format!("cannot write {}: {error}", text::path(&path))))
    }
}

/// Every file that was named, and every parent that one of them depends on, sorted by path.
fn inputs(inspection: &Inspection) -> BTreeSet<PathBuf> {
    let named = inspection.files().filter(|(_, file)| file.named);
    let numbers: BTreeSet<FileNo> = named.flat_map(|(number, _)| inspection.forest.ancestry(number)).collect();
    numbers.into_iter().filter_map(|number| inspection.file(number)).map(|file| file.path.clone()).collect()
}

fn sha256(path: &Path) -> crate::Result<String> {
    let source = FileSource::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    let mut digest = Sha256::new();
    let mut at = FileOffset::ZERO;
    loop {
        let have = source.read_up_to("", at, &mut buffer)?;
        let Some(bytes) = buffer.get(..have).filter(|bytes| !bytes.is_empty()) else { break };
        digest.update(bytes);
        at = at.saturating_add(ByteLen::from(have));
    }
    Ok(to_hex(&digest.finalize()))
}

/// A line as `sha256sum` writes it: names with a line break or a backslash are escaped, and the line starts with one.
fn sum_line(hash: &str, path: &Path) -> String {
    let name = path.to_string_lossy();
    if name.contains(['\\', '\n', '\r']) {
        let escaped = name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        format!("\\{hash}  {escaped}")
    } else {
        format!("{hash}  {name}")
    }
}
