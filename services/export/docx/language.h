#pragma once

/*
 * How Word wants a language named, and which font its script needs. Only computes; any thread.
 */

/* Word sets three kinds of script with fonts and languages of their own (ECMA-376 part 1,
 * §17.3.2.26 and §17.3.2.20). */
typedef enum {
    SCRIPT_SLOT_LATIN,      /* and Greek, Cyrillic, ... */
    SCRIPT_SLOT_EAST_ASIAN, /* Han, kana, Hangul */
    SCRIPT_SLOT_COMPLEX,    /* Arabic, Hebrew, the Indic scripts, Thai, ... */
} script_slot;

struct docx_language {
    const char *tag; /* BCP 47 with a region where Word knows the language by one alone: "de-DE" */
    script_slot slot;
    const char *font; /* that Windows and macOS have for the script; NULL: the style's */
};

/* @language: as language_of() gives it; NULL, "" and a very long one give the tag NULL. The tag
 * lives as long as `language`. */
struct docx_language docx_language_of(const char *language);
