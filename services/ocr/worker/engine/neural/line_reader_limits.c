#include "services/ocr/worker/engine/neural/line_reader_limits.h"

/* Made by tools/activation-limits.py, which says from what. */
const struct activation_limit line_reader_limits[] = {
    {"p2o.pd_op.multiply.0.0", 1.5449f}, {"p2o.pd_op.gelu.0.0", 2.6501f},
    {"p2o.pd_op.add.11.0", 2.0024f},     {"p2o.pd_op.gelu.1.0", 3.0086f},
    {"p2o.pd_op.add.15.0", 1.7351f},     {"p2o.pd_op.gelu.2.0", 2.1277f},
    {"p2o.pd_op.add.19.0", 4.4363f},     {"p2o.pd_op.gelu.3.0", 3.0078f},
    {"p2o.pd_op.multiply.1.0", 0.9758f}, {"p2o.pd_op.gelu.4.0", 2.3570f},
    {"p2o.pd_op.add.28.0", 2.2223f},     {"p2o.pd_op.gelu.5.0", 1.7824f},
    {"p2o.pd_op.multiply.2.0", 1.2795f}, {"p2o.pd_op.gelu.6.0", 2.1103f},
    {"p2o.pd_op.add.38.0", 2.1289f},     {"p2o.pd_op.gelu.7.0", 2.1406f},
    {"p2o.pd_op.multiply.3.0", 0.7622f}, {"p2o.pd_op.gelu.8.0", 2.1541f},
    {"p2o.pd_op.add.48.0", 1.8072f},     {"p2o.pd_op.gelu.9.0", 1.0682f},
    {"p2o.pd_op.add.52.0", 3.7316f},     {"p2o.pd_op.gelu.10.0", 2.9943f},
    {"p2o.pd_op.multiply.4.0", 1.0811f}, {"p2o.pd_op.gelu.11.0", 2.1221f},
    {"p2o.pd_op.add.61.0", 5.1050f},     {"p2o.pd_op.gelu.12.0", 2.1365f},
    {"p2o.pd_op.pool2d.1.0", 6.2441f},
};

const size_t line_reader_limit_count = ARRAY_LENGTH(line_reader_limits);
