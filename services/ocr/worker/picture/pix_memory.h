#pragma once

/*
 * Memory of pictures. A page is put through some tens of pictures of its size, one after the other:
 * the system would take the memory of each away and clear it anew, a twentieth of the time that a
 * page takes. So what large pictures leave is kept for the next ones, up to a limit.
 *
 * Thread rule: leptonica is used by one thread.
 */

#include <stddef.h>

#define PIX_MEMORY_KEPT_MAX_BYTES ((size_t)48 << 20)

/* From now on leptonica's pictures have their memory here. */
void pix_memory_use(void);

/* Gives what is kept back to the system: when a page is done, nothing of it stays, and what a
 * worker needs is seen (worker_watch.h). */
void pix_memory_release(void);

size_t pix_memory_kept_bytes(void);
