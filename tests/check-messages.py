#!/usr/bin/env python3
"""The texts of the web pages are there in every language, and all of them are used.

    check-messages.py SOURCE

1. Every catalogue of bridge/web/messages has the names of en.json, in its order, and no empty text.
2. A text has the placeholders of the English one; of a text that differs by number each form has, but for `count`, which
   "one" may leave out. Its forms are those of the language (CLDR), and "other" is among them.
3. Every name that a page or a module asks for is there, and every name is asked for.
"""

import json
import re
import sys
from pathlib import Path

WEB = Path(sys.argv[1]) / "bridge/web"
# CLDR's cardinal categories, without those of numbers that no page shows (fractions, whole millions).
FORMS = {
    "en": {"one", "other"},
    "fr": {"one", "other"},
    "he": {"one", "two", "other"},
    "ko": {"other"},
    "ml": {"one", "other"},
    "th": {"other"},
}


def placeholders(text):
    return set(re.findall(r"\{(\w+)\}", text))


def forms(text):
    return text if isinstance(text, dict) else {"other": text}


def check_language(language, messages, english):
    if list(messages) != list(english):
        missing, unknown = english.keys() - messages.keys(), messages.keys() - english.keys()
        yield f"{language}: lacks {sorted(missing)}, has {sorted(unknown)} that en.json has not, or another order"
        return
    for name, text in messages.items():
        wanted = placeholders(forms(english[name])["other"])
        if isinstance(english[name], dict) and set(forms(text)) != FORMS[language]:
            yield f"{language}: {name} has the forms {sorted(forms(text))}, the language {sorted(FORMS[language])}"
        for form, one in forms(text).items():
            lacking = wanted - placeholders(one) - ({"count"} if form in ("one", "two") else set())
            if lacking or placeholders(one) - wanted:
                yield f"{language}: {name} ({form}) has other placeholders than English"
            if not one.strip():
                yield f"{language}: {name} is empty"


def sources(suffix):
    return {path: path.read_text() for path in sorted(WEB.rglob(f"*{suffix}"))}


def asked():
    """{name: file} of what pages and modules ask for by its whole name."""
    names = {}
    for path, text in sources(".html").items():
        names.update((key, path.name) for key in re.findall(r"\{\{([^}]+)\}\}", text) if key[0] not in ">@")
    for path, text in sources(".js").items():
        names.update((name, path.name) for name in re.findall(r'\bt\(\s*"([^"]+)"', text))
    return names


def mentioned():
    """Names that stand in modules in some other way, and beginnings of names that are made of more than a literal."""
    modules = "".join(sources(".js").values())
    return {"language.name", *re.findall(r'"([a-z]\w*(?:\.[\w-]+)*)"', modules)}, set(
        re.findall(r"`([a-z][\w.]*\.)\$\{", modules)
    )


def check_use(english):
    names = asked()
    others, beginnings = mentioned()
    for name, file in names.items():
        if name not in english:
            yield f"{file} asks for {name}, which en.json lacks"
    for name in english:
        if name not in names and name not in others and not any(map(name.startswith, beginnings)):
            yield f"nothing asks for {name}"


def main():
    catalogues = {path.stem: json.loads(path.read_text()) for path in sorted((WEB / "messages").glob("*.json"))}
    english = catalogues["en"]
    findings = [*check_use(english)]
    for language, messages in catalogues.items():
        findings += check_language(language, messages, english)
    for finding in findings:
        print(finding)
    print(f"{len(catalogues)} languages, {len(english)} texts, {len(findings)} findings")
    sys.exit(1 if findings else 0)


main()
