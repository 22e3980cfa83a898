#pragma once

/*
 * The serialised google.protobuf.FileDescriptorSet of every .proto in this folder with its
 * imports: what server reflection answers from. Made by the build.
 */

#include <stddef.h>

extern const unsigned char ocrmesh_descriptor_set_start[];
extern const size_t ocrmesh_descriptor_set_size; /* bytes */
