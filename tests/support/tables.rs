//! The corpus's tables as typed rows.

use std::path::Path;

/// What kind of file a row of MANIFEST.tsv stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Vhdx(DiskType),
    Vhd(DiskType),
    VhdSet,
    Vmcx,
    Vmrs,
    VmXml,
}

/// The type of a virtual disk, under the names that `Get-VHD` uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiskType {
    Fixed,
    Dynamic,
    Differencing,
}

impl DiskType {
    /// The name in the JSON output.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Dynamic => "dynamic",
            Self::Differencing => "differencing",
        }
    }
}

/// One row of MANIFEST.tsv: one file, where it comes from and what is true of it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Folder of the files that belong together.
    pub(crate) name: String,
    /// Path below the corpus, with `.zst` where it is packed.
    pub(crate) file: String,
    pub(crate) origin: String,
    pub(crate) licence: String,
    pub(crate) made_by: String,
    pub(crate) kind: Kind,
    /// Whether bytes were changed after the file was written.
    pub(crate) damaged: bool,
    pub(crate) virtual_size: Option<u64>,
    pub(crate) block_size: Option<u64>,
    pub(crate) logical_sector: Option<u64>,
    pub(crate) physical_sector: Option<u64>,
    /// `None` where the format has no log.
    pub(crate) dirty_log: Option<bool>,
    /// File name of the parent, where there is one.
    pub(crate) parent: Option<String>,
    pub(crate) parent_absent: bool,
    pub(crate) stored_size: u64,
    pub(crate) file_sha256: String,
    pub(crate) unpacked_sha256: String,
    /// SHA-256 of the whole virtual disk, merged with its parents, after replay.
    pub(crate) merged_sha256: Option<String>,
    pub(crate) merged_by: String,
    pub(crate) remarks: String,
}

impl Row {
    /// Path of the unpacked file below the unpacked corpus.
    pub(crate) fn unpacked(&self) -> &str {
        self.file.strip_suffix(".zst").unwrap_or(&self.file)
    }

    pub(crate) fn is_packed(&self) -> bool {
        self.unpacked() != self.file
    }

    /// The file name without its folder and without `.zst`.
    pub(crate) fn file_name(&self) -> &str {
        self.unpacked().rsplit('/').next().unwrap_or_default()
    }

    /// The disk's type, for VHDX rows.
    pub(crate) fn vhdx(&self) -> Option<DiskType> {
        match self.kind {
            Kind::Vhdx(disk_type) => Some(disk_type),
            _ => None,
        }
    }

    /// The disk's type, for VHD rows.
    pub(crate) fn vhd(&self) -> Option<DiskType> {
        match self.kind {
            Kind::Vhd(disk_type) => Some(disk_type),
            _ => None,
        }
    }

    pub(crate) fn is_differencing(&self) -> bool {
        matches!(self.kind, Kind::Vhdx(DiskType::Differencing) | Kind::Vhd(DiskType::Differencing))
    }

    /// Whether another project published this very file, as opposed to one made or altered for the corpus.
    pub(crate) fn is_real(&self) -> bool {
        self.origin != "made for this corpus" && !self.damaged
    }

    /// Name of the folder that holds the file of which this one is a copy, altered or not.
    pub(crate) fn copy_of(&self) -> Option<&str> {
        let altered = self.origin.split_once("(altered copy of ").and_then(|(_, rest)| rest.strip_suffix(')'));
        altered.or_else(|| self.made_by.strip_prefix("copy of ")?.split(' ').next().filter(|name| *name != "a"))
    }
}

/// One row of LOCATORS.tsv.
#[derive(Clone, Debug)]
pub(crate) struct LocatorRow {
    /// Path below the corpus, as in [`Row::file`].
    pub(crate) file: String,
    /// A locator key as stored, or a note in brackets such as `(own DataWriteGuid)`.
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) parent_has: String,
    pub(crate) link: Link,
}

/// What the column `match` of LOCATORS.tsv says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    Matches,
    Differs,
    ParentAbsent,
    /// A row that says nothing about the link.
    Silent,
}

