
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
