#pragma once

/*
 * Random bytes from the kernel (getrandom), for identifiers and jitter.
 *
 * Thread rule: any thread. The process aborts when the kernel has no randomness to give, since no
 * identifier made after that could be trusted.
 */

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *bytes, size_t length);

enum { RANDOM_ID_SIZE = 33 };
/* 128 random bits as 32 lower-case hexadecimal digits and a NUL. */
void random_id(char ret_id[static RANDOM_ID_SIZE]);

/* Uniform in [0, bound); 0 for bound 0. */
uint64_t random_below(uint64_t bound);
