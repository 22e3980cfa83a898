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
 * Makes one block of each figure that the engine sees (page->regions): with the region's box, and
 * the lines of its blocks in their order. One without lines is put where it is come upon in
 * reading: ahead of its caption, else behind what stands above it.
 *
 * What is most of the page, or full of lines, is no figure but a page in a picture, as a photograph
 * of a book: its lines are text.
 *
 * False when the page's arena is full. Cost: blocks times regions.
 */
bool figures_gather(struct page *page) _must_check_;
