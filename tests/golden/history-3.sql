
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
