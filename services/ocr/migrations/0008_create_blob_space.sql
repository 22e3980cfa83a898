-- The name of this database's own folder in an object store, where blobs live in one (lib/blob). Creates a table only:
-- locks nothing that exists. One that is restored from a backup gets another name (tools/backup.sh), so that it never deletes
-- what the database needs that the backup is of.

CREATE TABLE blob_space (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    id text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', '')
);
INSERT INTO blob_space DEFAULT VALUES;
