-- Several statements, and a body in dollar quotes.
CREATE FUNCTION refuse_item() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'items stay';
END;
$$;
CREATE TRIGGER item_stays BEFORE DELETE ON item
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_item();
