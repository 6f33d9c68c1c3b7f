#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Would a program for Windows be loaded by Windows Server 2008 R2?

    test-imports.py OBJDUMP COMPILER... -- PROGRAM...

Windows refuses a program that imports one function, or one library, that it has not. So
 - every library is one of a list of those that each Windows has, and none is a DLL of ours;
 - every function of theirs is declared by the headers for Windows 7, as of which those of
   mingw-w64 leave out what is newer, or is in the list of those that no header declares;
 - what the headers are wrong about is in a list of its own.
Also: the programs have the flags that make attacks harder. TAP on stdout.
"""

import re
import subprocess
import sys

LIBRARIES = {
    "advapi32.dll", "authz.dll", "crypt32.dll", "iphlpapi.dll", "kernel32.dll", "msvcrt.dll",
    "netapi32.dll", "ntdll.dll", "ole32.dll", "oleaut32.dll", "psapi.dll", "shell32.dll",
    "user32.dll", "userenv.dll", "version.dll", "ws2_32.dll",
}
HEADERS = (
    "winsock2.h ws2tcpip.h mswsock.h windows.h winternl.h iphlpapi.h tcpmib.h userenv.h psapi.h "
    "lm.h dsgetdc.h ntsecapi.h aclapi.h sddl.h authz.h ole2.h oleauto.h shellapi.h shlobj.h "
    "winioctl.h wincrypt.h tlhelp32.h"
).split()
# That no header declares, and every Windows has.
UNDECLARED = {
    "NtQueryMutant",
    "SystemFunction036",  # RtlGenRandom
    "__C_specific_handler",
}
# Newer than Windows 7, and declared by the headers of some mingw-w64 all the same.
NEWER = {
    "AddDllDirectory", "CopyFile2", "CreateFile2", "GetAddrInfoExCancel", "GetFirmwareType",
    "GetHostNameW", "GetSystemTimePreciseAsFileTime", "GetTempPath2W", "IsWow64Process2",
    "QueryInterruptTime", "SetDefaultDllDirectories", "SetThreadDescription", "WaitOnAddress",
    "WakeByAddressAll", "WakeByAddressSingle",
}
WANTED_FLAGS = {"DYNAMIC_BASE": 0x40, "NX_COMPAT": 0x100}


def run(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def declared(compiler):
    """All words of the headers for Windows 7."""
    source = "".join(f"#include <{header}>\n" for header in HEADERS)
    text = run(*compiler, "-E", "-P", "-D_WIN32_WINNT=0x0601", "-x", "c", "-", text=source)
    return set(re.findall(r"\w+", text))


def imports(dump):
    """{library: {function}}"""
    found = {}
    names = None
    for line in dump.splitlines():
        if match := re.match(r"\s*DLL Name: (\S+)", line):
            names = found.setdefault(match.group(1).lower(), set())
        elif names is not None and (match := re.match(r"\t[0-9a-f]+\t\s*\d+\s+(\S+)$", line)):
            names.add(match.group(1))
        elif not line.strip() and found and re.match(r"\S", line):
            names = None
    return found


def complaints(dump, words):
    found = imports(dump)
    if len(found) < 3 or "CreateFileW" not in found.get("kernel32.dll", ()):
        yield "its imports are not understood"
    for library, names in sorted(found.items()):
        if library not in LIBRARIES:
            yield f"{library} is not on every Windows"
        if library == "msvcrt.dll":
            continue  # in one version on all of them
        for name in sorted(names):
            if name in NEWER or (name not in words and name not in UNDECLARED):
                yield f"{library}: {name} is not of Windows 7"
    flags = re.search(r"^DllCharacteristics\s+([0-9a-f]+)", dump, re.MULTILINE)
    for name, bit in WANTED_FLAGS.items():
        if not flags or not int(flags.group(1), 16) & bit:
            yield f"{name} is missing"
    version = re.search(r"^MajorSubsystemVersion\s+(\d+)", dump, re.MULTILINE)
    if not version or int(version.group(1)) > 6:
        yield "it asks for a later Windows"


def report(number, name, wrong):
    print(f"{'not ok' if wrong else 'ok'} {number} - {name}")
    for line in wrong:
        print(f"#   {line}")
    return bool(wrong)


def check_itself(words):
    """Does a program that nothing of this lets through fail?"""
    dump = "\n".join(
        ["\tDLL Name: KERNEL32.dll", "\tvma:  Hint/Ord Member-Name Bound-To"]
        + [f"\t2f1a4\t  12  {name}" for name in ("CreateFileW", "GetSystemTimePreciseAsFileTime",
                                                 "PrefetchVirtualMemory")]
        + ["\tDLL Name: libuv-1.dll", "\tDLL Name: msvcrt.dll", "DllCharacteristics\t00000020"])
    wanted = ["GetSystemTimePreciseAsFileTime", "PrefetchVirtualMemory", "libuv-1.dll",
              "DYNAMIC_BASE", "NX_COMPAT", "later Windows"]
    said = list(complaints(dump, words))
    if len(said) != len(wanted):
        return said
    return [word for word in wanted if not any(word in line for line in said)]


def main():
    objdump, *rest = sys.argv[1:]
    at = rest.index("--")
    compiler, programs = rest[:at], rest[at + 1:]
    words = declared(compiler)
    print(f"1..{len(programs) + 1}")
    failed = report(1, "what is newer is seen", check_itself(words))
    for number, program in enumerate(programs, 2):
        name = program.rsplit("/", 1)[-1]
        failed |= report(number, name, list(complaints(run(objdump, "-p", program), words)))
    return failed


if __name__ == "__main__":
    sys.exit(main())
