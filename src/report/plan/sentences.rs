//! What a plan says in sentences, the same in every format.

use std::time::Duration;

use crate::analysis::merge::{ByteRange, DurationRange};
use crate::analysis::plan::{Alternative, Certainty, Method};
use crate::chain::FileNo;
use crate::inspect::count;
use crate::units::ByteLen;

use super::super::text::{self, size};
use super::View;

/// What would happen, in one sentence or two.
pub(in crate::report) fn headline(view: &View<'_>) -> String {
    let plan = view.plan;
    let (top, target) = (name(view, Some(plan.course.top())), name(view, plan.course.target));
    let what = match plan.course.merged.len() {
        1 => top,
        2 => format!("{top} and the file below it"),
        n => format!("{top} and the {} below it", text::plural(count(n.saturating_sub(1)), "file")),
    };
    if let Some(broken_off) = plan.interrupted {
        return advice(view, &broken_off);
    }
    let Some(way) = plan.chosen() else {
        return format!("{what} cannot be merged into {target} as things stand.");
    };
    let numbers = way.bill.as_ref().map_or_else(String::new, |_| format!(": {}", numbers(way)));
    let sentence = match way.method {
        Method::Native => format!("Deleting the checkpoint makes Hyper-V merge {what} into {target}{numbers}."),
        Method::OnePass => format!("One merge puts {what} into {target}{numbers}."),
        Method::Pairwise => format!("One merge a file puts {what} into {target}{numbers}."),
        Method::Export => format!("A new disk takes what {what} holds{numbers}."),
        Method::Leave => format!("{what} stays."),
    };
    if plan.is_blocked() {
        format!("{what} cannot be merged into {target} as things stand. {sentence}")
    } else {
        sentence
    }
}

fn numbers(way: &Alternative) -> String {
    let Some(bill) = &way.bill else { return String::new() };
    let mut said = format!("it reads {} and writes {}", range(bill.read), range(bill.write));
    let what = if way.method == Method::Export { "the new file takes" } else { "what survives grows by" };
    said.push_str(&format!(", {what} {}", range(bill.growth)));
    let freed = way.freed();
    if freed != ByteRange::default() {
        said.push_str(&format!(", and {} come free", range(freed)));
    }
    said
}

/// What is to be done about a merge that was broken off.
pub(in crate::report) fn advice(view: &View<'_>, found: &crate::analysis::plan::Interrupted) -> String {
    let (child, parent) = (name(view, Some(found.child)), name(view, Some(found.parent)));
    let done = found.done.and_then(|share| Some((share, share.percent()?)));
    let arrived = done.map_or_else(String::new, |(share, percent)| {
        format!(
            " {percent} % of what the child holds ({} of {}) stands in the parent already.",
            size(share.equal),
            size(share.all)
        )
    });
    let what = match found.certainty {
        Certainty::Proved => "A merge of it was broken off",
        Certainty::Prepared => "A merge of it was prepared, and nothing was moved yet",
        Certainty::Likely => "A merge of it may have been broken off",
    };
    format!(
        "{child}: {what} on the way into {parent}.{arrived} Run the same merge again: the child is whole until it is \
         complete. Never delete the child."
    )
}

/// Why no way is open whose steps could be given, one line each.
pub(in crate::report) fn why_closed(view: &View<'_>) -> Vec<String> {
    let mut lines = vec![headline(view)];
    for condition in view.plan.blockers() {
        for seen in &condition.evidence {
            let at = seen.file.map_or_else(String::new, |file| format!("{}: ", name(view, Some(file))));
            lines.push(format!("{} {}: {at}{}", condition.number, condition.name, seen.what));
        }
        lines.extend(condition.unblock.as_ref().map(|unblock| format!("   To go on: {unblock}")));
    }
    for way in view.plan.alternatives.iter().filter(|way| way.unavailable.is_some()) {
        lines.push(format!("{}: {}", way.method.title(), way.unavailable.as_deref().unwrap_or_default()));
    }
    lines
}

/// A range of bytes as people read it.
pub(super) fn range(range: ByteRange) -> String {
    let (least, most) = (size(range.least), size(range.most));
    if least == most { least } else { format!("{least} to {most}") }
}

/// A range of time as people read it.
pub(super) fn time(range: DurationRange) -> String {
    let (least, most) = (duration(range.least), duration(range.most));
    if least == most { least } else { format!("{least} to {most}") }
}

/// A time as people read it.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => "under 1 s".to_owned(),
        1..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// A file as it was found.
pub(super) fn name(view: &View<'_>, file: Option<FileNo>) -> String {
    let found = file.and_then(|file| view.inspection.file(file));
    found.map_or_else(|| "a parent that was not found".to_owned(), |found| text::path(&found.path))
}

/// A number of bytes in a cell; nothing stands for zero.
pub(super) fn cell(bytes: ByteRange) -> String {
    if bytes.most == ByteLen::ZERO { "-".to_owned() } else { range(bytes) }
}
