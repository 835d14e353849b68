//! What is told by a signature and no more: file systems that keep their label elsewhere, and what lies under file
//! systems.

use uuid::Uuid;

use super::ascii::label;

/// What a signature says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its name.
    pub name: &'static str,
    /// The label, where it stands beside the signature.
    pub label: Option<String>,
    /// The serial number or id, where it stands beside the signature.
    pub serial: Option<String>,
}

impl Signed {
    fn new(name: &'static str) -> Self {
        Self { name, label: None, serial: None }
    }
}

/// What the start of a volume is signed as.
pub fn find(volume: &[u8]) -> Option<Signed> {
    let is = |at: usize, signature: &[u8]| {
        at.checked_add(signature.len()).and_then(|end| volume.get(at..end)) == Some(signature)
    };
    if is(3, b"-FVE-FS-") || is(424, &BITLOCKER_TO_GO) {
        return Some(Signed::new("BitLocker"));
    }
    if is(3, b"ReFS\0\0\0\0") && is(16, b"FSRS") {
        return Some(Signed { serial: volume.get(0x38..0x40).and_then(hex_le), ..Signed::new("ReFS") });
    }
    if is(0, b"LUKS\xBA\xBE") {
        // The second version has a label; both have an id as text.
        let second = is(6, &[0, 2]);
        return Some(Signed {
            label: volume.get(24..72).filter(|_| second).and_then(label),
            serial: volume.get(168..208).and_then(label),
            ..Signed::new("LUKS")
        });
    }
    // The label of a physical volume stands in one of the first four sectors.
    let lvm = (0..4_usize).map(|sector| sector.saturating_mul(512));
    if let Some(at) = lvm.into_iter().find(|at| is(*at, b"LABELONE") && is(at.saturating_add(24), b"LVM2 001")) {
        let id = volume.get(at.saturating_add(32)..at.saturating_add(64));
        return Some(Signed { serial: id.and_then(lvm_id), ..Signed::new("LVM") });
    }
    if let Some(at) = [0, 4096].into_iter().find(|at| is(*at, &0xA92B_4EFC_u32.to_le_bytes())) {
        let id = volume.get(at.saturating_add(16)..at.saturating_add(32)).and_then(|id| id.try_into().ok());
        return Some(Signed {
            label: volume.get(at.saturating_add(32)..at.saturating_add(64)).and_then(label),
            serial: id.map(|id| Uuid::from_bytes(id).to_string()),
            ..Signed::new("Linux RAID")
        });
    }
    if is(32_769, b"CD001") {
        return Some(Signed { label: volume.get(32_808..32_840).and_then(label), ..Signed::new("ISO 9660") });
    }
    None
}

/// 4967D63B-2E29-4AD8-8399-F6A339E3D001, by which a removable disk under `BitLocker` is known.
const BITLOCKER_TO_GO: [u8; 16] =
    [0x3B, 0xD6, 0x67, 0x49, 0x29, 0x2E, 0xD8, 0x4A, 0x83, 0x99, 0xF6, 0xA3, 0x39, 0xE3, 0xD0, 0x01];

/// The id of a physical volume with the dashes that LVM shows it with.
fn lvm_id(field: &[u8]) -> Option<String> {
    let id = label(field).filter(|id| id.len() == 32 && id.is_ascii())?;
    let ends = [6, 10, 14, 18, 22, 26, 32];
    let parts = std::iter::once(0).chain(ends).zip(ends).map(|(start, end)| id.get(start..end));
    Some(parts.collect::<Option<Vec<&str>>>()?.join("-"))
}

/// Eight bytes as a number, as Windows shows it.
fn hex_le(bytes: &[u8]) -> Option<String> {
    Some(format!("{:016X}", u64::from_le_bytes(bytes.try_into().ok()?)))
}
