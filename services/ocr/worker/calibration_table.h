#pragma once

/*
 * Written by `./ocrmesh bench calibration --write`; not by hand.
 */

/* clang-format off */

struct calibration_point {
    float confidence;  /* of the engine; rises */
    float probability; /* that a word is right; rises */
};

static const struct calibration_point calibration_tesseract[] = {
    {0.1104f, 0.1471f},
    {0.3052f, 0.1838f},
    {0.4051f, 0.2554f},
    {0.5181f, 0.2846f},
    {0.6289f, 0.5210f},
    {0.7559f, 0.6234f},
    {0.8609f, 0.7457f},
    {0.8919f, 0.8501f},
    {0.8996f, 0.8624f},
    {0.9235f, 0.8757f},
    {0.9333f, 0.9345f},
    {0.9406f, 0.9671f},
    {0.9493f, 0.9726f},
    {0.9588f, 0.9727f},
    {0.9622f, 0.9847f},
    {0.9668f, 0.9849f},
};

static const struct calibration_point calibration_networks[] = {
    {0.8474f, 0.3725f},
    {0.9294f, 0.7219f},
    {0.9489f, 0.9182f},
    {0.9630f, 0.9185f},
    {0.9730f, 0.9623f},
    {0.9770f, 0.9775f},
    {0.9825f, 0.9863f},
    {0.9871f, 0.9925f},
    {0.9964f, 0.9932f},
};
