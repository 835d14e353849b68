//! A check: its code, its name, what it has to say for itself, and the function that looks.

use super::linked_file::LinkedFile;
use super::severity::Severity;
use super::sink::Sink;
use super::subject::{Subject, VhdFile, VhdxFile};
use crate::chain::Link;
use crate::estate::{FoundFile, NamedPath};

/// One check. All of them stand in [`CHECKS`](super::CHECKS).
#[derive(Debug)]
pub struct Check {
    /// The stable code, never used again for anything else.
    pub code: &'static str,
    /// The name of the bad pattern.
    pub name: &'static str,
    /// The severity of its findings, or the highest where it depends.
    pub severity: Severity,
    /// The long text.
    pub explanation: Explanation,
    /// The function that looks.
    pub(super) run: Run,
}

/// The long text of a check, under fixed headings.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// What was seen.
    pub seen: &'static str,
    /// Why it matters.
    pub matters: &'static str,
    /// What harmless causes it can have.
    pub harmless: &'static str,
    /// What to do.
    pub todo: &'static str,
    /// What not to do first.
    pub not_first: &'static str,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Run {
    /// Any file that is, or calls itself, a disk.
    File(fn(&FoundFile, &mut Sink<'_>)),
    /// A VHDX file whose structures were read.
    Vhdx(fn(&VhdxFile<'_>, &mut Sink<'_>)),
    /// A VHD file whose structures were read.
    Vhd(fn(&VhdFile<'_>, &mut Sink<'_>)),
    /// A disk among the others.
    Linked(fn(&LinkedFile<'_>, &mut Sink<'_>)),
    /// A disk that has a parent, and what was found out about that.
    Link(fn(&LinkedFile<'_>, &Link, &mut Sink<'_>)),
    /// A file of an estate that is no disk: a configuration, a companion.
    Beside(fn(&LinkedFile<'_>, &mut Sink<'_>)),
    /// Any file of an estate, whatever it is: the check picks those that it is about.
    Estate(fn(&LinkedFile<'_>, &mut Sink<'_>)),
    /// All files below a path that was named.
    Below(fn(&Subject<'_>, &NamedPath, &mut Sink<'_>)),
}

/// What a check is about: the two digits after `VHDX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// File type identifier and headers.
    Header,
    /// Region tables.
    RegionTable,
    /// The log.
    Log,
    /// The block allocation table.
    Bat,
    /// Sector bitmaps.
    SectorBitmap,
    /// Metadata table and items.
    Metadata,
    /// Parent locator.
    ParentLocator,
    /// Files that depend on each other.
    Chain,
    /// The file as a whole, and who needs it.
    File,
    /// Configuration of virtual machines.
    Machine,
    /// VHD (version 1).
    Vhd,
    /// Companions of disks.
    Companion,
}

impl Family {
    /// All families, in the order of their numbers.
    pub const ALL: [Self; 12] = [
        Self::Header,
        Self::RegionTable,
        Self::Log,
        Self::Bat,
        Self::SectorBitmap,
        Self::Metadata,
        Self::ParentLocator,
        Self::Chain,
        Self::File,
        Self::Machine,
        Self::Vhd,
        Self::Companion,
    ];

    /// What its checks are about, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Header => "File type identifier and headers",
            Self::RegionTable => "Region tables",
            Self::Log => "Log",
            Self::Bat => "Block allocation table",
            Self::SectorBitmap => "Sector bitmaps",
            Self::Metadata => "Metadata",
            Self::ParentLocator => "Parent locator",
            Self::Chain => "Chain",
            Self::File => "The file as a whole, and who needs it",
            Self::Machine => "Virtual machine configuration",
            Self::Vhd => "VHD (version 1)",
            Self::Companion => "Companion files",
        }
    }

    /// The four characters and two digits that the codes of the family start with.
    pub fn prefix(self) -> String {
        let number = Self::ALL.iter().position(|family| *family == self).unwrap_or_default();
        format!("VHDX{:02}", number.saturating_add(1))
    }
}

/// What a check has to read of a file, beyond what opening it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// Nothing.
    Nothing,
    /// Every entry of its block allocation table.
    Blocks,
    /// Sector bitmaps, or space that may hold data.
    Content,
}

impl Check {
    /// What the check has to read of a file.
    pub fn cost(&self) -> Cost {
        match self.code {
            "VHDX0504" | "VHDX0505" | "VHDX0903" | "VHDX0904" | "VHDX0905" | "VHDX0907" | "VHDX0915" | "VHDX1113" => {
                Cost::Content
            }
            "VHDX0307" | "VHDX1110" | "VHDX1111" | "VHDX1112" => Cost::Blocks,
            _ if matches!(self.family(), Some(Family::Bat | Family::SectorBitmap)) => Cost::Blocks,
            _ => Cost::Nothing,
        }
    }

    /// What the check is about.
    pub fn family(&self) -> Option<Family> {
        let number: usize = self.code.strip_prefix("VHDX")?.get(..2)?.parse().ok()?;
        Family::ALL.get(number.checked_sub(1)?).copied()
    }

    /// Whether the check reads one file and nothing else: what it finds cannot be found anew from facts.
    pub fn is_of_file_alone(&self) -> bool {
        match self.run {
            Run::File(_) | Run::Vhdx(_) | Run::Vhd(_) => true,
            Run::Linked(_) | Run::Link(_) | Run::Beside(_) | Run::Estate(_) | Run::Below(_) => false,
        }
    }

    /// What its findings start from.
    pub(super) fn head(&self) -> (&'static str, &'static str, Severity) {
        (self.code, self.name, self.severity)
    }
}
