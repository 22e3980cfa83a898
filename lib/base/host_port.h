#pragma once

/*
 * Addresses to listen on as settings have them: "127.0.0.1:8080", "[::]:8080", "localhost:0".
 * Thread rule: any thread.
 */

#include <stdbool.h>

enum { HOST_PORT_HOST_SIZE = 256 };

/* @ret_host: without the brackets; empty where nothing stands before the colon. @ret_port: 0 to
 * 65535. False for anything else. */
bool host_port_parse(const char *text, char ret_host[static HOST_PORT_HOST_SIZE], int *ret_port);
