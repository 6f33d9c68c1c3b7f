#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes a table of the system calls that a compiler's headers know.

    system-calls.py OUTPUT COMPILER [ARGUMENT]...
"""
import re
import subprocess
import sys

output, *compiler = sys.argv[1:]
macros = subprocess.run([*compiler, "-E", "-dM", "-x", "c", "-"], check=True, text=True,
                        input="#include <sys/syscall.h>\n", capture_output=True).stdout
names = re.findall(r"^#define __NR_(\w+) ", macros, re.MULTILINE)
with open(output, "w", encoding="utf-8") as file:
    file.writelines(f'{{ "{name}", __NR_{name} }},\n' for name in sorted(set(names)))
