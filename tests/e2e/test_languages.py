"""Which language a page is read in where none is asked for."""

from harness import pages

COMMANDS = [
    "The command lists all files of this folder in the order of their names",
    "and says who owns each of them and when it was last changed by anybody",
    "The other one copies a whole folder from one place to another machine",
    "and keeps owners and times of all that it finds in every folder of it",
]
EXPLANATIONS = [
    "Показує зміст теки та назви",
    "усіх файлів, що є в ній",
    "Копіює теку на іншу машину",
    "та зберігає час і власника",
]


def test_half_of_a_page_in_another_script_is_read_too(account):
    lines = [line for pair in zip(COMMANDS, EXPLANATIONS) for line in pair]
    page = pages.page(lines, width=2200, height=600)
    text = account.read(pages.encode([page], "PNG"))["text"]
    for words in ("зміст теки", "на іншу машину", "files of this folder"):
        assert words in text
