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
    {0.0548f, 0.2190f},
    {0.2661f, 0.2549f},
    {0.3870f, 0.2581f},
    {0.5695f, 0.4643f},
    {0.6970f, 0.6028f},
    {0.7512f, 0.7113f},
    {0.8056f, 0.7556f},
    {0.8682f, 0.8009f},
    {0.8931f, 0.8751f},
    {0.9220f, 0.9136f},
    {0.9382f, 0.9580f},
    {0.9460f, 0.9811f},
    {0.9525f, 0.9858f},
    {0.9588f, 0.9910f},
    {0.9657f, 0.9925f},
};

static const struct calibration_point calibration_networks[] = {
    {0.7540f, 0.4481f},
    {0.8877f, 0.7458f},
    {0.9308f, 0.7970f},
    {0.9594f, 0.9198f},
    {0.9696f, 0.9458f},
    {0.9738f, 0.9473f},
    {0.9815f, 0.9604f},
    {0.9865f, 0.9704f},
    {0.9912f, 0.9719f},
    {0.9971f, 0.9774f},
    {0.9998f, 0.9872f},
    {0.9999f, 0.9887f},
    {1.0000f, 0.9951f},
};
