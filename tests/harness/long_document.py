"""A recognised document of thousands of pages of real prose, put into a job without recognising it.

The prose is the documentation strings of Python's own library, which every machine with this Python
has. On some pages stands a fact that stands nowhere else, for questions whose answer is known.
"""

import ast
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

PAGE_WORDS = 420
LINE_WORDS = 12
PARAGRAPH_WORDS_MIN = 20
PAGE_WIDTH, PAGE_HEIGHT = 1654, 2339
LINE_HEIGHT, CHARACTER_WIDTH, MARGIN = 30, 12, 120
HEADING, PARAGRAPH = 1, 2  # BlockKind


@cache
def paragraphs():
    found = []
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("**/*.py")):
        if "-packages" in str(path):
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)):
                for text in (ast.get_docstring(node) or "").split("\n\n"):
                    words = text.replace("\0", "").split()
                    if len(words) >= PARAGRAPH_WORDS_MIN:
                        found.append(words)
    return found


def fact(number):
    """(the sentence, the question, what its answer must hold)."""
    name, months = f"PX-{1000 + 37 * number}", 12 + number * 7 % 300
    return (
        f"The warranty of the pump {name} ends after {months} months.",
        f"After how many months does the warranty of the pump {name} end?",
        str(months),
    )


class Writer:
    """Pages as messages of the document model. `message`: makes one of a name, with fields."""

    def __init__(self, message):
        self.message = lambda name, **fields: message(f"ocrmesh.document.v1.{name}", **fields)
        self.next = 0

    def box(self, x, y, width):
        return self.message("BoundingBox", x0=x, y0=y, x1=x + width, y1=y + LINE_HEIGHT)

    def line(self, words, y):
        x, made = MARGIN, []
        for word in words:
            width = len(word) * CHARACTER_WIDTH
            made.append(self.message("Word", text=word, bbox=self.box(x, y, width), confidence=1))
            x += width + CHARACTER_WIDTH
        return self.message("Line", words=made, bbox=self.box(MARGIN, y, x - MARGIN), confidence=1)

    def block(self, kind, words, y):
        lines = [words[start : start + LINE_WORDS] for start in range(0, len(words), LINE_WORDS)]
        box = self.message(
            "BoundingBox",
            x0=MARGIN,
            y0=y,
            x1=PAGE_WIDTH - MARGIN,
            y1=y + LINE_HEIGHT * len(lines),
        )
        return self.message(
            "Block",
            kind=kind,
            level=1 if kind == HEADING else 0,
            text="\n".join(" ".join(line) for line in lines),
            bbox=box,
            confidence=1,
            lines=[self.line(line, y + LINE_HEIGHT * i) for i, line in enumerate(lines)],
        )

    def page(self, index, sentence=None):
        source = paragraphs()
        texts = [(HEADING, ["Chapter", str(index + 1)])]
        while sum(len(words) for _, words in texts) < PAGE_WORDS:
            texts.append((PARAGRAPH, source[self.next % len(source)]))
            self.next += 1
        if sentence is not None:
            texts.insert(len(texts) // 2, (PARAGRAPH, sentence.split()))
        blocks, y = [], MARGIN
        for kind, words in texts:
            blocks.append(self.block(kind, words, y))
            y = blocks[-1].bbox.y1 + LINE_HEIGHT
        text = "\n\n".join(block.text for block in blocks)
        return self.message(
            "Page",
            index=index,
            width=PAGE_WIDTH,
            height=max(y, PAGE_HEIGHT),
            dpi=200,
            language="en",
            blocks=blocks,
            mean_confidence=1,
            text_source=2,
            text=text,
            markdown=text,
        )


def put(mesh, message, job_ids, page_count, fact_count):
    """Puts the pages into jobs that are done, in the place of their own; {page index: fact number}."""
    writer = Writer(message)
    step = page_count // fact_count
    facts = {step // 2 + step * number: number for number in range(fact_count)}
    first, *others = job_ids
    names = ", ".join(f"'{job_id}'" for job_id in job_ids)
    with tempfile.NamedTemporaryFile("w", suffix=".sql", dir=mesh.cluster.folder) as script:
        script.write(f"DELETE FROM ocr.page WHERE job_id IN ({names});\n")
        script.write(
            "COPY ocr.page (job_id, page_index, revision, content, mean_confidence, characters)"
            " FROM stdin;\n"
        )
        for index in range(page_count):
            sentence = fact(facts[index])[0] if index in facts else None
            content = writer.page(index, sentence).SerializeToString().hex()
            script.write(f"{first}\t{index}\t1\t\\\\x{content}\t1\t1\n")
        script.write("\\.\n")
        for job_id in others:
            script.write(
                "INSERT INTO ocr.page (job_id, page_index, revision, content, mean_confidence,"
                f" characters) SELECT '{job_id}', page_index, 1, content, 1, 1 FROM ocr.page"
                f" WHERE job_id = '{first}';\n"
            )
        script.write(
            f"UPDATE ocr.job SET page_count = {page_count}, pages_done = {page_count}"
            f" WHERE id IN ({names});\nANALYZE ocr.page;\n"
        )
        script.flush()
        Path(script.name).chmod(0o644)
        mesh.cluster.run_file(script.name)
    return facts
