#pragma once

/*
 * Until when the certificate holds that a program of the mesh shows its peers, as a metric; nothing
 * without TLS. Thread rule: any thread.
 */

#include "lib/base/str.h"
#include "lib/mesh/security.h"

void certificate_metrics_write(struct mesh_security *security, struct buf *out);
