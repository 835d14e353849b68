//! The tables of the history, version by version. A version that was ever written is never changed: what is new comes
//! as one more step.
//!
//! The comments stand inside the statements, so that `.schema` of the sqlite3 command shows them.

/// What marks a database as a history of this program (`PRAGMA application_id`): "vhXR".
pub const APPLICATION_ID: i64 = 0x7668_5852;

/// The steps from an empty database to the version of this program; the number of a version (`PRAGMA user_version`) is
/// the number of steps that were taken.
pub const MIGRATIONS: [&str; 3] = [VERSION_1, VERSION_2, VERSION_3];

/// The version that this program writes.
pub const VERSION: usize = MIGRATIONS.len();

const VERSION_1: &str = "
CREATE TABLE run ( -- One `history record`. A run is written in one transaction: what is here is whole.
    id INTEGER PRIMARY KEY AUTOINCREMENT, -- runs count in the order in which they were recorded
    as_of TEXT NOT NULL, -- the moment that the run stands for; all times are RFC 3339 in UTC
    started TEXT NOT NULL, -- when it started, by the computer's clock
    recorded TEXT NOT NULL, -- when it was recorded, by the computer's clock
    host TEXT, -- name of the computer; NULL where the system does not tell
    version TEXT NOT NULL, -- version of vhdxray
    walk TEXT NOT NULL, -- --max-depth, --exclude and --follow-links; empty for whole folders
    interrupted INTEGER NOT NULL, -- 1: broken off before all files were read
    files_seen_count INTEGER NOT NULL,
    files_read_count INTEGER NOT NULL
) STRICT;
CREATE TABLE root ( -- What was named. What lies outside was not looked at, and is not gone.
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    path TEXT NOT NULL, -- absolute
    path_raw_hex TEXT -- exact bytes of a path that is not valid Unicode
) STRICT;
CREATE TABLE unreadable ( -- What could not be read.
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    path_raw_hex TEXT,
    reason TEXT NOT NULL
) STRICT;
CREATE TABLE volume ( -- The volumes on which the files lie.
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    volume TEXT NOT NULL, -- the system's number of the device
    mount_path TEXT,
    mount_path_raw_hex TEXT,
    file_system TEXT,
    total_bytes INTEGER NOT NULL,
    free_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE file ( -- Disks, configurations and their companions, sorted by path within a run.
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    path_raw_hex TEXT,
    kind TEXT NOT NULL, -- vhdx, vhd, vmcx, ... as in files[].kind of `vhdxray scan --format json`
    readable INTEGER NOT NULL, -- 0: not all that was wanted could be read
    volume TEXT, -- volume.volume of the same run
    file_number INTEGER, -- the file's number on its volume (inode), as signed 64 bits
    file_size_bytes INTEGER,
    allocated_bytes INTEGER,
    modified TEXT,
    verdict_class TEXT, -- as in files[].verdict.class
    verdict_confidence TEXT
) STRICT;
CREATE INDEX file_of_run ON file (run_id);
CREATE TABLE disk ( -- What is known of a file that is a virtual disk.
    file_id INTEGER PRIMARY KEY REFERENCES file (id) ON DELETE CASCADE,
    disk_type TEXT, -- fixed, dynamic, differencing
    virtual_size_bytes INTEGER,
    block_size_bytes INTEGER,
    virtual_disk_id TEXT, -- the same along a chain
    data_write_guid TEXT, -- new whenever the content may change; what a child names its parent by
    file_write_guid TEXT, -- new whenever the file may change
    unique_id TEXT, -- a VHD's identity
    full_blocks_count INTEGER,
    partial_blocks_count INTEGER,
    zero_blocks_count INTEGER, -- zero, unmapped or undefined: they hide what the parent has
    blocks_count INTEGER,
    parent_file_id INTEGER REFERENCES file (id) ON DELETE SET NULL,
    parent_status TEXT, -- linked, missing, ... as in files[].image.parent.status
    parent_expected_guid TEXT
) STRICT;
CREATE INDEX disk_of_parent ON disk (parent_file_id);
CREATE TABLE machine ( -- A configuration of a machine or checkpoint.
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    configuration_id TEXT, -- the machine's id, or the checkpoint's
    machine_id TEXT, -- the machine that it is about
    name TEXT,
    kind TEXT NOT NULL, -- machine, checkpoint, planned, cached
    config_path TEXT NOT NULL,
    config_path_raw_hex TEXT,
    created TEXT
) STRICT;
CREATE INDEX machine_of_run ON machine (run_id);
CREATE TABLE attachment ( -- A disk that a configuration attaches.
    machine_row_id INTEGER NOT NULL REFERENCES machine (id) ON DELETE CASCADE,
    slot TEXT NOT NULL, -- controller and place, as in 'scsi 0:1'
    path_recorded TEXT NOT NULL,
    file_id INTEGER REFERENCES file (id) ON DELETE SET NULL -- NULL where it was not found
) STRICT;
CREATE INDEX attachment_of_machine ON attachment (machine_row_id);
CREATE TABLE chain ( -- A leaf with all that it depends on: its files are those that disk.parent_file_id leads to.
    leaf_file_id INTEGER PRIMARY KEY REFERENCES file (id) ON DELETE CASCADE,
    status TEXT NOT NULL, -- complete, broken, unreadable
    depth_count INTEGER NOT NULL,
    merge_growth_bytes INTEGER, -- growth of the base at most when all above it is merged into it; NULL: not known
    machine_row_id INTEGER REFERENCES machine (id) ON DELETE SET NULL -- the machine that uses the leaf
) STRICT;
CREATE VIEW disk_over_time AS -- Every disk in every run, one line each.
    SELECT run.id AS run, run.as_of, run.host, file.path, file.file_size_bytes, file.allocated_bytes,
        disk.virtual_size_bytes, disk.disk_type, disk.virtual_disk_id, disk.data_write_guid, disk.parent_status
    FROM run JOIN file ON file.run_id = run.id JOIN disk ON disk.file_id = file.id;
";

/// Whether a disk that is gone was merged or deleted can be told when a few pieces of its content were kept.
const VERSION_2: &str = "
CREATE TABLE sample ( -- A few pieces of a differencing disk's own content, kept to tell later whether they arrived in its parent.
    file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    virtual_offset INTEGER NOT NULL,
    length_bytes INTEGER NOT NULL,
    hash TEXT NOT NULL -- the first 16 bytes of the piece's BLAKE3 hash
) STRICT;
CREATE INDEX sample_of_file ON sample (file_id);
CREATE TABLE arrival ( -- What the samples of a disk that was gone at this run showed in the file that had been below it.
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    path TEXT NOT NULL, -- of the disk that is gone
    path_raw_hex TEXT,
    into_file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    compared_count INTEGER NOT NULL,
    arrived_count INTEGER NOT NULL
) STRICT;
CREATE INDEX arrival_of_run ON arrival (run_id);
";

/// A merge that was broken off leaves places of its target empty, and no guest can have done that by writing.
const VERSION_3: &str = "
ALTER TABLE arrival RENAME TO arrival_of_version_2;
CREATE TABLE arrival ( -- What the samples of a disk that was gone at this run showed in the file that had been below it.
    run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    path TEXT NOT NULL, -- of the disk that is gone
    path_raw_hex TEXT,
    into_file_id INTEGER NOT NULL REFERENCES file (id) ON DELETE CASCADE,
    compared_count INTEGER NOT NULL,
    arrived_count INTEGER NOT NULL,
    absent_count INTEGER -- of those that did not arrive: how many lie where the file has nothing at all; NULL: not known
) STRICT;
INSERT INTO arrival SELECT run_id, path, path_raw_hex, into_file_id, compared_count, arrived_count, NULL
    FROM arrival_of_version_2 ORDER BY rowid;
DROP TABLE arrival_of_version_2;
CREATE INDEX arrival_of_run ON arrival (run_id);
";
