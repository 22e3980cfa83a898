"""Waiting for a condition, bounded."""

import time

INTERVAL_SECONDS = 0.02


def until(condition, seconds, what):
    """Polls `condition` until it gives something true, and returns that.

    `what` names the awaited thing in the failure. An exception of the condition's counts as "not
    yet"; the last one is shown.
    """
    deadline = time.monotonic() + seconds
    last_error = None
    while True:
        try:
            value = condition()
            last_error = None
            if value:
                return value
        except (OSError, AssertionError) as error:
            last_error = error
        if time.monotonic() >= deadline:
            raise TimeoutError(f"{what}: not within {seconds} s ({last_error})") from last_error
        time.sleep(INTERVAL_SECONDS)
