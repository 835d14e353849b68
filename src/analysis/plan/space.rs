//! Whether there is room for what grows, on each volume.

use std::collections::BTreeMap;

use crate::analysis::merge::{Balance, Cost, Place};
use crate::chain::FileNo;
use crate::units::ByteLen;

use super::course::Course;
use super::facts::{Facts, PlanVolume};
use super::method::Method;
use super::precondition::{self, Precondition};

/// What one way does to the volumes, sorted by name.
pub(super) fn balance(facts: &Facts<'_>, course: &Course, cost: &Cost) -> Vec<(PlanVolume, Balance)> {
    let chain = course.chain();
    let volume_of = |place: Place| {
        let layer = match place {
            Place::Layer(layer) => layer,
            // A new file is put beside the named one.
            Place::NewFile => 0,
        };
        chain.get(layer).and_then(|file| facts.volumes.get(file)).cloned().unwrap_or_else(|| PlanVolume {
            name: "?".to_owned(),
            given: None,
            measured: None,
        })
    };
    let mut balance: BTreeMap<PlanVolume, Balance> = cost.balance(volume_of);
    // An export leaves every old file where it is: what could go afterwards is for the user to say.
    if matches!(cost.method, crate::analysis::merge::Method::Export(_)) {
        for volume in balance.values_mut() {
            volume.freed = crate::analysis::merge::ByteRange::default();
        }
        balance.retain(|_, volume| *volume != Balance::default());
    }
    balance.into_iter().collect()
}

/// 13: there is room.
pub(super) fn condition(
    facts: &Facts<'_>,
    course: &Course,
    needs: &[(Method, Vec<(PlanVolume, Balance)>)],
) -> Precondition {
    let mut it = precondition::space();
    let on = |volume: &PlanVolume| -> Option<FileNo> {
        course.chain().into_iter().find(|file| facts.volumes.get(file) == Some(volume))
    };
    for (method, volumes) in needs {
        for (volume, balance) in volumes.iter().filter(|(_, balance)| !balance.peak.most.is_zero()) {
            let (least, most) = (balance.peak.least, balance.peak.most);
            let needed = if least == most { about(most) } else { format!("{} to {}", about(least), about(most)) };
            let what = format!("{}: {needed} on {}", method.title(), volume.name);
            match volume.given {
                Some(free) if free < least => {
                    it.space_fails(on(volume), format!("{what}, which has {} free", about(free)), *method);
                }
                Some(free) if free < most => it.space_unknown(
                    on(volume),
                    format!(
                        "{what}, which has {} free: enough if Windows uses space inside the file again",
                        about(free)
                    ),
                ),
                Some(free) => it.space_seen(on(volume), format!("{what}, which has {} free", about(free))),
                None => {
                    let here =
                        volume.measured.map_or_else(String::new, |free| format!("; {} are free here", about(free)));
                    it.space_unknown(on(volume), format!("{what}{here}"));
                }
            }
        }
    }
    it.space_end(
        "Say what is free with --disk-free VOLUME=SIZE. Win room by moving other files away (Move-VMStorage, images, what \
         vhdxray orphans lists after it was verified), never by deleting an .avhdx. On NTFS a file in very many pieces \
         stops growing before the volume is full (0x80070299).",
        "no file grows",
    )
}

/// A number of bytes in a sentence.
fn about(bytes: ByteLen) -> String {
    let tenths = |unit: u64| {
        let tenths = u128::from(bytes.0).saturating_mul(10) / u128::from(unit);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes.0 {
        0..1_048_576 => format!("{bytes} bytes"),
        1_048_576..1_073_741_824 => format!("{} MiB", tenths(1 << 20)),
        _ => format!("{} GiB", tenths(1 << 30)),
    }
}
