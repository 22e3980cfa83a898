#include "lib/service/certificate_metrics.h"

#include "lib/admin/prometheus.h"
#include "lib/base/clock.h"

void certificate_metrics_write(struct mesh_security *security, struct buf *out)
{
    const int64_t expire_time = mesh_security_expire_time(security);

    if (expire_time == 0)
        return;
    prometheus_head(out, "ocrmesh_mesh_certificate_expiry_timestamp_seconds", "gauge",
                    "When the certificate for the mesh expires, in seconds since 1970.");
    prometheus_integer(out, expire_time / NANOSECONDS_PER_SECOND,
                       "ocrmesh_mesh_certificate_expiry_timestamp_seconds");
}
