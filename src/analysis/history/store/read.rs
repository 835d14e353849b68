//! A run out of its tables.

use std::collections::HashMap;

use rusqlite::{Connection, Result, params};

use crate::analysis::history::path_text::PathText;
use crate::analysis::history::record::{
    Arrival, AttachmentRecord, ChainRecord, DiskRecord, FileRecord, MachineRecord, RunHead, RunNo, RunRecord, Sample,
    VolumeRecord,
};
use crate::units::VirtualOffset;

use super::columns::Columns;

pub(super) fn numbers(connection: &Connection) -> Result<Vec<RunNo>> {
    let mut statement = connection.prepare("SELECT id FROM run ORDER BY id")?;
    let rows = statement.query_map([], |row| row.get(0).map(RunNo))?;
    rows.collect()
}

/// The runs of a host, the last first.
pub(super) fn numbers_of(connection: &Connection, host: Option<&str>) -> Result<Vec<RunNo>> {
    let mut statement = connection.prepare("SELECT id FROM run WHERE host IS ? ORDER BY id DESC")?;
    let rows = statement.query_map(params![host], |row| row.get(0).map(RunNo))?;
    rows.collect()
}

/// What a run named.
#[expect(clippy::redundant_closure_for_method_calls, reason = "the method is of one lifetime, the closure of any")]
pub(super) fn roots(connection: &Connection, number: RunNo) -> Result<Vec<PathText>> {
    list(connection, "SELECT path, path_raw_hex FROM root WHERE run_id = ? ORDER BY rowid", number, |row| row.path())
}

pub(super) fn run(connection: &Connection, number: RunNo) -> Result<RunRecord> {
    let (mut files, places) = files(connection, number)?;
    disks(connection, number, &places, &mut files)?;
    let (machines, machine_places) = machines(connection, number, &places)?;
    Ok(RunRecord {
        head: head(connection, number)?,
        roots: roots(connection, number)?,
        unreadable: list(
            connection,
            "SELECT path, path_raw_hex, reason FROM unreadable WHERE run_id = ? ORDER BY rowid",
            number,
            |row| Ok((row.path()?, row.get()?)),
        )?,
        volumes: list(
            connection,
            "SELECT volume, mount_path, mount_path_raw_hex, file_system, total_bytes, free_bytes FROM volume
                WHERE run_id = ? ORDER BY rowid",
            number,
            |row| {
                Ok(VolumeRecord {
                    id: row.get()?,
                    mount_path: row.optional_path()?,
                    file_system: row.get()?,
                    total: row.bytes()?,
                    free: row.bytes()?,
                })
            },
        )?,
        chains: chains(connection, number, &places, &machine_places, &files)?,
        arrivals: list(
            connection,
            "SELECT path, path_raw_hex, into_file_id, compared_count, arrived_count, absent_count
                FROM arrival
                WHERE run_id = ? ORDER BY rowid",
            number,
            |row| {
                let path = row.path()?;
                let into = place(&places, Some(row.get()?)).unwrap_or(usize::MAX);
                Ok(Arrival { path, into, compared: row.count()?, arrived: row.count()?, absent: row.optional_count()? })
            },
        )?,
        files,
        machines,
    })
}

pub(super) fn head(connection: &Connection, number: RunNo) -> Result<RunHead> {
    connection.query_row(
        "SELECT as_of, started, recorded, host, version, walk, interrupted, files_seen_count, files_read_count FROM run
            WHERE id = ?",
        params![number.0],
        |row| {
            let mut row = Columns::of(row);
            Ok(RunHead {
                as_of: row.time()?,
                started: row.time()?,
                recorded: row.time()?,
                host: row.get()?,
                version: row.get()?,
                walk: row.get()?,
                interrupted: row.get()?,
                files_seen: row.count()?,
                files_read: row.count()?,
            })
        },
    )
}

/// From the row of a file or machine to its place in the list of its run.
type Places = HashMap<i64, usize>;

fn place(places: &Places, row: Option<i64>) -> Option<usize> {
    places.get(&row?).copied()
}

