//! One configuration file: what it is, read as what it is, and what is wrong with it.

use crate::error::{Error, ErrorKind, Result};
use crate::limits;
use crate::source::ReadAt;
use crate::units::{ByteLen, FileOffset};

use super::problem::Problems;
use super::storage::Storage;
use super::xml::{self, Xml};
use super::{Configuration, History, Key, ProblemKind, decode};

/// A configuration file: what it says, and the keys it says it with.
#[derive(Debug)]
pub struct VmFile {
    /// What it says.
    pub configuration: Configuration,
    /// The keys at the top, with all that stands below them.
    pub keys: Vec<Key>,
    /// What the file is made of.
    pub format: VmFormat,
    /// What it still tells of its past.
    pub history: History,
}

/// What a configuration file is made of.
#[derive(Clone, Debug)]
pub enum VmFormat {
    /// A Hyper-V storage container.
    Storage(Box<Storage>),
    /// An XML document.
    Xml(Xml),
    /// Neither: nothing is left of it, or it is no configuration. The problems tell which.
    None,
}

impl VmFormat {
    /// The word for the format in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Storage(_) => "storage",
            Self::Xml(_) => "xml",
            Self::None => "none",
        }
    }
}

impl VmFile {
    /// Reads a configuration. Damage does not fail here: it stands among the problems. Fails only where the file cannot
    /// be read.
    pub fn read(source: &dyn ReadAt) -> Result<Self> {
        let mut problems = Problems::default();
        let (format, keys, history) = if Storage::is_one(source) {
            let (storage, keys, history) = Storage::read(source, &mut problems);
            (VmFormat::Storage(Box::new(storage)), keys, history)
        } else {
            let (format, keys) = read_other(source, &mut problems)?;
            (format, keys, History::default())
        };
        let mut configuration = decode::configuration(&keys, source.path());
        configuration.problems = problems.into_vec();
        let failed = configuration.problems.iter().find(|problem| matches!(problem.error.kind(), ErrorKind::Io(_)));
        match failed {
            Some(problem) => Err(problem.error.clone()),
            None => Ok(Self { configuration, keys, format, history }),
        }
    }

    /// Number of keys with a value.
    pub fn value_count(&self) -> u64 {
        self.keys.iter().fold(0, |sum: u64, key| sum.saturating_add(key.count_values()))
    }
}

/// A file that is no container: XML, or nothing that could be read.
fn read_other(source: &dyn ReadAt, problems: &mut Problems) -> Result<(VmFormat, Vec<Key>)> {
    let size = source.size();
    if size.is_zero() {
        problems.add(ProblemKind::Empty, Error::malformed("", FileOffset::ZERO, "the file has no bytes"));
        return Ok((VmFormat::None, Vec::new()));
    }
    let zeros = leading_zeros(source)?;
    if zeros >= size.min(limits::MAX_ZERO_PROBE) {
        let what = match zeros < size {
            false => format!("all {zeros} bytes are zero"),
            true => format!("the first {zeros} of {size} bytes are zero"),
        };
        problems.add(ProblemKind::AllZero, Error::malformed("", FileOffset::ZERO, what));
        return Ok((VmFormat::None, Vec::new()));
    }
    let mut head = vec![0; usize::try_from(size.min(limits::MAX_VM_XML_PROLOG).0).unwrap_or_default()];
    let have = source.read_up_to("", FileOffset::ZERO, &mut head)?;
    if !xml::may_start(head.get(..have).unwrap_or_default()) {
        let what = "neither a Hyper-V storage container nor a configuration in XML";
        problems.add(ProblemKind::NotAConfiguration, Error::unsupported("", FileOffset::ZERO, what));
        return Ok((VmFormat::None, Vec::new()));
    }
    if size > limits::MAX_VM_XML {
        let bound = limits::MAX_VM_XML.0;
        let error = Error::limit(xml::STRUCTURE, FileOffset::ZERO, "MAX_VM_XML", bound, size.0);
        problems.add(ProblemKind::OverLimit, error);
    }
    let bytes = source.read_vec(xml::STRUCTURE, FileOffset::ZERO, size.min(limits::MAX_VM_XML))?;
    let (xml, keys) = Xml::read(&bytes, problems);
    let root = keys.iter().any(|key| key.name.eq_ignore_ascii_case("configuration"));
    if !root {
        let what = "an XML document whose root is no configuration";
        problems.add(ProblemKind::NotAConfiguration, Error::unsupported(xml::STRUCTURE, FileOffset::ZERO, what));
    }
    Ok((VmFormat::Xml(xml), keys))
}

/// How many of the first bytes are zero, as far as the bound.
fn leading_zeros(source: &dyn ReadAt) -> Result<ByteLen> {
    let mut piece = vec![0; 64 << 10];
    let mut at = FileOffset::ZERO;
    while at.0 < limits::MAX_ZERO_PROBE.0 {
        let have = source.read_up_to("", at, &mut piece)?;
        let bytes = piece.get(..have).unwrap_or_default();
        if let Some(first) = bytes.iter().position(|byte| *byte != 0) {
            return Ok(ByteLen(at.0).saturating_add(ByteLen::from(first)));
        }
        at = at.saturating_add(ByteLen::from(have));
        if have < piece.len() {
            break;
        }
    }
    Ok(ByteLen(at.0))
}
