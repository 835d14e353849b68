//! Error codes of Windows that have to do with virtual disks.
//!
//! Names and numbers are those of `winerror.h`; what is said about them is what was met in the field.

/// One error code.
#[derive(Debug)]
pub struct WindowsCode {
    /// The number, an `HRESULT`.
    pub code: u32,
    /// The name that programmers know it by.
    pub symbol: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What to look at.
    pub look_at: &'static str,
    /// What an expert does.
    pub expert: &'static str,
    /// The checks whose findings belong to it.
    pub findings: &'static [&'static str],
}

/// All codes that are explained, sorted by number.
pub static WINDOWS_CODES: [WindowsCode; 47] = [
    WindowsCode {
        code: 0x8007_0005,
        symbol: "E_ACCESSDENIED",
        meaning: "Access is denied.",
        look_at: "The rights on the file and on every file of its chain, after a copy or restore in particular.",
        expert: "Grants the machine's account, NT VIRTUAL MACHINE followed by its GUID, full access with icacls.",
        findings: &["VHDX0908", "VHDX0807"],
    },
    WindowsCode {
        code: 0x8007_0020,
        symbol: "ERROR_SHARING_VIOLATION",
        meaning: "Another process holds the file open.",
        look_at: "Backup, antivirus and replication on the host. Nothing is wrong on disk as a rule.",
        expert: "Ends the use, restarts the backup agent or the Hyper-V service, and excludes the folders from the \
            antivirus.",
        findings: &["VHDX0908", "VHDX0909"],
    },
    WindowsCode {
        code: 0x8007_0070,
        symbol: "ERROR_DISK_FULL",
        meaning: "The volume is full.",
        look_at: "How much a merge would need, and whether one was broken off.",
        expert: "Frees space by moving other files away, never by deleting a checkpoint file, and runs the same merge \
            again: the child is still usable.",
        findings: &["VHDX0705", "VHDX0804", "VHDX0810"],
    },
    WindowsCode {
        code: 0x8007_0299,
        symbol: "ERROR_FILE_SYSTEM_LIMITATION",
        meaning: "The file has so many pieces that the file system cannot keep track of more.",
        look_at: "Large, heavily fragmented .avhdx and .vhdx files on NTFS.",
        expert: "Copies the file, which puts it in one piece; uses ReFS or larger allocation units.",
        findings: &["VHDX0810"],
    },
    WindowsCode {
        code: 0xC03A_0001,
        symbol: "ERROR_VHD_DRIVE_FOOTER_MISSING",
        meaning: "The footer of a VHD file is not there.",
        look_at: "The last 512 bytes of the file: the cookie conectix is missing, usually because the file was cut \
            off, or because it is no VHD at all.",
        expert: "Reads the copy of the footer at the start of a dynamic or differencing disk and puts it back at the \
            end of a copy of the file. A fixed disk has no copy: there the size of the data gives the footer.",
        findings: &["VHDX1101", "VHDX1102", "VHDX0907", "VHDX0903"],
    },
    WindowsCode {
        code: 0xC03A_0002,
        symbol: "ERROR_VHD_DRIVE_FOOTER_CHECKSUM_MISMATCH",
        meaning: "The checksum of a VHD footer is wrong.",
        look_at: "The footer at the end and its copy at the start, and which of them has the right checksum.",
        expert: "Takes the copy that is right. If both are wrong and say the same, the file was edited by hand: \
            compares the fields with what they should be before a new checksum is written on a copy.",
        findings: &["VHDX1102", "VHDX1103", "VHDX1105"],
    },
    WindowsCode {
        code: 0xC03A_0003,
        symbol: "ERROR_VHD_DRIVE_FOOTER_CORRUPT",
        meaning: "A VHD footer has values that cannot be.",
        look_at: "Disk type, sizes and the offset of the dynamic disk header in the footer, beside those in its copy.",
        expert: "Works with the copy of the footer, or rebuilds the fields from the dynamic disk header and the \
            length of the file.",
        findings: &["VHDX1104", "VHDX1108", "VHDX1109"],
    },
    WindowsCode {
        code: 0xC03A_0004,
        symbol: "ERROR_VHD_FORMAT_UNKNOWN",
        meaning: "Windows does not know the file as a virtual disk.",
        look_at: "The first bytes and the headers: the file may be another type than its name says, empty, all zero, \
            or have its first sector overwritten.",
        expert: "Finds out what the file is by its content. A file whose identifier alone is damaged is whole \
            otherwise.",
        findings: &["VHDX0101", "VHDX0902", "VHDX0903", "VHDX0906", "VHDX0907"],
    },
    WindowsCode {
        code: 0xC03A_0005,
        symbol: "ERROR_VHD_FORMAT_UNSUPPORTED_VERSION",
        meaning: "The version of the format is not supported.",
        look_at: "The version in the VHDX header or the VHD footer, and its checksum.",
        expert: "Opens the file with the program that wrote it, as the creator field tells.",
        findings: &["VHDX0106", "VHDX0301", "VHDX1109"],
    },
    WindowsCode {
        code: 0xC03A_0006,
        symbol: "ERROR_VHD_SPARSE_HEADER_CHECKSUM_MISMATCH",
        meaning: "The checksum of a VHD's dynamic disk header is wrong.",
        look_at: "The 1,024 bytes of the dynamic disk header: table offset, number of entries, block size, parent.",
        expert: "Compares the fields with those of a disk of the same size and maker. There is only one copy of this \
            header.",
        findings: &["VHDX1106"],
    },
    WindowsCode {
        code: 0xC03A_0007,
        symbol: "ERROR_VHD_SPARSE_HEADER_UNSUPPORTED_VERSION",
        meaning: "The version of a VHD's dynamic disk header is not supported.",
        look_at: "The header version, which is 1.0 in every known file.",
        expert: "Treats the header as damaged.",
        findings: &["VHDX1107"],
    },
    WindowsCode {
        code: 0xC03A_0008,
        symbol: "ERROR_VHD_SPARSE_HEADER_CORRUPT",
        meaning: "A VHD's dynamic disk header has values that cannot be.",
        look_at: "Block size, table offset and number of entries against the size of the disk.",
        expert: "Takes the values from a backup, or from another disk of the same maker and size.",
        findings: &["VHDX1107", "VHDX1108"],
    },
    WindowsCode {
        code: 0xC03A_0009,
        symbol: "ERROR_VHD_BLOCK_ALLOCATION_FAILURE",
        meaning: "A block could not be allocated.",
        look_at: "Free space of the volume, and limits of its file system: a heavily fragmented file on NTFS can \
            reach the limit of its extent records.",
        expert: "Frees space or moves the file. Copies a fragmented file, which puts it in one piece.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_000A,
        symbol: "ERROR_VHD_BLOCK_ALLOCATION_TABLE_CORRUPT",
        meaning: "The block allocation table has entries that cannot be.",
        look_at: "Entries that lead behind the end of the file, over other structures or onto each other.",
        expert: "Compares the length of the file with its source: a file that was cut off is copied again. Otherwise \
            restores the disk; blocks without a finding can still be read.",
        findings: &[
            "VHDX0401", "VHDX0402", "VHDX0403", "VHDX0404", "VHDX0405", "VHDX0407", "VHDX0408", "VHDX1110", "VHDX1111",
            "VHDX1112",
        ],
    },
    WindowsCode {
        code: 0xC03A_000B,
        symbol: "ERROR_VHD_INVALID_BLOCK_SIZE",
        meaning: "The block size is not allowed.",
        look_at: "The block size in the VHDX file parameters or the VHD dynamic disk header.",
        expert: "Takes the right block size from a backup; the length of the BAT and the file system's own size tell \
            which one fits.",
        findings: &["VHDX0608", "VHDX1108"],
    },
    WindowsCode {
        code: 0xC03A_000C,
        symbol: "ERROR_VHD_BITMAP_MISMATCH",
        meaning: "A sector bitmap does not fit its block.",
        look_at: "Partially present blocks whose sector bitmap block is missing or in a reserved state.",
        expert: "Does not merge. Makes two copies, one with the blocks taken as whole and one with them taken from \
            the parent, and compares which file system is sound.",
        findings: &["VHDX0501", "VHDX0503", "VHDX0502"],
    },
    WindowsCode {
        code: 0xC03A_000D,
        symbol: "ERROR_VHD_PARENT_VHD_NOT_FOUND",
        meaning: "The parent of a differencing disk was not found.",
        look_at: "The paths recorded in the disk and where they lead, and the DataWriteGuid by which the parent is \
            known, whatever it is called now.",
        expert: "Finds the parent by its GUID among all files, puts it in its place or sets it with Set-VHD \
            -ParentPath, without -IgnoreIdMismatch.",
        findings: &["VHDX0801", "VHDX0802", "VHDX0708", "VHDX0706", "VHDX0710"],
    },
    WindowsCode {
        code: 0xC03A_000E,
        symbol: "ERROR_VHD_CHILD_PARENT_ID_MISMATCH",
        meaning: "The file in the parent's place has another identity than the child expects.",
        look_at: "Whether the parent was written to after the child was made, is an older or newer copy, or is \
            another disk; and whether a file with the right identity is elsewhere.",
        expert: "Looks for the right file first. Forces the link with Set-VHD -IgnoreIdMismatch only on copies and \
            only when the content is proved to be the same: otherwise two states are mixed.",
        findings: &["VHDX0803", "VHDX0712", "VHDX0704", "VHDX0107", "VHDX0804", "VHDX0805"],
    },
    WindowsCode {
        code: 0xC03A_000F,
        symbol: "ERROR_VHD_CHILD_PARENT_TIMESTAMP_MISMATCH",
        meaning: "The parent's time stamp is not the one that a VHD child recorded.",
        look_at: "The time stamp in the child's dynamic disk header beside the time of the last write of the parent's \
            file.",
        expert: "Checks that the unique id is right and that nobody wrote to the parent. A copy that did not keep the \
            file's time does this too, and is harmless.",
        findings: &["VHDX1115"],
    },
    WindowsCode {
        code: 0xC03A_0010,
        symbol: "ERROR_VHD_METADATA_READ_FAILURE",
        meaning: "The metadata could not be read.",
        look_at: "The metadata region and its table, and errors of the storage in the event log.",
        expert: "Copies the file to sound storage and reads it there.",
        findings: &["VHDX0601", "VHDX0602", "VHDX0605", "VHDX0606", "VHDX0607", "VHDX0908"],
    },
    WindowsCode {
        code: 0xC03A_0011,
        symbol: "ERROR_VHD_METADATA_WRITE_FAILURE",
        meaning: "The metadata could not be written.",
        look_at: "Free space, rights and errors of the storage.",
        expert: "Frees space, and tries again. The file itself is as it was.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0012,
        symbol: "ERROR_VHD_INVALID_SIZE",
        meaning: "The size of the virtual disk is not allowed.",
        look_at: "The virtual size against sector size and format: VHD ends at 2,040 GiB, VHDX at 64 TiB. In a VHD \
            chain the sizes must be equal.",
        expert: "Restores the size that the other files of the chain have.",
        findings: &["VHDX0608", "VHDX0809", "VHDX1108"],
    },
    WindowsCode {
        code: 0xC03A_0013,
        symbol: "ERROR_VHD_INVALID_FILE_SIZE",
        meaning: "The length of the file is not one that it can have.",
        look_at: "Whether the file was cut off: blocks behind its end, regions behind its end, bytes that the log \
            says were there.",
        expert: "Compares the length with the source and copies again.",
        findings: &["VHDX0901", "VHDX0207", "VHDX0405", "VHDX0308", "VHDX1109", "VHDX1110"],
    },
    WindowsCode {
        code: 0xC03A_0014,
        symbol: "ERROR_VIRTDISK_PROVIDER_NOT_FOUND",
        meaning: "No driver of this system takes the file.",
        look_at: "The extension of the file, and whether Hyper-V or the virtual disk service is installed.",
        expert: "Names the file for what it is; uses .vhdx on Windows 8 or later.",
        findings: &["VHDX0906"],
    },
    WindowsCode {
        code: 0xC03A_0015,
        symbol: "ERROR_VIRTDISK_NOT_VIRTUAL_DISK",
        meaning: "The path does not lead to a virtual disk.",
        look_at: "The type of the file by its content.",
        expert: "Names the right file.",
        findings: &["VHDX0906", "VHDX0907"],
    },
    WindowsCode {
        code: 0xC03A_0016,
        symbol: "ERROR_VHD_PARENT_VHD_ACCESS_DENIED",
        meaning: "The parent may not be opened.",
        look_at: "The rights on the parent: the machine's own account, NT VIRTUAL MACHINE followed by its GUID, needs \
            them too.",
        expert: "Grants them with icacls, on every file of the chain.",
        findings: &["VHDX0807", "VHDX0908"],
    },
    WindowsCode {
        code: 0xC03A_0017,
        symbol: "ERROR_VHD_CHILD_PARENT_SIZE_MISMATCH",
        meaning: "Parent and child have different sizes.",
        look_at: "The sizes of both. For VHD this is always wrong: the base was resized while it had children. For \
            VHDX it is allowed.",
        expert: "Restores the size of the VHD base, on a copy, then merges, then resizes.",
        findings: &["VHDX0809"],
    },
    WindowsCode {
        code: 0xC03A_0018,
        symbol: "ERROR_VHD_DIFFERENCING_CHAIN_CYCLE_DETECTED",
        meaning: "Following the parents leads back to a file met before.",
        look_at: "The recorded paths: do they name the file itself? And the identities: which file is the true base?",
        expert: "Finds the base by identity, and sets the parents anew, on copies.",
        findings: &["VHDX0711", "VHDX0806"],
    },
    WindowsCode {
        code: 0xC03A_0019,
        symbol: "ERROR_VHD_DIFFERENCING_CHAIN_ERROR_IN_PARENT",
        meaning: "One of the parents is faulty.",
        look_at: "Every file of the chain from this one upwards; the last one with findings of its own is the cause.",
        expert: "Mends the parent and leaves the children alone.",
        findings: &["VHDX0807"],
    },
    WindowsCode {
        code: 0xC03A_001A,
        symbol: "ERROR_VIRTUAL_DISK_LIMITATION",
        meaning: "The file lies on storage that cannot hold a virtual disk.",
        look_at: "Attributes of the file: compressed, encrypted or sparse; ReFS integrity streams; a volume that is \
            itself inside the disk.",
        expert: "Clears them: compact /u, cipher /d, fsutil sparse setflag FILE 0, Set-FileIntegrity -Enable $false.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_001B,
        symbol: "ERROR_VHD_INVALID_TYPE",
        meaning: "The operation does not fit the type of the disk.",
        look_at: "Whether the disk is fixed, dynamic or differencing: a merge wants a differencing disk, a resize \
            none with children.",
        expert: "Chooses the right file of the chain.",
        findings: &["VHDX0906"],
    },
    WindowsCode {
        code: 0xC03A_001C,
        symbol: "ERROR_VHD_INVALID_STATE",
        meaning: "The operation does not fit the state of the disk.",
        look_at: "Whether it is attached, or in use by a machine.",
        expert: "Detaches it or shuts the machine down.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_001D,
        symbol: "ERROR_VIRTDISK_UNSUPPORTED_DISK_SECTOR_SIZE",
        meaning: "The sector size is not supported here.",
        look_at: "Logical and physical sector size of the disk, of its parent and of the host's disk. VHD files do \
            not work as differencing disks on disks with 4,096-byte sectors.",
        expert: "Converts to VHDX, or sets the physical sector size with Set-VHD -PhysicalSectorSizeBytes.",
        findings: &["VHDX0808", "VHDX0608"],
    },
    WindowsCode {
        code: 0xC03A_001E,
        symbol: "ERROR_VIRTDISK_DISK_ALREADY_OWNED",
        meaning: "The disk belongs to somebody else already.",
        look_at: "Which machine, host or cluster node holds the file.",
        expert: "Ends that use first.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_001F,
        symbol: "ERROR_VIRTDISK_DISK_ONLINE_AND_WRITABLE",
        meaning: "The disk is attached for writing, and the operation wants it offline or read-only.",
        look_at: "Whether the host itself has the disk attached.",
        expert: "Sets it offline, or attaches it read-only.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0020,
        symbol: "ERROR_CTLOG_TRACKING_NOT_INITIALIZED",
        meaning: "Change tracking is not set up for the disk.",
        look_at: "Whether .rct and .mrt files lie beside the disk.",
        expert: "Lets the backup product make a full backup, which sets tracking up.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0021,
        symbol: "ERROR_CTLOG_LOGFILE_SIZE_EXCEEDED_MAXSIZE",
        meaning: "The change log is full.",
        look_at: "The size of the .hrl or .rct file.",
        expert: "Resumes or resynchronises replication, or makes a full backup.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0022,
        symbol: "ERROR_CTLOG_VHD_CHANGED_OFFLINE",
        meaning: "The disk was changed without its change tracking.",
        look_at: "Whether the disk was attached or merged outside of Hyper-V after the last backup.",
        expert: "Makes a full backup: the next incremental one would miss the change.",
        findings: &["VHDX0803"],
    },
    WindowsCode {
        code: 0xC03A_0023,
        symbol: "ERROR_CTLOG_INVALID_TRACKING_STATE",
        meaning: "Change tracking is in a state that the operation does not fit.",
        look_at: "Backup and replication at the same time.",
        expert: "Waits for the one to end, then starts the other again.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0024,
        symbol: "ERROR_CTLOG_INCONSISTENT_TRACKING_FILE",
        meaning: "The change tracking file does not fit the disk.",
        look_at: "The .rct and .mrt beside the disk: were they copied with it?",
        expert: "Removes them while the machine is off, and makes a full backup.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0025,
        symbol: "ERROR_VHD_RESIZE_WOULD_TRUNCATE_DATA",
        meaning: "Making the disk smaller would cut off a partition.",
        look_at: "The last partition of the disk.",
        expert: "Shrinks the partition in the guest first.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0026,
        symbol: "ERROR_VHD_COULD_NOT_COMPUTE_MINIMUM_VIRTUAL_SIZE",
        meaning: "The smallest possible size cannot be told.",
        look_at: "The partition table of the disk.",
        expert: "Repairs the partition table in the guest.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0027,
        symbol: "ERROR_VHD_ALREADY_AT_OR_BELOW_MINIMUM_VIRTUAL_SIZE",
        meaning: "The disk is as small as it can be.",
        look_at: "The last partition of the disk.",
        expert: "Shrinks the partition in the guest first, if the disk must be smaller.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0028,
        symbol: "ERROR_VHD_METADATA_FULL",
        meaning: "The metadata region has no room for more.",
        look_at: "The items in the metadata table.",
        expert: "Converts the disk, which makes a new metadata region.",
        findings: &["VHDX0604", "VHDX0610"],
    },
    WindowsCode {
        code: 0xC03A_0029,
        symbol: "ERROR_VHD_INVALID_CHANGE_TRACKING_ID",
        meaning: "The reference point of the backup is not one of this disk.",
        look_at: "Whether the disk was restored, replaced or merged since the last backup.",
        expert: "Makes a full backup.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_002A,
        symbol: "ERROR_VHD_CHANGE_TRACKING_DISABLED",
        meaning: "Change tracking is switched off for the disk.",
        look_at: "The configuration version of the machine, which must be at least 6.2.",
        expert: "Updates the configuration version, or uses backups without change tracking.",
        findings: &[],
    },
    WindowsCode {
        code: 0xC03A_0030,
        symbol: "ERROR_VHD_MISSING_CHANGE_TRACKING_INFORMATION",
        meaning: "The change tracking does not reach back to the reference point.",
        look_at: "Whether the .rct or .mrt file was lost or made anew.",
        expert: "Makes a full backup.",
        findings: &[],
    },
];
