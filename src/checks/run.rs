//! All checks over all files that the user named.

use std::path::Path;

use crate::chain::FileNo;
use crate::estate::{FoundFile, OriginNo};
use crate::source::ReadAt;
use crate::threads::Threads;
use crate::units::{ByteLen, FileOffset};

use super::check::{Check, Run};
use super::file;
use super::finding::{Excerpt, Finding};
use super::index::Index;
use super::linked_file::LinkedFile;
use super::set::CheckSet;
use super::severity::Severity;
use super::sink::{NotShown, Sink};
use super::subject::{Subject, VhdFile, VhdxFile};

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

    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: Self) {
        self.append(other);
        self.sort();
    }

    /// Whatever found them first: the order of the findings of one check is that of the file, for this sort is stable.
    fn sort(&mut self) {
        self.list.sort_by(|a, b| (&a.path, a.origin, a.offset, a.code).cmp(&(&b.path, b.origin, b.offset, b.code)));
        self.not_shown.sort_by(|a, b| (&a.path, a.origin, a.code).cmp(&(&b.path, b.origin, b.code)));
    }

    /// As [`add`](Self::add), for whoever sorts at the end.
    pub(crate) fn append(&mut self, other: Self) {
        self.list.extend(other.list);
        self.not_shown.extend(other.not_shown);
    }

    fn take_excerpts(&mut self, file: &FoundFile) {
        for finding in &mut self.list {
            finding.excerpt = excerpt(file, finding);
        }
    }
}

/// Runs every check over every file that the user named. Each thread holds what the passes over one file found.
pub fn run(subject: &Subject<'_>) -> Findings {
    let checks = CheckSet::of(|_| true);
    let threads = Threads::at_most(usize::MAX);
    let mut findings = Findings::default();
    for more in on_each_named(subject, threads, |_, file| run_on_file(file, &checks)) {
        findings.append(more);
    }
    findings.add(run_on_links(subject, &checks, threads));
    findings
}

/// Runs those of the checks that look at one file alone.
pub fn run_on_file(file: &FoundFile, checks: &CheckSet) -> Findings {
    let (vhdx, vhd) = (VhdxFile::new(file), VhdFile::new(file));
    let mut findings = with_each(checks.of_file(file), file.origin, &file.path, |check, out| match check.run {
        Run::File(run) => run(file, out),
        Run::Vhdx(run) => vhdx.iter().for_each(|vhdx| run(vhdx, out)),
        Run::Vhd(run) => vhd.iter().for_each(|vhd| run(vhd, out)),
        Run::Linked(_) | Run::Link(_) | Run::Beside(_) | Run::Estate(_) | Run::Below(_) => {}
    });
    if let Some(image) = &file.image {
        image.forget_blocks();
    }
    findings.take_excerpts(file);
    findings
}

/// Runs those of the checks that look at a file among the others, over the files that the user named.
pub fn run_on_links(subject: &Subject<'_>, checks: &CheckSet, threads: Threads) -> Findings {
    let index = Index::new(subject);
    let linked = on_each_named(subject, threads, |number, file| {
        let linked = LinkedFile { subject, index: &index, number, file };
        let link = linked.link();
        let mut findings = with_each(checks.of_linked(file), file.origin, &file.path, |check, out| match check.run {
            Run::Link(run) => link.iter().for_each(|link| run(&linked, link, out)),
            Run::Linked(run) | Run::Beside(run) | Run::Estate(run) => run(&linked, out),
            Run::File(_) | Run::Vhdx(_) | Run::Vhd(_) | Run::Below(_) => {}
        });
        findings.take_excerpts(file);
        findings
    });
    let mut findings = Findings::default();
    for more in linked {
        findings.append(more);
    }
    let check = &file::unreadable::CHECK;
    for unreadable in subject.unreadable.iter().filter(|_| checks.has(check)) {
        findings.append(with_each(&[check], unreadable.origin, &unreadable.path, |_, out| {
            file::unreadable::walked(&unreadable.error, out);
        }));
    }
    for named in subject.named_paths {
        findings.append(with_each(checks.below(), named.origin, &named.path, |check, out| {
            if let Run::Below(run) = check.run {
                run(subject, named, out);
            }
        }));
    }
    findings.sort();
    findings
}

/// What one check after another finds in a file, where `look` runs each.
fn with_each<'a>(
    checks: &[&'static Check],
    origin: OriginNo,
    path: &'a Path,
    mut look: impl FnMut(&'static Check, &mut Sink<'a>),
) -> Findings {
    let mut sink = Sink::new(origin, path);
    for check in checks {
        sink.start(check.head());
        look(check, &mut sink);
    }
    let (list, not_shown) = sink.finish();
    Findings { list, not_shown }
}

/// Does something with every file that the user named, with several at once. One result a file.
fn on_each_named(
    subject: &Subject<'_>,
    threads: Threads,
    each: impl Fn(FileNo, &FoundFile) -> Findings + Sync,
) -> impl Iterator<Item = Findings> {
    let found = threads.map(subject.files.len(), |number| {
        let file = subject.files.get(number).filter(|file| file.named)?;
        Some(each(FileNo(number), file))
    });
    found.into_iter().flatten()
}

/// The line of 16 bytes that a finding's place starts in, and the ones after it as far as the place reaches, three at
/// most.
fn excerpt(file: &FoundFile, finding: &Finding) -> Option<Excerpt> {
    const LINE: u64 = 16;
    const LINES: u64 = 3;
    let at = finding.offset?;
    let view = file.open_view()?;
    let offset = at.0.saturating_sub(at.0 % LINE);
    let end = at.0.saturating_add(finding.length.0.clamp(1, LINE.saturating_mul(LINES)));
    let len = end.saturating_sub(offset).next_multiple_of(LINE).min(LINE.saturating_mul(LINES));
    let mut bytes = vec![0; ByteLen(len).to_usize()?];
    let have = view.read_up_to("", FileOffset(offset), &mut bytes).ok()?;
    bytes.truncate(have);
    (!bytes.is_empty()).then_some(Excerpt { offset: FileOffset(offset), bytes })
}
