#include "lib/rest/error_code.h"

void rest_error_code(const char *reason, char *ret_code, size_t size)
{
    size_t i = 0;

    for (; reason[i] != '\0' && i < size - 1; i++)
        ret_code[i] =
            reason[i] >= 'A' && reason[i] <= 'Z' ? (char)(reason[i] - 'A' + 'a') : reason[i];
    ret_code[i] = '\0';
}
