"""The questions: questions/NAME.jsonl for the document NAME. README.md describes the fields."""

import json
from dataclasses import dataclass, field

from .documents import FOLDER

KINDS = (
    "definition",
    "how",
    "how long",
    "how many",
    "how much",
    "list",
    "summary",
    "table cell",
    "value",
    "what",
    "when",
    "where",
    "which",
    "who",
    "why",
    "yes/no",
    "near",  # without an answer: asks for what such a document often has, but this one has not
    "absent",  # without an answer: about something else
)
STYLES = ("plain", "paraphrase", "follow-up", "other language", "typo", "reasoning")
FIELDS = {"question", "kind", "style", "answers", "pages", "evidence", "turns"}


@dataclass
class Question:
    document: str
    text: str
    kind: str
    style: str = "plain"
    answers: list = field(default_factory=list)  # accepted ones; none: the document does not say
    pages: list = field(default_factory=list)  # from 1
    evidence: list = field(default_factory=list)
    turns: list = field(default_factory=list)  # asked before it in the same conversation

    @property
    def is_answerable(self):
        return bool(self.answers)

    @property
    def query(self):
        """What retrieval alone is given: it knows no conversation."""
        return " ".join([*self.turns, self.text])


def parse(document, line):
    row = json.loads(line)
    unknown = set(row) - FIELDS
    if unknown:
        raise ValueError(f"{document}: unknown fields {sorted(unknown)}: {line}")
    row["text"] = row.pop("question")
    question = Question(document, **row)
    is_refusal = question.kind in ("near", "absent")
    if (
        question.kind not in KINDS
        or question.style not in STYLES
        or bool(question.answers) != bool(question.pages)
        or is_refusal == question.is_answerable
        or (question.evidence and not question.is_answerable)
    ):
        raise ValueError(f"{document}: not a question as README.md describes it: {line}")
    return question


def of_document(name):
    lines = (FOLDER / "questions" / f"{name}.jsonl").read_text().splitlines()
    return [parse(name, line) for line in lines]
