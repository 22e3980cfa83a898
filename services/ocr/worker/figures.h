#pragma once

/*
 * Figures of a page: out of where the engine sees them and the lines that are read in them.
 *
 * Engines see a picture, a chart or a drawing as a region, and their lines, the labels of a chart
 * say, become a block each. Only what covers the whole of it can be shown as a picture and kept
 * with its caption. Thread rule: one thread at a time.
 */

#include "services/ocr/worker/document.h"

/*
 * Leaves out of page->regions what is most of the page, full of lines, or has nearly all of the
 * page's text in it: it is no figure but a page in a picture, as a photograph of a book, or what a
 * screen shows. Its lines are text, and may be a table: to be called before these are looked for.
 *
 * False when the arena is full. Cost: lines times regions.
 */
bool figures_leave_out_text(struct page *page) _must_check_;

/*
 * Makes one block of each figure that the engine sees (page->regions): with the region's box, and
 * the lines of its blocks in their order. One without lines is put where it is come upon in
 * reading: ahead of its caption, else behind what stands above it.
 *
 * False when the page's arena is full. Cost: blocks times regions.
 */
bool figures_gather(struct page *page) _must_check_;
