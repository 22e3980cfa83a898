"""The tables of tests/data/accuracy fit together."""

from chat import documents

from . import table

PACKAGES = {row["name"] for row in table.rows("packages.tsv")}
PAGES = table.rows("pages.tsv")


def test_packages_are_pinned():
    for row in table.rows("packages.tsv"):
        assert len(row["sha256"]) == 64, row
        assert row["kind"] in ("pypi", "npm", "debian", "debian-source"), row


def test_each_page_has_a_package_a_truth_and_a_name_of_its_own():
    assert len({row["name"] for row in PAGES}) == len(PAGES)
    for row in PAGES:
        assert row["package"] in PACKAGES, row
        assert row["order"] in ("strict", "blocks", "lines"), row
        if row["truth"] == "-":
            assert "font=" in row["options"], row
        elif not row["truth"].startswith("@"):
            assert (table.FOLDER / "truth" / f"{row['truth']}.txt").exists(), row


def test_each_truth_and_each_statement_file_is_used():
    truths = {row["truth"] for row in PAGES}
    assert truths >= {path.stem for path in (table.FOLDER / "truth").iterdir()}
    names = {row["name"] for row in table.rows("structure.tsv")}
    assert names == {path.stem for path in (table.FOLDER / "structure").iterdir()}


def test_each_package_is_used():
    rows = [*PAGES, *table.rows("structure.tsv"), *documents.rows()]
    used = {row["package"] for row in rows if row["package"] != "-"}
    assert used == PACKAGES


def test_structure_has_at_least_forty_pages():
    rows = table.rows("structure.tsv")
    assert len(rows) >= 40
    assert all(row["package"] in PACKAGES for row in rows)
