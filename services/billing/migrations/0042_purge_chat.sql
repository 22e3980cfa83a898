-- Chat keeps conversations of accounts, so it is told of deleted ones too. Locks account_purge for a
-- moment.

ALTER TABLE account_purge
    DROP CONSTRAINT account_purge_service_check,
    ADD CONSTRAINT account_purge_service CHECK (service IN ('ocr', 'chat'));

-- Accounts that are being deleted at this moment.
INSERT INTO account_purge (account_id, service, create_time)
SELECT account_id, 'chat', create_time FROM account_purge WHERE service = 'ocr';
