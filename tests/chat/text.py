"""Texts as they are compared: what costs nobody anything is brought to one form."""

import re
import unicodedata

ARTICLES = {"a", "an", "the"}

# Diacritics of their own, as some text layers put them beside their letter.
SPACING_DIACRITICS = dict.fromkeys(map(ord, "\u00a8\u00b4\u0060\u02c6\u02dc\u00b8\u02da"))


def folded(text):
    """Compatibility forms, case, and the diacritics of Latin, Greek and Cyrillic letters do not
    count; a word that a hyphen breaks at the end of a line is whole."""
    text = re.sub(r"(?<=\w)[-\u00ad]\n(?=\w)", "", text.translate(SPACING_DIACRITICS))
    text = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in text if not "\u0300" <= c <= "\u036f")


def is_of_word(character):
    return unicodedata.category(character)[0] in "LNM"


def stands_alone(character):
    """Whether a character is a word by itself: scripts that do not separate words."""
    return (
        "\u3040" <= character <= "\u30ff"  # kana
        or "\u3400" <= character <= "\u9fff"  # Han
        or "\u0e00" <= character <= "\u0eff"  # Thai, Lao
    )


def tokens(text):
    """Words without punctuation and English articles (as SQuAD does it); Han, kana and Thai by
    characters."""
    found, word = [], ""
    for character in folded(text) + " ":
        if is_of_word(character) and not stands_alone(character):
            word += character
            continue
        if word:
            found.append(word)
        word = ""
        if is_of_word(character):
            found.append(character)
    return [token for token in found if token not in ARTICLES] or found


def letters(text):
    """Letters and digits alone, without what is between them."""
    return "".join(c for c in folded(text) if is_of_word(c))


def white_space_folded(text):
    return " ".join(text.split())
