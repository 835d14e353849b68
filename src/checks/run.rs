//! All checks over all files that the user named.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::chain::FileNo;
use crate::estate::FoundFile;
use crate::image::{FileKind, Image};
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset};

use super::check::{Check, Run};
use super::file;
use super::finding::{Excerpt, Finding};
use super::set::CheckSet;
use super::severity::Severity;
use super::sink::{NotShown, Sink};
use super::subject::{LinkedFile, Subject, VhdFile, VhdxFile};

/// What all checks found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The findings, sorted by path, offset and code.
    pub list: Vec<Finding>,
    /// Where a check found more in a file than is shown, sorted by path and code.
    pub not_shown: Vec<NotShown>,
}

impl Findings {
    /// Number of findings of a severity, those not shown left out.
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The highest severity.
    pub fn worst(&self) -> Option<Severity> {
        self.list.iter().map(|finding| finding.severity).max()
    }

    fn append(&mut self, other: Self) {
        self.list.extend(other.list);
        self.not_shown.extend(other.not_shown);
    }

    fn take_excerpts(&mut self, file: &FoundFile) {
        for finding in &mut self.list {
            finding.excerpt = excerpt(file, finding);
        }
    }

    fn take(&mut self, sink: Sink<'_>) {
        let (findings, not_shown) = sink.finish();
        self.list.extend(findings);
        self.not_shown.extend(not_shown);
    }
}

/// Runs every check over every file that the user named.
pub fn run(subject: &Subject<'_>) -> Findings {
    run_only(subject, |_| true)
}

/// Runs the checks that `wanted` picks. Each thread holds what the passes over one file found.
pub fn run_only(subject: &Subject<'_>, wanted: impl Fn(&Check) -> bool) -> Findings {
    let checks = CheckSet::of(wanted);
    let alone = on_each_named(subject, |_, file| run_on_file(file, &checks));
    run_on_links(subject, &checks, alone)
}

/// Runs those of the checks that look at one file alone. What they found is for [`run_on_links`].
pub fn run_on_file(file: &FoundFile, checks: &CheckSet) -> Findings {
    let mut findings = Findings::default();
    if !is_looked_at(file) {
        return findings;
    }
    let (vhdx, vhd) = (VhdxFile::new(file), VhdFile::new(file));
    for check in checks.iter().filter(|check| check.applies_to(file.kind)) {
        let mut sink = Sink::new(check.head(), &file.path);
        match (check.run, &vhdx, &vhd) {
            (Run::File(run), _, _) => run(file, &mut sink),
            (Run::Vhdx(run), Some(vhdx), _) => run(vhdx, &mut sink),
            (Run::Vhd(run), _, Some(vhd)) => run(vhd, &mut sink),
            (Run::Vhdx(_) | Run::Vhd(_) | Run::Linked(_), _, _) => {}
        }
        findings.take(sink);
    }
    if let Some(image) = &file.image {
        image.forget_blocks();
    }
    findings.take_excerpts(file);
    findings
}

/// Runs those of the checks that look at a file among the others, over the files that the user named, and adds what was
/// found in each file `alone`.
pub fn run_on_links(subject: &Subject<'_>, checks: &CheckSet, alone: impl IntoIterator<Item = Findings>) -> Findings {
    let linked = on_each_named(subject, |number, file| {
        let mut findings = Findings::default();
        let linked = LinkedFile { subject, number, file };
        for check in checks.iter() {
            if let Run::Linked(run) = check.run
                && is_looked_at(file)
            {
                let mut sink = Sink::new(check.head(), &file.path);
                run(&linked, &mut sink);
                findings.take(sink);
            }
        }
        findings.take_excerpts(file);
        findings
    });
    let mut findings = Findings::default();
    alone.into_iter().chain(linked).for_each(|more| findings.append(more));
    for unreadable in subject.unreadable {
        let check = &file::unreadable::CHECK;
        if checks.has(check) {
            let mut sink = Sink::new(check.head(), &unreadable.path);
            file::unreadable::walked(&unreadable.error, &mut sink);
            findings.take(sink);
        }
    }
    // Whatever thread found them: the order of the findings of one check is that of the file, for this sort is stable.
    findings.list.sort_by(|a, b| (&a.path, a.offset, a.code).cmp(&(&b.path, b.offset, b.code)));
    findings.not_shown.sort_by(|a, b| (&a.path, a.code).cmp(&(&b.path, b.code)));
    findings
}

/// Whether the checks look at a file at all: it is a disk, or it calls itself one.
fn is_looked_at(file: &FoundFile) -> bool {
    file.is_image() || FileKind::of_name(&file.path).is_image()
}

/// Does something with every file that the user named, with several at once. One result a thread.
fn on_each_named(subject: &Subject<'_>, each: impl Fn(FileNo, &FoundFile) -> Findings + Sync) -> Vec<Findings> {
    let named: Vec<(FileNo, &FoundFile)> =
        subject.files.iter().enumerate().filter(|(_, file)| file.named).map(|(n, file)| (FileNo(n), file)).collect();
    let next = AtomicUsize::new(0);
    let all = Mutex::new(Vec::new());
    let work = || {
        let mut own = Findings::default();
        while let Some((number, file)) = named.get(next.fetch_add(1, Ordering::Relaxed)) {
            own.append(each(*number, file));
        }
        if let Ok(mut all) = all.lock() {
            all.push(own);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(named.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    all.into_inner().unwrap_or_default()
}

/// The line of 16 bytes that a finding's place starts in, and the ones after it as far as the place reaches, three at
/// most.
fn excerpt(file: &FoundFile, finding: &Finding) -> Option<Excerpt> {
    const LINE: u64 = 16;
    const LINES: u64 = 3;
    let at = finding.offset?;
    let view = file.image.as_deref().map(Image::view).or(file.unrecognised.as_ref())?;
    let offset = at.0.saturating_sub(at.0 % LINE);
    let end = at.0.saturating_add(finding.length.0.clamp(1, LINE.saturating_mul(LINES)));
    let len = end.saturating_sub(offset).next_multiple_of(LINE).min(LINE.saturating_mul(LINES));
    let mut bytes = vec![0; ByteLen(len).to_usize()?];
    let have = view.read_up_to(finding.structure, FileOffset(offset), &mut bytes).ok()?;
    bytes.truncate(have);
    (!bytes.is_empty()).then_some(Excerpt { offset: FileOffset(offset), bytes })
}
