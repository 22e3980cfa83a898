/*
 * The services of fixed answers as a program, for ./ocrmesh bench bridge: prints its port, and ends
 * with its standard input.
 */

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
    fake_mesh_free(mesh);
    rpc_stop();
    return 0;
}