fn list<T>(
    connection: &Connection,
    query: &str,
    number: RunNo,
    mut read: impl FnMut(&mut Columns<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(params![number.0], |row| read(&mut Columns::of(row)))?;
    rows.collect()
}

fn files(connection: &Connection, number: RunNo) -> Result<(Vec<FileRecord>, Places)> {
    let rows = list(
        connection,
        "SELECT id, path, path_raw_hex, kind, readable, volume, file_number, file_size_bytes, allocated_bytes, modified,
            verdict_class, verdict_confidence FROM file WHERE run_id = ? ORDER BY id",
        number,
        |row| {
            let id: i64 = row.get()?;
            let file = FileRecord {
                path: row.path()?,
                kind: row.get()?,
                readable: row.get()?,
                volume: row.get()?,
                file_id: row.get::<Option<i64>>()?.map(i64::cast_unsigned),
                size: row.optional_bytes()?,
                allocated: row.optional_bytes()?,
                modified: row.optional_time()?,
                verdict: row.get::<Option<String>>()?.zip(row.get()?),
                disk: None,
            };
            Ok((id, file))
        },
    )?;
    let places = rows.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    Ok((rows.into_iter().map(|(_, file)| file).collect(), places))
}

fn disks(connection: &Connection, number: RunNo, places: &Places, files: &mut [FileRecord]) -> Result<()> {
    let disks = list(
        connection,
        "SELECT file_id, disk_type, virtual_size_bytes, block_size_bytes, virtual_disk_id, data_write_guid,
            file_write_guid, unique_id, full_blocks_count, partial_blocks_count, zero_blocks_count, blocks_count,
            parent_file_id, parent_status, parent_expected_guid FROM disk JOIN file ON file.id = disk.file_id WHERE run_id = ?",
        number,
        |row| {
            let id: i64 = row.get()?;
            let disk = DiskRecord {
                disk_type: row.get()?,
                virtual_size: row.optional_bytes()?,
                block_size: row.optional_bytes()?,
                virtual_disk_id: row.guid()?,
                data_write_guid: row.guid()?,
                file_write_guid: row.guid()?,
                unique_id: row.guid()?,
                full_blocks: row.optional_count()?,
                partial_blocks: row.optional_count()?,
                zero_blocks: row.optional_count()?,
                total_blocks: row.optional_count()?,
                parent: place(places, row.get()?),
                parent_status: row.get()?,
                parent_expected: row.guid()?,
                samples: Vec::new(),
            };
            Ok((id, disk))
        },
    )?;
    for (id, disk) in disks {
        if let Some(file) = place(places, Some(id)).and_then(|place| files.get_mut(place)) {
            file.disk = Some(disk);
        }
    }
    let samples = list(
        connection,
        "SELECT file_id, virtual_offset, length_bytes, hash FROM sample JOIN file ON file.id = sample.file_id
            WHERE run_id = ? ORDER BY sample.rowid",
        number,
        |row| {
            let id: i64 = row.get()?;
            Ok((id, Sample { offset: VirtualOffset(row.count()?), length: row.bytes()?, hash: row.get()? }))
        },
    )?;
    for (id, sample) in samples {
        let file = place(places, Some(id)).and_then(|place| files.get_mut(place));
        if let Some(disk) = file.and_then(|file| file.disk.as_mut()) {
            disk.samples.push(sample);
        }
    }
    Ok(())
}

fn machines(connection: &Connection, number: RunNo, files: &Places) -> Result<(Vec<MachineRecord>, Places)> {
    let rows = list(
        connection,
        "SELECT id, configuration_id, machine_id, name, kind, config_path, config_path_raw_hex, created FROM machine
            WHERE run_id = ? ORDER BY id",
        number,
        |row| {
            let id: i64 = row.get()?;
            let machine = MachineRecord {
                id: row.guid()?,
                machine_id: row.guid()?,
                name: row.get()?,
                kind: row.get()?,
                config_path: row.path()?,
                created: row.optional_time()?,
                disks: Vec::new(),
            };
            Ok((id, machine))
        },
    )?;
    let places: Places = rows.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    let mut machines: Vec<MachineRecord> = rows.into_iter().map(|(_, machine)| machine).collect();
    let disks = list(
        connection,
        "SELECT machine_row_id, slot, path_recorded, file_id FROM attachment
            JOIN machine ON machine.id = attachment.machine_row_id WHERE run_id = ? ORDER BY attachment.rowid",
        number,
        |row| {
            let id: i64 = row.get()?;
            Ok((id, AttachmentRecord { slot: row.get()?, recorded: row.get()?, file: place(files, row.get()?) }))
        },
    )?;
    for (id, disk) in disks {
        if let Some(machine) = place(&places, Some(id)).and_then(|place| machines.get_mut(place)) {
            machine.disks.push(disk);
        }
    }
    Ok((machines, places))
}

fn chains(
    connection: &Connection,
    number: RunNo,
    files: &Places,
    machines: &Places,
    records: &[FileRecord],
) -> Result<Vec<ChainRecord>> {
    list(
        connection,
        "SELECT leaf_file_id, depth_count, status, merge_growth_bytes, machine_row_id FROM chain
            JOIN file ON file.id = chain.leaf_file_id WHERE run_id = ? ORDER BY leaf_file_id",
        number,
        |row| {
            let leaf = place(files, row.get()?);
            let depth = usize::try_from(row.count()?).unwrap_or(usize::MAX);
            let parent = |file: &usize| records.get(*file)?.disk.as_ref()?.parent;
            Ok(ChainRecord {
                // The depth bounds what a damaged database could make a ring of.
                files: std::iter::successors(leaf, parent).take(depth.min(records.len())).collect(),
                status: row.get()?,
                merge_growth: row.optional_bytes()?,
                owner: place(machines, row.get()?),
            })
        },
    )
}
