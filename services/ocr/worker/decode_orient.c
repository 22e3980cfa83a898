#include "lib/base/cleanup.h"
#include "services/ocr/worker/decode_format.h"

struct decode_turn decode_turn_of(unsigned orientation)
{
    static const struct decode_turn turns[] = {
        [1] = {false, 0}, [2] = {true, 0},  [3] = {false, 2}, [4] = {true, 2},
        [5] = {true, 3},  [6] = {false, 1}, [7] = {true, 1},  [8] = {false, 3},
    };

    if (orientation < 1 || orientation >= ARRAY_LENGTH(turns))
        return turns[1];
    return turns[orientation];
}

status_code decode_orient(struct image *image, unsigned orientation, struct status *st)
{
    struct decode_turn turn = decode_turn_of(orientation);

    if (turn.is_mirrored)
        TRY(image_mirror(image, st));
    return image_turn(image, turn.quarters, st);
}
