# SPDX-License-Identifier: MIT
"""What preflight-publish writes where its settings name a place, and that it goes with the
package: only that, and nothing of others."""

import shutil

FILE = "/var/lib/prometheus/node-exporter/preflightd.prom"
POOL = "/var/lib/hyperv/.kvp_pool_1"
CONFIG = "/etc/preflightd/preflightd.conf"
SETTINGS = f"[Publish]\nTextFile={FILE}\nKvpPool=yes\n"
OTHERS = b"CLOUD_INIT|1".ljust(512, b"\0") + b"{}".ljust(2048, b"\0")


def publish(box):
    """As an administrator enables it, on a machine where others write there, too."""
    for path in (FILE, POOL, CONFIG):
        box.path(path).parent.mkdir(parents=True, exist_ok=True)
    box.path(POOL).write_bytes(OTHERS)
    box.path(CONFIG).write_text(SETTINGS)
    box.run("systemctl enable --now preflight-publish.service")
    box.wait(f"grep -q '^preflight_verdict{{' {FILE} && grep -qa '\"verdict\":' {POOL}")


def is_gone(box):
    """And with it the places that were made for it here."""
    assert not box.path(FILE).exists(), box.path(FILE).read_text()[:400]
    assert box.path(POOL).read_bytes() == OTHERS
    for path in ("/var/lib/prometheus", "/var/lib/hyperv", "/etc/preflightd"):
        shutil.rmtree(box.path(path), ignore_errors=True)
