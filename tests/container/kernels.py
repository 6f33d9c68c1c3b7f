# SPDX-License-Identifier: MIT
"""Kernels that are made up, with modules that nobody loads: what counts is which of them are
in an initramfs."""

import hashlib
import pathlib
import subprocess
import tempfile

ROOT = "0b3c1d7e-1111-4222-8333-444455556666"
DRIVERS = ["hv_vmbus", "hv_storvsc", "hv_netvsc"]
GRUB_CFG = """menuentry 'Debian' {{
 linux /boot/vmlinuz-{version} root=UUID={root} ro
 initrd {image}
}}
"""


def make_module(box, version, name):
    """An object file with what depmod(8) looks at."""
    words = "".join(f'static const char {chr(97 + i)}[] __attribute__((section(".modinfo"), used)) = '
                    f'"{text}";\n' for i, text in enumerate((f"name={name}", "license=GPL",
                                                             "vermagic=" + version)))
    with tempfile.TemporaryDirectory(prefix="pf-module-") as top:
        source = pathlib.Path(top) / "module.c"
        source.write_text(words)
        subprocess.run(["gcc", "-c", "-o", f"{top}/module.ko", source], check=True)
        place = box.path(f"/usr/lib/modules/{version}/kernel/drivers/hv/{name}.ko")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((pathlib.Path(top) / "module.ko").read_bytes())


def make(box, version, loader, text):
    """All of a kernel but its initramfs; @loader: the file that starts it."""
    for name in DRIVERS:
        make_module(box, version, name)
    modules = f"/usr/lib/modules/{version}"
    for path, content in {f"/boot/vmlinuz-{version}": "kernel", loader: text,
                          f"/boot/config-{version}": "CONFIG_RD_GZIP=y\n",
                          f"{modules}/modules.builtin":
                              "kernel/drivers/scsi/sd_mod.ko\nkernel/fs/ext4/ext4.ko\n",
                          "/etc/fstab": f"UUID={ROOT} / ext4 defaults 0 1\n",
                          f"{modules}/modules.order": ""}.items():
        box.path(path).parent.mkdir(parents=True, exist_ok=True)
        box.path(path).write_text(content)
    box.run(f"depmod {version}")


def remove(box, version, image):
    box.run(f"rm -rf /usr/lib/modules/{version} /boot/*-{version} {image}")


def drivers_in(listing):
    """Of what lists the files of an initramfs."""
    return [name for name in DRIVERS if f"/{name}.ko" in listing]


def state(box, *paths):
    """What there is of each file: digest, mode, owner, when it was written; None: nothing."""
    found = {}
    for path in paths:
        file = box.path(path)
        found[path] = None
        if file.exists():
            st = file.stat()
            found[path] = (hashlib.sha256(file.read_bytes()).hexdigest(), st.st_mode, st.st_uid,
                           st.st_gid, st.st_mtime_ns)
    return found
