//! Events in the logs of Windows that have to do with virtual disks.

/// One event.
#[derive(Debug)]
pub struct Event {
    /// The log: `Hyper-V-VMMS` or `VHDMP`.
    pub source: &'static str,
    /// The number.
    pub id: u32,
    /// What it means.
    pub meaning: &'static str,
    /// What to look at.
    pub look_at: &'static str,
    /// What an expert does.
    pub expert: &'static str,
    /// The checks whose findings belong to it.
    pub findings: &'static [&'static str],
}

/// All events that are explained, sorted by log and number.
pub static EVENTS: [Event; 21] = [
    Event {
        source: "Hyper-V-VMMS",
        id: 3_050,
        meaning: "The memory of a saved machine or checkpoint could not be written: there is not enough space.",
        look_at: "Free space where the checkpoints lie.",
        expert: "Frees space, or sets checkpoints to production only, which keep no memory.",
        findings: &["VHDX1018"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 4_096,
        meaning: "The configuration of a machine is no longer accessible.",
        look_at: "Whether the .vmcx or .xml file is there, and whether checkpoints were removed one after the other \
            just before.",
        expert: "Restores the configuration, or makes a machine anew around the leaf of the chain, not its base.",
        findings: &["VHDX1001", "VHDX1002", "VHDX1009"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 12_140,
        meaning: "A virtual disk could not be opened: it is reported with the error code that says why.",
        look_at: "The code in the event's text: look it up here.",
        expert: "Follows the code.",
        findings: &["VHDX0801", "VHDX0803", "VHDX0809"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 12_142,
        meaning: "A virtual disk of a chain could not be opened, with the size of its parent as a frequent reason for \
            VHD files.",
        look_at: "The sizes along the chain, and whether the base was expanded.",
        expert: "Restores the size of the base on a copy.",
        findings: &["VHDX0809"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 16_300,
        meaning: "The configuration of a machine could not be loaded.",
        look_at: "The .vmcx file: is it zero or damaged after a crash?",
        expert: "Restores it from a backup, or makes a machine anew around the leaf of the chain.",
        findings: &["VHDX1001", "VHDX1002"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 16_310,
        meaning: "The configuration of a machine could not be loaded because it is damaged.",
        look_at: "The .vmcx file: is it zero or damaged after a crash?",
        expert: "Restores it from a backup, or makes a machine anew around the leaf of the chain.",
        findings: &["VHDX1001", "VHDX1002", "VHDX1003"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 16_330,
        meaning: "The configuration of a machine could not be loaded because it could not be read as one.",
        look_at: "The .vmcx file: is it zero or damaged after a crash?",
        expert: "Restores it from a backup, or makes a machine anew around the leaf of the chain.",
        findings: &["VHDX1001", "VHDX1002"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 16_410,
        meaning: "An action on a machine failed because its configuration is not accessible.",
        look_at: "Storage that went away, and checkpoints that were removed in quick succession.",
        expert: "Brings the storage back and restarts the service; else makes the machine anew on the leaf.",
        findings: &["VHDX1001", "VHDX1009"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 18_012,
        meaning: "A checkpoint could not be made.",
        look_at: "Free space, backup and replication on the same machine, and writers inside the guest.",
        expert: "Reads the event before it for the reason; looks for .avhdx files that the attempt left behind.",
        findings: &["VHDX0810", "VHDX0914"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 19_100,
        meaning: "The background merge of a disk failed.",
        look_at: "How long the chain is, whether its links hold, free space, and how fragmented the files are.",
        expert: "Clears the reason, then makes and deletes a checkpoint, which starts the merge again. Deletes no \
            .avhdx file.",
        findings: &["VHDX0801", "VHDX0803", "VHDX0804", "VHDX0810", "VHDX0911", "VHDX1014"],
    },
    Event {
        source: "Hyper-V-VMMS",
        id: 32_774,
        meaning: "A replication or checkpoint operation failed because a file was in use.",
        look_at: "An .avhdx file that was made ahead and belongs to nobody; who holds it open.",
        expert: "Moves the machine or restarts the node, then renames the orphan away.",
        findings: &["VHDX0908", "VHDX0914"],
    },
    Event {
        source: "VHDMP",
        id: 1,
        meaning: "A virtual disk was attached.",
        look_at: "Which file, and as which disk number; for an examiner, when.",
        expert: "Compares the times with those of the file.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 2,
        meaning: "A virtual disk was detached.",
        look_at: "Which file; for an examiner, when.",
        expert: "Compares the times with those of the file.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 3,
        meaning: "An operation on a virtual disk failed.",
        look_at: "The status code in the event's text: look it up here.",
        expert: "Follows the code.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 4,
        meaning: "An operation on a virtual disk failed.",
        look_at: "The status code in the event's text: look it up here.",
        expert: "Follows the code.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 5,
        meaning: "An operation on a virtual disk failed.",
        look_at: "The status code in the event's text: look it up here.",
        expert: "Follows the code.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 6,
        meaning: "An operation on a virtual disk failed.",
        look_at: "The status code in the event's text: look it up here.",
        expert: "Follows the code.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 7,
        meaning: "The chain of a virtual disk is corrupted.",
        look_at: "Every link of the chain, by identity.",
        expert: "Looks at the findings of the chain: the first broken link from the leaf upwards is the cause.",
        findings: &["VHDX0801", "VHDX0803", "VHDX0806", "VHDX0807"],
    },
    Event {
        source: "VHDMP",
        id: 8,
        meaning: "The disk was changed without its change tracking file being updated.",
        look_at: "Whether the disk was attached, merged or restored outside of Hyper-V.",
        expert: "Makes a full backup.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 9,
        meaning: "The change tracking of the disk does not fit it; met together with event 8.",
        look_at: "The .rct and .mrt beside the disk.",
        expert: "Removes them while the machine is off, and makes a full backup.",
        findings: &[],
    },
    Event {
        source: "VHDMP",
        id: 10,
        meaning: "The change tracking of the disk does not fit it; met together with event 8.",
        look_at: "The .rct and .mrt beside the disk.",
        expert: "Removes them while the machine is off, and makes a full backup.",
        findings: &[],
    },
];
