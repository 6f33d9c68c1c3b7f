# SPDX-License-Identifier: MIT
"""The seed of what is invented: the same in every run, but in a full one, which
tries what none has tried before. It is printed, so that any run can be repeated."""

import os
import random


def default_seed():
    return random.SystemRandom().randrange(1 << 32) if os.environ.get("PF_FULL") else 424242
