-- Accounts that are deleted by their owners. Locks account for a moment.

-- What the books refer to stays, without a person: e-mail address and password are gone at once.
ALTER TABLE account
    ALTER COLUMN email DROP NOT NULL,
    ALTER COLUMN email_key DROP NOT NULL,
    ALTER COLUMN password_hash DROP NOT NULL,
    ADD CONSTRAINT account_person CHECK (standing = 'deleted' OR (
        email IS NOT NULL AND email_key IS NOT NULL AND password_hash IS NOT NULL));

-- Services that have not said yet that they have deleted what they keep of an account.
CREATE TABLE account_purge (
    account_id uuid NOT NULL REFERENCES account,
    service text NOT NULL CHECK (service IN ('ocr')),
    create_time timestamptz NOT NULL,
    PRIMARY KEY (account_id, service)
);
CREATE INDEX account_purge_next ON account_purge (service, create_time);
