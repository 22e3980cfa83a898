#pragma once

/*
 * Lists with real numbering (ECMA-376 part 1, §17.9), such that Word prints what the page has.
 *
 * A printed marker is read as a bullet or as a number of some style: decimal, letters, Roman, alone
 * or with "." ")" "( )". An item whose number follows that of the item before it in the same style
 * and depth belongs to the same list, whatever stands between them; any other number begins a list
 * that starts there. What is no such marker ("1.2", "§ 3", "一、") stays text.
 *
 * Thread rule: one thread at a time.
 */

#include "lib/base/str.h"
#include "ocrmesh/document/v1/document.pb-c.h"
#include "services/export/office/package.h"

enum {
    DOCX_LIST_LEVELS = 9, /* §17.9.6; deeper items stand on the last one */
    /* Numbered lists; Word has room for about as many. Markers of further ones stay text. */
    DOCX_LISTS_MAX = 2000,
    DOCX_LIST_INDENT_TWIPS = 360, /* of each level */
};

struct docx_lists;

struct docx_lists *docx_lists_new(void);
void docx_lists_free(struct docx_lists *lists);
DEFINE_CLEANUP(struct docx_lists *, docx_lists)

struct docx_list_place {
    uint32_t number; /* of the list (w:numId); 0: the marker stays text */
    uint32_t level;  /* from 0 */
    struct str text; /* of the item, without its marker where the list has it */
};

/* Where an item goes. @block: a list item. */
struct docx_list_place docx_lists_place(struct docx_lists *lists,
                                        const Ocrmesh__Document__V1__Block *block);

/* Writes word/numbering.xml. */
void docx_lists_write(const struct docx_lists *lists, struct package *package);
