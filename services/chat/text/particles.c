#include "services/chat/text/particles.h"

enum { SYLLABLE_BYTES = 3, SYLLABLES_MIN = 2 };

/* Longer ones first. Particles of case and topic, then the copula. */
static const char *const particles[] = {
    "입니까", "인가요", "입니다", "에서는", "으로는", "이라는", "으로", "에서", "에게", "까지",
    "부터",   "보다",   "처럼",   "이나",   "이란",   "마다",   "은",   "는",   "이",   "가",
    "을",     "를",     "의",     "에",     "로",     "와",     "과",   "도",   "만",   "란",
};

size_t particles_cut(struct str word)
{
    for (size_t i = 0; i < ARRAY_LENGTH(particles); i++) {
        struct str particle = str_of(particles[i]);
        if (word.n < particle.n + SYLLABLES_MIN * SYLLABLE_BYTES)
            continue;
        struct str end = {word.p + word.n - particle.n, particle.n};
        if (str_equal(end, particle))
            return word.n - particle.n;
    }
    return word.n;
}
