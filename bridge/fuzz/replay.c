/*
 * Runs a fuzz target on kept inputs, for compilers without libFuzzer: each file of the folder.
 */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    INPUT_MAX_BYTES = 1 << 20,
    PATH_MAX_BYTES = 4096,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(INPUT_MAX_BYTES);

    if (file == NULL || data == NULL) {
        perror(path);
        free(data);
        return -1;
    }
    size_t size = fread(data, 1, INPUT_MAX_BYTES, file);
    (void)fclose(file);
    /* In a block of its exact size, so that reading past it is seen. */
    uint8_t *exact = realloc(data, size > 0 ? size : 1);
    int result = exact != NULL ? LLVMFuzzerTestOneInput(exact, size) : -1;
    free(exact);
    return result;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    int count = 0;

    if (folder == NULL) {
        (void)fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder)) != NULL) {
        char path[PATH_MAX_BYTES];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], entry->d_name);
        if (run(path) != 0)
            return 1;
        count++;
    }
    (void)closedir(folder);
    (void)printf("%d inputs\n", count);
    return count > 0 ? 0 : 1;
}
