/*
 * The services of fixed answers as a program, for ./ocrmesh bench bridge and uploads: prints its
 * port, ends with its standard input, and then prints what was submitted: jobs, bytes, their sum.
 */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "bridge/tests/fake_mesh.h"
#include "lib/rpc/rpc.h"

int main(void)
{
    char byte;

    rpc_start();
    struct fake_mesh *mesh = fake_mesh_new();
    (void)printf("%d\n", fake_mesh_port(mesh));
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        continue;
    struct fake_totals totals;
    fake_mesh_totals(mesh, &totals);
    (void)printf("%" PRId64 " %" PRId64 " %" PRIu64 "\n", totals.submissions, totals.bytes,
                 totals.sum);
    fake_mesh_free(mesh);
    rpc_stop();
    return 0;
}
