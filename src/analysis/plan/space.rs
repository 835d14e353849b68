//! Whether there is room for what grows, on each volume.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::merge::{Balance, ByteRange, Cost, Method as Merge, Place};
use crate::chain::FileNo;
use crate::units::ByteLen;

use super::bill::Bill;
use super::course::Course;
use super::facts::{Facts, PlanVolume};
use super::method::Method;
use super::precondition::{self, Precondition};

/// What a way does to each volume, sorted by name.
type Volumes = Vec<(PlanVolume, Balance)>;

/// What one way does to the volumes.
pub(super) fn balance(facts: &Facts<'_>, course: &Course, bill: &Bill) -> Volumes {
    let mut sum: BTreeMap<PlanVolume, Balance> = BTreeMap::new();
    for (course, orders) in [course].into_iter().chain(&course.also).zip(bill.disks()) {
        let each: Vec<_> = orders.iter().map(|cost| of_disk(facts, course, cost)).collect();
        let volumes: BTreeSet<&PlanVolume> = each.iter().flat_map(BTreeMap::keys).collect();
        for volume in volumes {
            let in_order = each.iter().map(|order| order.get(volume).copied().unwrap_or_default());
            let balance = in_order.reduce(Balance::hull).unwrap_or_default();
            let total = sum.entry(volume.clone()).or_default();
            *total = total.beside(balance);
        }
    }
    sum.into_iter().collect()
}

/// What merging one disk in one order does to the volumes.
fn of_disk(facts: &Facts<'_>, course: &Course, cost: &Cost) -> BTreeMap<PlanVolume, Balance> {
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
    if matches!(cost.method, Merge::Export(_)) {
        for volume in balance.values_mut() {
            volume.freed = ByteRange::default();
        }
        balance.retain(|_, volume| *volume != Balance::default());
    }
    balance
}

/// 13: there is room, for each way whose needs are known.
pub(super) fn condition(facts: &Facts<'_>, course: &Course, needs: &[(Method, Option<Volumes>)]) -> Precondition {
    let mut it = precondition::space();
    let on = |volume: &PlanVolume| -> Option<FileNo> {
        course.all_chains().into_iter().find(|file| facts.volumes.get(file) == Some(volume))
    };
    for (method, volumes) in needs {
        let Some(volumes) = volumes else {
            it.space_unknown(None, format!("{}: what it takes cannot be told", method.title()));
            continue;
        };
        for (volume, balance) in volumes.iter().filter(|(_, balance)| !balance.peak.most.is_zero()) {
            // Hyper-V deletes what it has merged. Merge-VHD may leave it, and then it is kept until all is done.
            let least = if *method == Method::Native { balance.peak.least } else { balance.used.least };
            let most = balance.peak.most;
            let needed = if least == most { about(most) } else { format!("{} to {}", about(least), about(most)) };
            // The machine may run meanwhile, and how much it writes nobody knows.
            let more = if *method == Method::Native { ", and what the guest writes meanwhile," } else { "" };
            let what = format!("{}: {needed}{more} on {}", method.title(), volume.name);
            match volume.given {
                Some(free) if free < least => {
                    it.space_fails(on(volume), format!("{what}, which has {} free", about(free)), *method);
                }
                Some(free) if free < most => it.space_unknown(
                    on(volume),
                    format!(
                        "{what}, which has {} free: enough only if Windows uses space inside the files again, or deletes \
                         what it has merged before it merges more",
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
