#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Images that the real grub-mkimage makes, on machines with two grub.cfg.

Where the prefix or the commands that are built in name one of them, the report says
that the other is left over; where only the machine could tell, it is unknown. TAP on
stdout; skipped for a system whose modules are not installed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

EFI, BIOS = "x86_64-efi", "i386-pc"
MODULES = ["ext2", "part_gpt", "part_msdos", "search_fs_uuid", "normal"]
SEARCH = "search.fs_uuid 0b3c1d7e-1111-4222-8333-444455556666 root hd0,gpt2\n"
GRUB_CFG = """menuentry 'Linux' {
  linux /vmlinuz root=UUID=0b3c1d7e-1111-4222-8333-444455556666 ro
}
"""
FIRST, SECOND = "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"

# Name, system, prefix, what is built in, and which of the two it reads.
CASES = [
    ("a prefix on a partition", BIOS, "(,msdos1)/boot/grub2", None, SECOND),
    ("a prefix on a separate /boot", BIOS, "(,msdos1)/grub2", None, SECOND),
    ("commands set the prefix", BIOS, "/boot/grub",
     SEARCH + "set prefix=($root)'/boot/grub2'\n", SECOND),
    ("a prefix of EFI without a device", EFI, "/boot/grub", None, FIRST),
    ("commands of EFI set the prefix", EFI, "/EFI/debian",
     SEARCH + "set prefix=($root)'/boot/grub'\n", FIRST),
    ("commands hand over", EFI, "/EFI/debian",
     SEARCH + "configfile ($root)/boot/grub2/grub.cfg\n", SECOND),
    ("a subvolume", EFI, "(,gpt2)/@/boot/grub2", None, SECOND),
    ("a condition decides", EFI, "/EFI/debian",
     "if [ -e /marker ]; then\nset prefix=(hd0)/boot/grub\nelse\nset prefix=(hd0)/boot/grub2\nfi\n",
     None),
    ("a prefix that leads nowhere", EFI, "/EFI/elsewhere", None, None),
]


def make_image(system, prefix, config, path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    command = ["grub-mkimage", "-O", system, "-p", prefix, "-o", path]
    if config:
        with open(path + ".load", "w", encoding="utf-8") as file:
            file.write(config)
        command += ["-c", path + ".load"]
    subprocess.run(command + MODULES, check=True, capture_output=True)
    if config:
        os.remove(path + ".load")


def make_machine(root, case):
    _, system, prefix, config, _ = case
    for path in (FIRST, SECOND, "/etc/fstab"):
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        with open(root + path, "w", encoding="utf-8") as file:
            file.write("" if path == "/etc/fstab" else GRUB_CFG)
    make_image(system, prefix, config, root + (
        "/boot/efi/EFI/debian/grubx64.efi" if system == EFI else "/boot/grub/i386-pc/core.img"))


def answer(ctl, root):
    done = subprocess.run([ctl, "check", f"--root={root}", "--only=boot.configuration-live",
                           "--format=json"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["checks"][0]


def complaint(case, check):
    reads = case[4]
    if reads is None:
        return None if check["verdict"] == "unknown" else f"{check['verdict']}, not unknown"
    left_over = FIRST if reads == SECOND else SECOND
    named = [evidence["path"] for evidence in check["evidence"]]
    if check["verdict"] != "warn" or named != [left_over]:
        return f"{check['verdict']} {named}, not a warning of {left_over}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ctl", required=True)
    options = parser.parse_args()
    failed = False

    print(f"1..{len(CASES)}", flush=True)
    for number, case in enumerate(CASES, 1):
        if not shutil.which("grub-mkimage") or not os.path.exists(f"/usr/lib/grub/{case[1]}/normal.mod"):
            print(f"ok {number} - {case[0]} # SKIP GRUB for {case[1]} is not installed")
            continue
        with tempfile.TemporaryDirectory(prefix="pf-grub-") as root:
            make_machine(root, case)
            wrong = complaint(case, answer(options.ctl, root))
        print(f"{'not ' if wrong else ''}ok {number} - {case[0]}")
        if wrong:
            print(f"# {wrong}")
        failed = failed or wrong is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
