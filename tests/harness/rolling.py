"""Every replica of every service is restarted in turn, as an orchestrator does it, while users are at work."""

import time

from .mesh import SERVICES

# Between the moment from which new connections go elsewhere and SIGTERM, in which the one before is connected to again:
# preStopSeconds of the chart, shorter, as MESH_RECONNECT_MAX is then.
PRE_STOP_SECONDS = 1
RECONNECT_MAX = "500ms"


def restart_all(mesh, endpoints, say):
    """Returns what was wrong with how a process ended."""
    faults = []
    for service in SERVICES:
        for replica in mesh.replicas[service]:
            began = time.monotonic()
            if service == "bridge":
                endpoints.remove(replica.url)
            time.sleep(PRE_STOP_SECONDS)
            status = replica.process.stop()
            stopped = time.monotonic()
            if status != 0:
                faults.append(f"{replica.name} ended with status {status}:\n{replica.process.log_tail()}")
            replica.start()
            replica.wait_ready()
            if service == "bridge":
                endpoints.add(replica.url)
            say(f"  {replica.name}: stopped in {stopped - began:.1f} s, ready in {time.monotonic() - stopped:.1f} s")
    return faults


def failed_requests(attempts):
    """Each request that a client without retries would have seen fail."""
    return [
        f"{a.kind} to {a.bridge}: {a.status or 'no answer'} {a.code} after {a.seconds:.1f} s"
        for a in attempts
        if a.status == 0 or a.status >= 400
    ]
