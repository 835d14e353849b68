//! `plan --all` for people: the merges in their order, with the room after each, and what stands aside.

use std::io::{self, Write};

use crate::analysis::merge::order::Why;
use crate::inspect::{EstateMerge, EstatePlan, Inspection, count};
use crate::units::ByteLen;

use super::super::text::{self, printable, size};
use super::super::{Paint, Style};
use super::View;
use super::sentences::{name, range};

/// Writes the report.
pub fn write(inspection: &Inspection, estate: &EstatePlan, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { inspection, estate, style };
    page.head(out)?;
    page.order(out)?;
    page.left(out)?;
    page.blocked(out)
}

struct Page<'a> {
    inspection: &'a Inspection,
    estate: &'a EstatePlan,
    style: Style,
}

impl Page<'_> {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        // The least that a step can free less the most that it can need: the lines below may come to more.
        let schedule = &self.estate.schedule;
        let won = schedule.merges.last().map_or(0, |last| last.won);
        let won = ByteLen(u64::try_from(won).unwrap_or(0));
        let what = match schedule.merges.len() {
            0 => "No merge can be done.".to_owned(),
            1 => format!("1 merge wins at least {}.", size(won)),
            n => format!("{n} merges in this order win at least {}.", size(won)),
        };
        writeln!(out, "{}", self.style.paint(Paint::Strong, what))?;
        if !schedule.is_reached {
            let what = "That is not all that was asked for: see what is left out below.";
            writeln!(out, "{}", self.style.paint(Paint::Alarm, what))?;
        }
        for (volume, free) in &self.estate.free {
            let by = if free.given { "" } else { " (asked here; --disk-free says what it is at home)" };
            let what = format!("{} {} free before{by}", label(volume), size(free.bytes));
            writeln!(out, "{}", self.style.paint(Paint::Faint, what))?;
        }
        writeln!(out, "{}", self.style.paint(Paint::Faint, "Nothing was carried out, and nothing was changed."))
    }

    fn order(&self, out: &mut dyn Write) -> io::Result<()> {
        for (number, step) in self.estate.schedule.merges.iter().enumerate() {
            let Some((merge, way)) = self.merge(step.candidate).and_then(|merge| Some((merge, merge.way()?))) else {
                continue;
            };
            let bill = way.bill.as_ref();
            let lead = format!("\n{}. {}", number.saturating_add(1), self.title(merge));
            writeln!(out, "{}", self.style.paint(Paint::Strong, lead))?;
            let numbers = bill.map_or_else(String::new, |bill| {
                format!(
                    ": reads {}, writes {}, grows by {}, frees {}",
                    range(bill.read),
                    range(bill.write),
                    range(bill.growth),
                    range(way.freed())
                )
            });
            writeln!(out, "   {}{numbers}", way.method.title())?;
            for other in merge.also() {
                let view = View { inspection: self.inspection, plan: &merge.plan };
                let (top, target) = (name(&view, Some(other.top())), name(&view, other.target));
                writeln!(out, "   with the checkpoint goes {top} into {target}")?;
            }
            if !merge.must_be_gone().is_empty() && number.saturating_add(1) < self.estate.schedule.merges.len() {
                let what = "before the next: let the machine run, make a backup, and see that the merged files are gone. \
                            Windows may leave them, and what is free from here on counts on their room";
                for line in
                    text::wrap(what, self.style.width.map_or(usize::MAX, |width| width.saturating_sub(3).max(24)))
                {
                    writeln!(out, "   {line}")?;
                }
            }
            if way.duration.is_some() {
                let all = super::sentences::duration(step.done_after);
                writeln!(out, "   done {all} after the start of the first, at the latest")?;
            }
            let touched = |name: &String| way.volumes.iter().any(|(volume, _)| volume.name == *name);
            for (volume, free) in step.free.iter().filter(|(name, _)| touched(name)) {
                writeln!(out, "   {} {} free afterwards", label(volume), size(*free))?;
            }
        }
        Ok(())
    }

    fn left(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.estate.schedule.left.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", self.style.paint(Paint::Strong, "Left out"))?;
        for left in &self.estate.schedule.left {
            let Some(merge) = self.merge(left.candidate) else { continue };
            let why = why(&left.why, |candidate| self.merge(candidate).map(|merge| self.title(merge)));
            writeln!(out, "  {}: {why}", self.title(merge))?;
        }
        Ok(())
    }

    fn blocked(&self, out: &mut dyn Write) -> io::Result<()> {
        let blocked: Vec<&EstateMerge> = self.estate.merges.iter().filter(|merge| merge.method.is_none()).collect();
        if blocked.is_empty() && self.estate.unplanned.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", self.style.paint(Paint::Strong, "In the way (vhdxray plan FILE tells more)"))?;
        for merge in blocked {
            let reasons: Vec<String> =
                merge.obstacles().iter().map(|condition| format!("{} {}", condition.number, condition.name)).collect();
            let reasons = match merge.after {
                Some(file) => {
                    let first = self.inspection.file(file).map_or_else(String::new, |found| text::path(&found.path));
                    format!("the merge of {first} deletes a checkpoint that keeps files of both; plan again after it")
                }
                None if reasons.is_empty() => "no way is open".to_owned(),
                None => reasons.join(", "),
            };
            writeln!(out, "  {}: {}", self.title(merge), self.style.paint(Paint::Alarm, reasons))?;
        }
        for (file, error) in &self.estate.unplanned {
            let path = self.inspection.file(*file).map_or_else(String::new, |found| text::path(&found.path));
            writeln!(out, "  {path}: {}", printable(&error.reason().to_string()))?;
        }
        Ok(())
    }

    fn merge(&self, candidate: usize) -> Option<&EstateMerge> {
        self.estate.merges.get(*self.estate.candidates.get(candidate)?)
    }

    fn title(&self, merge: &EstateMerge) -> String {
        let view = View { inspection: self.inspection, plan: &merge.plan };
        let course = &merge.plan.course;
        let more = match course.merged.len() {
            1 => String::new(),
            n => format!(" and {} below it", text::plural(count(n.saturating_sub(1)), "file")),
        };
        format!("{}{more} into {}", name(&view, Some(course.top())), name(&view, course.target))
    }
}

/// The name of a volume before what is said of it: a drive has its colon already.
fn label(volume: &str) -> String {
    let colon = if volume.ends_with(':') { "" } else { ":" };
    format!("{}{colon}", printable(volume))
}

/// Why a merge is left out, in words.
pub(in crate::report) fn why(why: &Why<String>, title: impl Fn(usize) -> Option<String>) -> String {
    match why {
        Why::NoRoom { volume, missing } => {
            format!("no room: {} more are needed on {}", size(*missing), printable(volume))
        }
        Why::UnknownRoom { volume } => {
            format!("nobody says what is free on {} (--disk-free)", printable(volume))
        }
        Why::Needs { candidate } => {
            format!("it needs another that is left out: {}", title(*candidate).unwrap_or_default())
        }
        Why::NeverReady => "it can never be ready".to_owned(),
        Why::NotNeeded => "enough is won without it".to_owned(),
    }
}
