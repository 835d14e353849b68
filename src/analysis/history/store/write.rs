//! A run into its tables.

use rusqlite::{Result, Transaction, params};

use crate::analysis::history::path_text::PathText;
use crate::analysis::history::record::{DiskRecord, RunNo, RunRecord};

use super::columns::{bytes, guid, number, time};

/// Writes a run within a transaction.
pub(super) fn run(transaction: &Transaction<'_>, run: &RunRecord) -> Result<RunNo> {
    let head = &run.head;
    transaction.execute(
        "INSERT INTO run (as_of, started, recorded, host, version, walk, interrupted, files_seen_count, files_read_count)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            head.as_of.to_string(),
            head.started.to_string(),
            head.recorded.to_string(),
            head.host,
            head.version,
            head.walk,
            head.interrupted,
            number(head.files_seen),
            number(head.files_read)
        ],
    )?;
    let no = transaction.last_insert_rowid();
    surroundings(transaction, no, run)?;
    let files = files(transaction, no, run)?;
    let file = |place: &usize| files.get(*place).copied();
    for (record, row) in run.files.iter().zip(&files) {
        if let Some(disk) = &record.disk {
            write_disk(transaction, *row, disk.parent.as_ref().and_then(file), disk)?;
        }
    }
    let mut machines = Vec::with_capacity(run.machines.len());
    for machine in &run.machines {
        transaction
            .prepare_cached(
                "INSERT INTO machine (run_id, configuration_id, machine_id, name, kind, config_path,
                    config_path_raw_hex, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                no,
                guid(machine.id),
                guid(machine.machine_id),
                machine.name,
                machine.kind,
                machine.config_path.text,
                machine.config_path.raw_hex,
                time(machine.created)
            ])?;
        let row = transaction.last_insert_rowid();
        machines.push(row);
        for disk in &machine.disks {
            transaction
                .prepare_cached(
                    "INSERT INTO attachment (machine_row_id, slot, path_recorded, file_id) VALUES (?, ?, ?, ?)",
                )?
                .execute(params![row, disk.slot, disk.recorded, disk.file.as_ref().and_then(file)])?;
        }
    }
    for chain in &run.chains {
        let Some(leaf) = chain.files.first().and_then(file) else { continue };
        transaction
            .prepare_cached(
                "INSERT INTO chain (leaf_file_id, status, depth_count, merge_growth_bytes, machine_row_id)
                    VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                leaf,
                chain.status,
                i64::try_from(chain.files.len()).unwrap_or(i64::MAX),
                chain.merge_growth.map(bytes),
                chain.owner.and_then(|owner| machines.get(owner))
            ])?;
    }
    for arrival in &run.arrivals {
        let Some(into) = file(&arrival.into) else { continue };
        let PathText { text, raw_hex } = &arrival.path;
        transaction
            .prepare_cached(
                "INSERT INTO arrival
                    (run_id, path, path_raw_hex, into_file_id, compared_count, arrived_count, absent_count)
                    VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                no,
                text,
                raw_hex,
                into,
                number(arrival.compared),
                number(arrival.arrived),
                arrival.absent.map(number)
            ])?;
    }
    Ok(RunNo(no))
}

fn surroundings(transaction: &Transaction<'_>, no: i64, run: &RunRecord) -> Result<()> {
    for root in &run.roots {
        transaction
            .prepare_cached("INSERT INTO root (run_id, path, path_raw_hex) VALUES (?, ?, ?)")?
            .execute(params![no, root.text, root.raw_hex])?;
    }
    for (path, reason) in &run.unreadable {
        transaction
            .prepare_cached("INSERT INTO unreadable (run_id, path, path_raw_hex, reason) VALUES (?, ?, ?, ?)")?
            .execute(params![no, path.text, path.raw_hex, reason])?;
    }
    for volume in &run.volumes {
        let mount = volume.mount_path.as_ref();
        transaction
            .prepare_cached(
                "INSERT INTO volume (run_id, volume, mount_path, mount_path_raw_hex, file_system, total_bytes,
                    free_bytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                no,
                volume.id,
                mount.map(|path| &path.text),
                mount.and_then(|path| path.raw_hex.as_ref()),
                volume.file_system,
                bytes(volume.total),
                bytes(volume.free)
            ])?;
    }
    Ok(())
}

/// The row of each file.
fn files(transaction: &Transaction<'_>, no: i64, run: &RunRecord) -> Result<Vec<i64>> {
    let mut rows = Vec::with_capacity(run.files.len());
    for file in &run.files {
        let (class, confidence) = file.verdict.as_ref().map(|(class, confidence)| (class, confidence)).unzip();
        transaction
            .prepare_cached(
                "INSERT INTO file (run_id, path, path_raw_hex, kind, readable, volume, file_number, file_size_bytes,
                    allocated_bytes, modified, verdict_class, verdict_confidence)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                no,
                file.path.text,
                file.path.raw_hex,
                file.kind,
                file.readable,
                file.volume,
                file.file_id.map(u64::cast_signed),
                file.size.map(bytes),
                file.allocated.map(bytes),
                time(file.modified),
                class,
                confidence
            ])?;
        rows.push(transaction.last_insert_rowid());
    }
    Ok(rows)
}

fn write_disk(transaction: &Transaction<'_>, row: i64, parent: Option<i64>, disk: &DiskRecord) -> Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO disk (file_id, disk_type, virtual_size_bytes, block_size_bytes, virtual_disk_id,
                data_write_guid, file_write_guid, unique_id, full_blocks_count, partial_blocks_count, zero_blocks_count,
                blocks_count, parent_file_id, parent_status, parent_expected_guid)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            row,
            disk.disk_type,
            disk.virtual_size.map(bytes),
            disk.block_size.map(bytes),
            guid(disk.virtual_disk_id),
            guid(disk.data_write_guid),
            guid(disk.file_write_guid),
            guid(disk.unique_id),
            disk.full_blocks.map(number),
            disk.partial_blocks.map(number),
            disk.zero_blocks.map(number),
            disk.total_blocks.map(number),
            parent,
            disk.parent_status,
            guid(disk.parent_expected)
        ])?;
    for sample in &disk.samples {
        transaction
            .prepare_cached("INSERT INTO sample (file_id, virtual_offset, length_bytes, hash) VALUES (?, ?, ?, ?)")?
            .execute(params![row, number(sample.offset.0), bytes(sample.length), sample.hash])?;
    }
    Ok(())
}
