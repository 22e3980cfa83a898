#pragma once

/* The serialised FileDescriptorSet of echo.proto. Made by the build. */

#include <stddef.h>

extern const unsigned char echo_descriptor_set_start[];
extern const size_t echo_descriptor_set_size; /* bytes */
