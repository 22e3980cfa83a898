#pragma once

/*
 * Certificates that tests make: P-256, self-signed, for localhost and 127.0.0.1, valid for an hour.
 */

/* Writes both as PEM files. */
void certificate_write(const char *certificate_file, const char *key_file);
