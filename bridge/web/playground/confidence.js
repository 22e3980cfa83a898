// How sure a reading is, in three levels. Confidence is a probability: of words at 0.9, one in ten is wrong.

import { percent, t } from "../common/messages.js";

const SURE = 0.95;
const FAIR = 0.8;

export function level(confidence) {
  if (confidence >= SURE) return "sure";
  return confidence >= FAIR ? "fair" : "poor";
}

export function isLow(confidence) {
  return confidence < FAIR;
}

export function confidenceText(confidence) {
  return t("confidence.of", { percent: percent(confidence) });
}
