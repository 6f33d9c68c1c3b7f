#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the profiles as C: generate-profiles.py OUTPUT PROFILE..."""

import pathlib
import sys


def c_bytes(data):
    lines = [data[i:i + 24] for i in range(0, len(data), 24)]
    return '\n'.join('        ' + ' '.join(f'{byte},' for byte in line) for line in lines)


def main(output, *profiles):
    paths = [pathlib.Path(profile) for profile in profiles]
    parts = ['/* Made by generate-profiles.py. */', '#include "config/profile-embedded.h"', '']
    rows = []
    for i, path in enumerate(paths):
        data = path.read_text(encoding='ascii').encode()
        parts += [f'static const char text_{i}[] = {{', c_bytes(data), '        0', '};', '']
        rows.append(f'        {{ "{path.stem}", "(built in) {path.name}", text_{i}, {len(data)} }},')
    parts += ['const PfEmbeddedProfile pf_embedded_profiles[] = {', *rows, '};',
              f'const size_t pf_n_embedded_profiles = {len(paths)};', '']
    pathlib.Path(output).write_text('\n'.join(parts))


if __name__ == '__main__':
    main(*sys.argv[1:])
