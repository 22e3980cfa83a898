-- A quote ", a backslash \, a dollar $1 and a percent % must come through. Über all that: UTF-8.
CREATE TABLE item (
    id     bigint PRIMARY KEY,
    number integer,
    name   text NOT NULL DEFAULT 'it''s "\n" ü'
);
