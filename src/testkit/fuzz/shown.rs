//! What checks and dumps say of an image: sound whatever the file holds, and safe to print.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use crate::chain::{Forest, Node, PathMaps, Scope};
use crate::checks::{self, Severity, Subject};
use crate::estate::{FoundFile, Machines};
use crate::image::{DiskFacts, FileKind, Image, KindBy};
use crate::limits::MAX_FINDINGS_PER_CHECK;
use crate::report::dump::{self, Wanted};
use crate::report::{RunFacts, Style};

/// A terminal obeys what is printed to it, so that nothing of a file may reach it as a control character.
pub(super) fn examine(image: &Arc<Image>, kind: FileKind, all: bool) {
    findings(image, kind);
    let wanted = Wanted { all, raw: all, ..Wanted::default() };
    let style = Style { color: false, width: None, as_of: Timestamp::UNIX_EPOCH };
    let mut out = Vec::new();
    assert!(dump::write_text(image, &wanted, style, &mut out).is_ok(), "memory takes all output");
    let text = String::from_utf8(out);
    assert!(text.is_ok_and(|text| is_safe(&text)), "a dump holds control characters");
    let mut out = Vec::new();
    let facts = RunFacts::start(Timestamp::UNIX_EPOCH, None);
    assert!(dump::write_json(image, &wanted, &facts, &mut out).is_ok(), "memory takes all output");
    assert!(serde_json::from_slice::<serde::de::IgnoredAny>(&out).is_ok(), "a dump is no JSON");
}

fn is_safe(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !c.is_control())
}

fn findings(image: &Arc<Image>, kind: FileKind) {
    let path = PathBuf::from("fuzz");
    let file = FoundFile {
        kind,
        kind_by: KindBy::Content,
        disk: Some(Box::new(DiskFacts::of(image))),
        image: Some(Arc::clone(image)),
        error: image.blockers().first().cloned(),
        ..FoundFile::new(path.clone())
    };
    let node = Node {
        path: path.into(),
        other_paths: &[],
        identity: image.identity(),
        virtual_disk_id: image.virtual_disk_id(),
        reference: image.parent_reference().map(Cow::Owned),
        readable: file.is_readable(),
        is_image: true,
    };
    let forest = Forest::link_all(&[node], &Scope::default(), &PathMaps::default());
    let files = [file];
    let subject = Subject {
        files: &files,
        unreadable: &[],
        forest: &forest,
        machines: &Machines::default(),
        verdicts: &[],
        volumes: &[],
        named_paths: &[],
        origins: &[],
    };
    let found = checks::run(&subject);
    assert_eq!(found, checks::run(&subject), "the same file, and other findings");
    assert!(found.list.is_sorted_by_key(|finding| (finding.offset, finding.code)));
    for finding in &found.list {
        assert!(checks::find(finding.code).is_some(), "{} is in no table", finding.code);
        assert!(finding.path == Path::new("fuzz") && !finding.message.is_empty() && !finding.message.ends_with('.'));
        let alike = found.list.iter().filter(|other| other.code == finding.code).count();
        assert!(alike <= MAX_FINDINGS_PER_CHECK, "{alike} findings of {}", finding.code);
        if let Some(excerpt) = &finding.excerpt {
            assert!(excerpt.offset.get().is_multiple_of(16) && excerpt.bytes.len() <= 48);
            assert!(excerpt.offset.get() + excerpt.bytes.len() as u64 <= image.view().size().get());
        }
    }
    let worst = found.worst();
    assert!(
        image.blockers().is_empty() || worst >= Some(Severity::Error),
        "no finding says why: {:?}",
        image.blockers()
    );
}
