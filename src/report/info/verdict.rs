//! Who needs the file, as far as its folder tells.

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
    sheet.prose(
        Paint::Faint,
        "Only the folder of the file was looked through; scan or orphans over all of the storage says more.",
    )
}
