#pragma once

/*
 * language_profiles.txt as it stands, for language_profile.c. Made by embed-bytes.sh.
 */

#include <stddef.h>

extern const unsigned char language_profiles[];
extern const size_t language_profiles_size;
