//! Earlier entries are still in the ring.

use crate::checks::prelude::*;
use std::collections::BTreeMap;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0309",
    name: "stale-log-entries",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The log holds whole entries that need no replay any more: of an earlier opening of the file, or \
            already written back (MS-VHDX 2.3).",
        matters: "Nothing is wrong; the ring is never wiped. The entries are a history: they keep earlier states of \
            BAT, bitmap and metadata sectors, in the order of their sequence numbers.",
        harmless: "Every file that was written to.",
        todo: "Nothing. An examiner reads them with the log command.",
        not_first: "Do not take their presence for a sign that the file was not closed: only the header's log GUID \
            says that.",
    },
    run: Run::Vhdx(run),
};

use uuid::Uuid;

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    const SHOWN: usize = 8;
    let Some(log) = &file.survey.log else { return };
    let (Some(header), true) = (file.survey.header(), log.problem.is_none()) else { return };
    let last = log.active.as_ref().map_or(0, |active| active.last_sequence_number);
    let stale = log.entries.iter().filter(|entry| {
        let is_newer = entry.header.log_guid == header.log_guid && entry.header.sequence_number > last;
        !entry.active && (header.log_guid.is_nil() || !is_newer)
    });
    let mut sessions: BTreeMap<Uuid, (u64, u64, u64)> = BTreeMap::new();
    for entry in stale.clone() {
        let number = entry.header.sequence_number;
        let session = sessions.entry(entry.header.log_guid).or_insert((number, number, 0));
        *session = (session.0.min(number), session.1.max(number), session.2.saturating_add(1));
    }
    let Some(first) = stale.clone().min_by_key(|entry| entry.header.sequence_number) else { return };
    let mut in_order: Vec<_> = sessions.into_iter().map(|(guid, (from, to, count))| (from, to, count, guid)).collect();
    in_order.sort_unstable();
    let session_count = in_order.len();
    let shown: Vec<String> = in_order
        .into_iter()
        .take(SHOWN)
        .map(|(from, to, count, guid)| format!("{guid}: {}, {from} to {to}", counted(count, "entry", "entries")))
        .collect();
    let count = stale.count();
    let finding = out
        .finding(
            "log",
            match count {
                1 => "the log keeps an entry that needs no replay".to_owned(),
                _ => format!("the log keeps {count} entries that need no replay"),
            },
        )
        .at(first.at, ByteLen(first.header.entry_length.into()))
        .with("entries_count", count)
        .with("sessions_count", session_count)
        .with("sessions_in_order", shown);
    out.push(finding);
}
