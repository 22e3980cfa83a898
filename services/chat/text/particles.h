#pragma once

/*
 * Korean words without the particles and endings that are written with them. Private to text/.
 * Thread rule: any thread.
 */

#include "lib/base/str.h"

/* Bytes that are left of a word in composed Hangul: at least two syllables, else all. */
size_t particles_cut(struct str word);
