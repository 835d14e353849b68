//! `scan --format ndjson`: one object a line, the files while others are still being read.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::estate::{FoundFile, Inventory, Volume};
use crate::inspect::{Inspection, Stream};
use crate::report::RunFacts;

use super::line::{LineJson, write_line};
use super::scan::{CORRELATE, SCHEMA, findings, machines, summary};
use super::{ChainJson, RunEndJson, RunStartJson, VolumeJson};

/// Bytes that are held before they are written, where files come fast.
const BUFFER: usize = 64 << 10;

/// Writes the lines of a scan: those of the files that were named while it goes on, all others when it is over.
#[derive(Debug)]
pub struct ScanLines<W: Write> {
    facts: RunFacts,
    is_last: bool,
    // Files of this run are of no bundle.
    inventory: Inventory,
    out: Mutex<Output<W>>,
    closed: AtomicBool,
}

#[derive(Debug)]
struct Output<W: Write> {
    writer: BufWriter<W>,
    failed: Option<io::Error>,
}

impl<W: Write> ScanLines<W> {
    /// Writes to `out`. `is_last` says that nothing but these lines is told of the files that were named.
    pub fn new(facts: RunFacts, is_last: bool, out: W) -> Self {
        let out = Mutex::new(Output { writer: BufWriter::with_capacity(BUFFER, out), failed: None });
        Self { facts, is_last, inventory: Inventory::default(), out, closed: AtomicBool::new(false) }
    }

    /// Writes what is known now that all is read; the last line is of type `end`. Fails when any line could not be
    /// written.
    pub fn finish(self, inspection: &Inspection, facts: &RunFacts) -> io::Result<W> {
        let Output { mut writer, failed } = self.out.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(error) = failed {
            return Err(error);
        }
        write_files(inspection, false, &mut writer)?;
        write_end(inspection, facts, &mut writer)?;
        writer.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn write(&self, write: impl FnOnce(&mut BufWriter<W>) -> io::Result<()>) {
        let mut out = self.lock();
        if out.failed.is_none() {
            out.failed = write(&mut out.writer).err();
            self.closed.store(out.failed.is_some(), Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Output<W>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write + Send> Stream for ScanLines<W> {
    fn begin(&self, volumes: &[Volume]) {
        self.write(|out| {
            write_start(SCHEMA, &self.inventory, volumes, &self.facts, out)?;
            out.flush()
        });
    }

    fn make(&self, file: &FoundFile) -> Vec<u8> {
        let mut line = Vec::new();
        // Nothing fails that is written to memory.
        let _ = write_line(&LineJson::file(&self.inventory, file), &mut line);
        line
    }

    fn file(&self, made: &[u8]) {
        self.write(|out| out.write_all(made));
    }

    fn other_path(&self, file: &FoundFile, path: &Path) {
        self.write(|out| write_line(&LineJson::other_path(&self.inventory, file, path), out));
    }

    fn pause(&self) {
        self.write(BufWriter::flush);
    }

    fn is_closed(&self) -> bool {
        // Where more is told of the files than these lines, it is told all the same.
        self.is_last && self.closed.load(Ordering::Relaxed)
    }

    fn is_last(&self) -> bool {
        self.is_last
    }
}

/// Writes the results of a scan that is over as one JSON object a line, made one at a time.
pub fn write_scan_lines(inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    write_lines(SCHEMA, inspection, facts, out)
}

/// Writes what several bundles tell as one JSON object a line, made one at a time.
pub fn write_correlate_lines(inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    write_lines(CORRELATE, inspection, facts, out)
}

fn write_lines(schema: &'static str, inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    write_start(schema, &inspection.inventory, &inspection.volumes, facts, out)?;
    write_files(inspection, true, out)?;
    write_files(inspection, false, out)?;
    write_end(inspection, facts, out)
}

fn write_start(
    schema: &'static str,
    inventory: &Inventory,
    volumes: &[Volume],
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_line(&LineJson::Run { schema, run: Box::new(RunStartJson::new(facts, inventory)) }, out)?;
    volumes.iter().try_for_each(|volume| write_line(&LineJson::Volume(VolumeJson::new(inventory, volume)), out))
}

/// The files that were named, or those that were not, after all were read.
fn write_files(inspection: &Inspection, named: bool, out: &mut dyn Write) -> io::Result<()> {
    let inventory = &inspection.inventory;
    for (_, file) in inspection.reported().filter(|(_, file)| file.named == named) {
        write_line(&LineJson::file(inventory, file), out)?;
        for path in &file.other_paths {
            write_line(&LineJson::other_path(inventory, file, path), out)?;
        }
    }
    Ok(())
}

/// What is known only after all files were read.
fn write_end(inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    let reported = || inspection.reported().map(|(number, _)| number);
    let links = reported().filter_map(|number| LineJson::link(inspection, number));
    let contents = reported().filter_map(|number| LineJson::contents(inspection, number));
    let verdicts = reported().filter_map(|number| LineJson::verdict(inspection, number));
    let chains = inspection.chains.iter().map(|chain| LineJson::Chain(ChainJson::new(inspection, chain)));
    let machines = machines(inspection).map(LineJson::Machine);
    let findings = findings(inspection).map(LineJson::Finding);
    let mut lines = links.chain(contents).chain(verdicts).chain(chains).chain(machines).chain(findings);
    lines.try_for_each(|line| write_line(&line, out))?;
    write_line(&LineJson::Summary(summary(inspection)), out)?;
    write_line(&LineJson::End(RunEndJson::new(facts, inspection)), out)
}
