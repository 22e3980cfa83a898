#!/usr/bin/env python3
"""Makes services/ocr/worker/language_profiles.txt: the commonest groups of three letters by language.

    tools/language-profiles.py LANGDETECT_PROFILES > profiles

Counts come, for each language, from as many of these as there are, each with the same weight:
- LANGDETECT_PROFILES, the folder langdetect/profiles of the PyPI package langdetect 1.0.9 (Apache-2.0):
  groups counted in Wikipedia;
- messages in /usr/share/locale, as installed with a Debian desktop (translations of GTK, GNU, iso-codes);
- where these are less than a few thousand groups: the word list within tesseract's model, each word once
  (needs combine_tessdata and dawg2wordlist of Debian's tesseract-ocr).
Frequencies are facts about languages; nothing of the texts is kept. tests/data/languages.tsv, which the
profiles are tested with, is in none of them.
"""

import collections
import gettext
import glob
import json
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path

GROUPS = 300
FEW_GROUPS, SOME_GROUPS = 4000, 30000
TESSDATA = "/usr/share/tesseract-ocr/5/tessdata"
# Script: (its name in Unicode, "code:tesseract's model" of its languages).
SCRIPTS = {
    "Latn": ("LATIN", """af:afr az:aze br:bre ca:cat co:cos cs:ces cy:cym da:dan de:deu en:eng eo:epo et:est
        eu:eus fi:fin fil:fil fo:fao fr:fra fy:fry ga:gle gd:gla gl:glg hr:hrv ht:hat hu:hun id:ind is:isl
        it:ita jv:jav ku:kmr la:lat lb:ltz lt:lit lv:lav mi:mri ms:msa mt:mlt nl:nld no:nor oc:oci pl:pol
        pt:por qu:que ro:ron sk:slk sl:slv es:spa sq:sqi su:sun sv:swe sw:swa to:ton tr:tur uz:uzb vi:vie
        yo:yor"""),
    "Cyrl": ("CYRILLIC", """be:bel bg:bul kk:kaz ky:kir mk:mkd mn:mon ru:rus sr:srp tg:tgk uk:ukr
        az-Cyrl:aze_cyrl uz-Cyrl:uzb_cyrl"""),
    "Arab": ("ARABIC", "ar:ara fa:fas ps:pus sd:snd ug:uig ur:urd"),
    "Deva": ("DEVANAGARI", "hi:hin mr:mar ne:nep sa:san"),
    "Beng": ("BENGALI", "as:asm bn:ben"),
    "Ethi": ("ETHIOPIC", "am:amh ti:tir"),
    "Grek": ("GREEK", "el:ell grc:grc"),
    "Hebr": ("HEBREW", "he:heb yi:yid"),
    "Tibt": ("TIBETAN", "bo:bod dz:dzo"),
}  # fmt: skip
LOCALES = {"no": ["nb", "nn"], "fil": ["fil", "tl"], "pt": ["pt", "pt_BR"], "uz-Cyrl": ["uz@cyrillic"],
           "ku": ["ku", "kmr"], "bn": ["bn", "bn_IN"]}  # fmt: skip
LANGDETECT = {"fil": "tl"}
NOT_PROSE = re.compile(r"%[-#0-9$.*]*[a-zA-Z]+|%\([^)]*\)s|\{[^}]*\}|<[^>]*>|&\w+;|https?:\S+|--?\w[\w-]*|_(?=\w)")


def is_letter(character):
    return character.isalpha() or unicodedata.category(character) in ("Mn", "Mc")


def groups(text):
    """Lower case, a space between words and at each end; no group lies around a space."""
    text = unicodedata.normalize("NFC", text.lower())
    words = "".join(c if is_letter(c) else " " for c in text).split()
    counts = collections.Counter()
    for word in words:
        framed = f" {word} "
        counts.update(framed[i : i + 3] for i in range(len(framed) - 2))
    return counts


def messages(locale):
    folder = "de" if locale == "en" else locale  # English is what the others are translated from
    for path in sorted(glob.glob(f"/usr/share/locale/{folder}/LC_MESSAGES/*.mo")):
        try:
            catalogue = gettext.GNUTranslations(open(path, "rb"))._catalog
        except (OSError, UnicodeDecodeError, ValueError):
            continue
        for source, text in catalogue.items():
            source = source[0] if isinstance(source, tuple) else source
            if locale == "en":
                text = source
            elif text == source:
                continue
            if source and len(text) >= 20:
                yield NOT_PROSE.sub(" ", text)


def word_list(model):
    with tempfile.TemporaryDirectory() as folder:
        parts = [f"{folder}/x.lstm-unicharset", f"{folder}/x.lstm-word-dawg"]
        subprocess.run(["combine_tessdata", "-e", f"{TESSDATA}/{model}.traineddata", *parts],
                       check=True, capture_output=True)  # fmt: skip
        subprocess.run(["dawg2wordlist", *parts, f"{folder}/words"], check=True, capture_output=True)
        return Path(f"{folder}/words").read_text(errors="replace").split("\n")


def frequencies(counts):
    total = sum(counts.values())
    return {group: count / total for group, count in counts.items()}


def sources(code, model, langdetect):
    """(frequencies, weight) of each source."""
    found = []
    counts = collections.Counter()
    for locale in LOCALES.get(code, [code]):
        for text in messages(locale):
            counts.update(groups(text))
    if sum(counts.values()) > FEW_GROUPS:
        found.append((frequencies(counts), 1 if sum(counts.values()) > SOME_GROUPS else 0.5))
    profile = langdetect / LANGDETECT.get(code, code)
    if profile.exists():
        kept = collections.Counter()
        for group, count in json.loads(profile.read_text())["freq"].items():
            if len(group) == 3 and group[1] != " ":
                kept[group.lower()] += count
        found.append((frequencies(kept), 1))
    if sum(weight for _, weight in found) < 1:
        counts = collections.Counter()
        for word in word_list(model):
            counts.update(groups(word))
        found.append((frequencies(counts), 1))
    return found


def main():
    langdetect = Path(sys.argv[1])
    lines = []
    for script, (name, languages) in SCRIPTS.items():
        for code, model in (entry.split(":") for entry in languages.split()):
            profile = collections.Counter()
            for counted, weight in sources(code, model, langdetect):
                for group, frequency in counted.items():
                    letters = group.replace(" ", "")
                    if all(unicodedata.name(c, "").startswith((name, "COMBINING")) for c in letters):
                        profile[group] += frequency * weight
            best = sorted(profile, key=lambda group: (-profile[group], group))[:GROUPS]
            lines.append(f"{code} {script} " + " ".join(g.replace(" ", "_") for g in best))
    print("\n".join(sorted(lines)))


if __name__ == "__main__":
    main()
