-- The embedded store, schema 1. One file for all tenants and the product.
--
-- application_id says that a file is ours, user_version which schema wrote it last, and
-- store.min_reader which schema a reader must know at least to open it.

CREATE TABLE store (
    name  TEXT    PRIMARY KEY,      -- 'min_reader', or 'revision': how many documents were written
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant (
    id   INTEGER PRIMARY KEY,       -- from 1; partition 0 is the product
    name TEXT    NOT NULL UNIQUE
) STRICT;

-- Where a stream ends and who may append to it.
CREATE TABLE stream (
    id     INTEGER PRIMARY KEY,
    tenant INTEGER NOT NULL,        -- tenant.id
    name   TEXT    NOT NULL,        -- 'journal' or 'paper'
    epoch  INTEGER NOT NULL,        -- the only one that may append
    seq    INTEGER NOT NULL,        -- of the last record, 0 when there is none
    hash   BLOB    NOT NULL,        -- of the last record, or the chain's start
    UNIQUE (tenant, name)
) STRICT;

-- The records of all streams. A stream's records lie together in the order of their sequence, in
-- an ordinary table, which keeps rows of a few kilobytes on the page where a table without rowid
-- would put each on pages of its own.
CREATE TABLE record (
    id    INTEGER PRIMARY KEY,      -- stream.id * 2^40 + sequence, which counts from 1
    epoch INTEGER NOT NULL,         -- that wrote it
    hash  BLOB    NOT NULL,         -- SHA-256 of: hash before it, sequence, epoch, body
    body  TEXT    NOT NULL          -- JSON
) STRICT;

-- Caches of a stream's fold: the newest two.
CREATE TABLE snapshot (
    id     INTEGER PRIMARY KEY,     -- like that of the last record it holds
    record BLOB    NOT NULL,        -- the hash of that record
    hash   BLOB    NOT NULL,        -- SHA-256 of: record, body
    body   BLOB    NOT NULL
) STRICT;

-- Documents. Their indexes by field are made on opening, from the declared collections.
CREATE TABLE document (
    id         INTEGER PRIMARY KEY,
    partition  INTEGER NOT NULL,    -- tenant.id, or 0 for the product
    collection TEXT    NOT NULL,
    key        TEXT    NOT NULL,
    etag       TEXT    NOT NULL,    -- version and checksum, see Etag
    expires_at INTEGER,             -- nanoseconds since 1970; from then on it counts as absent
    body       TEXT    NOT NULL,    -- JSON
    UNIQUE (partition, collection, key)
) STRICT;

CREATE INDEX document_expiry ON document (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE lease (
    name       TEXT    PRIMARY KEY,
    holder     TEXT    NOT NULL,
    epoch      INTEGER NOT NULL,    -- grows with each holder and is never lowered
    expires_at INTEGER NOT NULL     -- nanoseconds since 1970
) STRICT, WITHOUT ROWID;

INSERT INTO store (name, value) VALUES ('min_reader', 1), ('revision', 0);
