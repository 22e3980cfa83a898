"""Tables such as those of tests/data/accuracy: tab-separated, the first line names the columns, `#` comments."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "data/accuracy"


def rows(name, folder=FOLDER):
    lines = (folder / name).read_text().splitlines()
    head, *rest = [line.split("\t") for line in lines if line and not line.startswith("#")]
    for fields in rest:
        if len(fields) != len(head):
            raise SystemExit(f"{name}: {len(fields)} fields where {len(head)} are wanted: {fields}")
    return [dict(zip(head, fields)) for fields in rest]


def options(text):
    """`a=1 b` as {"a": "1", "b": ""}; `-` is none."""
    if text == "-":
        return {}
    return dict(part.partition("=")[::2] for part in text.split())
