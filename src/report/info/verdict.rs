//! Who needs the file, as far as its folder and others that were named tell.

use std::io;

use crate::chain::FileNo;
use crate::estate::verdict::Class;
use crate::inspect::Inspection;
use crate::report::{Paint, text};

use super::sheet::Sheet;

pub(super) fn section(sheet: &mut Sheet<'_>, inspection: &Inspection, number: FileNo) -> io::Result<()> {
    let Some(verdict) = inspection.verdict(number) else { return Ok(()) };
    sheet.section("Who needs it")?;
    if verdict.class != Class::Unknown {
        sheet.row("Class", verdict.class.name())?;
        sheet.row("Confidence", verdict.confidence.name())?;
    }
    for reason in &verdict.reasons {
        sheet.bullet(Paint::Plain, &text::printable(reason))?;
    }
    let searched = match inspection.named_paths.len() {
        1 => "Only the folder of the file was looked through",
        _ => "Only the folders of what was named were looked through",
    };
    sheet.prose(Paint::Faint, &format!("{searched}; scan or orphans over all of the storage says more."))
}
