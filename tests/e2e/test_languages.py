"""Which language a page is read in where none is asked for."""

import pytest

from harness import pages

pytestmark = pytest.mark.once_plain

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


MONOSPACED_FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"
PARAMETERS = [
    "OTHER PARK LIMIT", "CONTR RECOV FED", "CONTR VANPL TRAN", "FICA DATE BASE", "RESERVED DATE",
    "RETIREMENT TAX INDIC", "VANPL SAFETY TRAN", "UNDER RANGE OTHER", "DEFAULT FEDERAL", "LIMIT FEDERAL",
    "RETIREMENT RANGE FED", "HCRA INSTALL CONTROL", "INSTALL DATE", "SYSTEM MERIT", "TRAN BONUS",
    "ACTIVITY CONTR RED", "RETIREMENT OTHER", "BONUS PAYMENT UNDER", "DATE UNDER TOLERANCE", "DEPCARE CONTR",
    "LIMIT LEVELS", "DEPCARE CONTROL DATE", "RECS FLAT", "INSTALL INDICATOR",
]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_list_in_capitals_is_read_whichever_way_it_lies(account, degrees):
    """It is detected upside down as often as upright, and its lines as Greek or Cherokee."""
    lines = [
        f"{number:3} {PARAMETERS[number * 5 % len(PARAMETERS)]:22}{number * 7 % 60 * 50:6}.0000"
        for number in range(1, 1 + len(PARAMETERS))
    ]
    page = pages.page(lines, width=900, height=1000, points=8, font=MONOSPACED_FONT)
    page = page.rotate(degrees, expand=True)
    job = account.read(pages.encode([page], "PNG"))
    assert "DEPCARE CONTROL DATE" in job["text"]
    assert "RETIREMENT TAX INDIC" in job["text"]
    assert (job["pages"][0]["width"], job["pages"][0]["height"]) == (900, 1000)
