//! What was found wrong with single files, as a bundle holds it: what the chains tell is found anew from the facts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::checks::{self, Evidence, Finding, NotShown, Related, Severity};
use crate::estate::OriginNo;
use crate::units::{ByteLen, FileOffset, VirtualOffset};

use super::text::Text;
use super::words;

/// A finding, without the bytes at its place.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FindingLine {
    /// The code of the check.
    pub code: String,
    /// The severity.
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub severity: Severity,
    /// The file.
    pub path: Text,
    /// The structure; empty where it is about the file as a whole.
    #[serde(default)]
    pub structure: String,
    /// Where in the file.
    #[serde(default)]
    pub offset: Option<u64>,
    /// Bytes from there on that it is about.
    #[serde(default)]
    pub length_bytes: u64,
    /// Where on the virtual disk.
    #[serde(default)]
    pub virtual_offset: Option<u64>,
    /// One line for people.
    pub message: String,
    /// What it was concluded from.
    #[serde(default)]
    pub evidence: BTreeMap<String, EvidenceLine>,
    /// Other places that have to do with it.
    #[serde(default)]
    pub related: Vec<RelatedLine>,
}

/// One piece of evidence.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EvidenceLine {
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
}

/// Another place.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RelatedLine {
    /// The file.
    pub path: Text,
    /// Where in it.
    #[serde(default)]
    pub offset: Option<u64>,
    /// What it has to do with the finding.
    pub note: String,
}

/// How many findings of a check in a file are not shown.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NotShownLine {
    /// The code of the check.
    pub code: String,
    /// The file.
    pub path: Text,
    /// How many.
    pub count: u64,
}

impl From<&Finding> for FindingLine {
    fn from(finding: &Finding) -> Self {
        let related = |related: &Related| RelatedLine {
            path: Text::of_path(&related.path),
            offset: related.offset.map(FileOffset::get),
            note: related.note.clone(),
        };
        Self {
            code: finding.code.to_owned(),
            severity: finding.severity,
            path: Text::of_path(&finding.path),
            structure: finding.structure.to_string(),
            offset: finding.offset.map(FileOffset::get),
            length_bytes: finding.length.0,
            virtual_offset: finding.virtual_offset.map(VirtualOffset::get),
            message: finding.message.clone(),
            evidence: finding.evidence.iter().map(|(name, value)| (name.to_string(), value.into())).collect(),
            related: finding.related.iter().map(related).collect(),
        }
    }
}

impl FindingLine {
    /// The finding; `None` where no check has its code, as in a bundle of a later version.
    pub(super) fn into_finding(self, from_windows: bool) -> Option<Finding> {
        let check = checks::find(&self.code)?;
        let related = |related: RelatedLine| Related {
            origin: None,
            path: related.path.to_path(from_windows),
            offset: related.offset.map(FileOffset),
            note: related.note,
        };
        Some(Finding {
            code: check.code,
            name: check.name,
            severity: self.severity,
            origin: OriginNo::default(),
            path: self.path.to_path(from_windows),
            structure: self.structure.into(),
            offset: self.offset.map(FileOffset),
            length: ByteLen(self.length_bytes),
            virtual_offset: self.virtual_offset.map(VirtualOffset),
            message: self.message,
            evidence: self.evidence.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            related: self.related.into_iter().map(related).collect(),
            excerpt: None,
        })
    }
}

impl From<&Evidence> for EvidenceLine {
    fn from(evidence: &Evidence) -> Self {
        match evidence {
            Evidence::Text(text) => Self::Text(text.clone()),
            Evidence::Number(number) => Self::Number(*number),
            Evidence::List(texts) => Self::List(texts.clone()),
        }
    }
}

impl From<EvidenceLine> for Evidence {
    fn from(line: EvidenceLine) -> Self {
        match line {
            EvidenceLine::Text(text) => Self::Text(text),
            EvidenceLine::Number(number) => Self::Number(number),
            EvidenceLine::List(texts) => Self::List(texts),
        }
    }
}

impl From<&NotShown> for NotShownLine {
    fn from(more: &NotShown) -> Self {
        Self { code: more.code.to_owned(), path: Text::of_path(&more.path), count: more.count }
    }
}

impl NotShownLine {
    pub(super) fn into_not_shown(self, from_windows: bool) -> Option<NotShown> {
        let code = checks::find(&self.code)?.code;
        let path = self.path.to_path(from_windows);
        Some(NotShown { code, origin: OriginNo::default(), path, count: self.count })
    }
}