/// One row of CONFIG.tsv: a decoded value of a configuration file.
#[derive(Clone, Debug)]
pub(crate) struct ConfigRow {
    pub(crate) file: String,
    pub(crate) kind: String,
    pub(crate) key: String,
    /// As the Python literal that the table holds.
    pub(crate) value: String,
}

pub(crate) fn manifest(folder: &Path) -> Vec<Row> {
    read(&folder.join("MANIFEST.tsv"), 18).into_iter().map(|cells| manifest_row(&cells)).collect()
}

pub(crate) fn locators(folder: &Path) -> Vec<LocatorRow> {
    let row = |cells: Vec<String>| {
        let link = match cells[4].as_str() {
            "yes" => Link::Matches,
            "NO" => Link::Differs,
            "parent absent" => Link::ParentAbsent,
            _ => Link::Silent,
        };
        let [file, key, value, parent_has, _] = <[String; 5]>::try_from(cells).expect("five columns");
        LocatorRow { file, key, value, parent_has, link }
    };
    read(&folder.join("LOCATORS.tsv"), 5).into_iter().map(row).collect()
}

pub(crate) fn config(folder: &Path) -> Vec<ConfigRow> {
    let row = |cells: Vec<String>| {
        let [file, kind, key, value] = <[String; 4]>::try_from(cells).expect("four columns");
        ConfigRow { file, kind, key, value }
    };
    read(&folder.join("CONFIG.tsv"), 4).into_iter().map(row).collect()
}

fn manifest_row(cells: &[String]) -> Row {
    let cell = |index: usize| cells[index].clone();
    let number = |index: usize| match cells[index].as_str() {
        "-" | "" => None,
        text => Some(text.parse().unwrap_or_else(|_| panic!("{}: {text:?} is no number", cells[1]))),
    };
    let (kind, damaged) = kind(&cells[5]);
    let parent = cells[11].replace("(absent)", "").trim().to_owned();
    Row {
        name: cell(0),
        file: cell(1),
        origin: cell(2),
        licence: cell(3),
        made_by: cell(4),
        kind,
        damaged,
        virtual_size: number(6),
        block_size: number(7),
        logical_sector: number(8),
        physical_sector: number(9),
        dirty_log: match cells[10].as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        },
        parent: Some(parent).filter(|name| !name.is_empty()),
        parent_absent: cells[11].contains("(absent)"),
        stored_size: number(12).expect("every row has a stored size"),
        file_sha256: cell(13),
        unpacked_sha256: cell(14),
        merged_sha256: Some(cell(15)).filter(|hash| hash.len() == 64),
        merged_by: cell(16),
        remarks: cell(17),
    }
}

fn kind(text: &str) -> (Kind, bool) {
    let (text, damaged) = text.strip_suffix(" DAMAGED").map_or((text, false), |text| (text, true));
    let disk_type = |name: &str| match name {
        "fixed" => DiskType::Fixed,
        "dynamic" => DiskType::Dynamic,
        "differencing" => DiskType::Differencing,
        _ => panic!("unknown disk type {name:?}"),
    };
    let kind = match text {
        "VHD set (.vhds)" => Kind::VhdSet,
        "config VMCX" => Kind::Vmcx,
        "config VMRS" => Kind::Vmrs,
        "config XML" => Kind::VmXml,
        _ => match text.split_once(' ') {
            Some(("VHDX", name)) => Kind::Vhdx(disk_type(name)),
            Some(("VHD", name)) => Kind::Vhd(disk_type(name)),
            _ => panic!("unknown kind {text:?}"),
        },
    };
    (kind, damaged)
}

/// The rows below the heading, each with exactly `columns` cells.
fn read(path: &Path, columns: usize) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let row = |line: &str| {
        let mut cells: Vec<String> = line.split('\t').map(str::to_owned).collect();
        assert!(cells.len() <= columns, "{}: {line:?} has {} columns", path.display(), cells.len());
        cells.resize(columns, String::new());
        cells
    };
    text.lines().skip(1).map(row).collect()
}
