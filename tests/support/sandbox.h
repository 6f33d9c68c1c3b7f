/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/cleanup.h"
#include "daemon/base/target.h"

/*
 * A machine to test on: a new directory, filled from a fixture or by hand, and
 * a target on it. What goes wrong here fails the running test, so no function
 * returns an error. Paths are those of the machine: "/etc/fstab".
 *
 * A box is closed by its scope (PF_AUTO_SANDBOX), or by opening it again where
 * it is static; what a failed test leaves behind is removed at exit.
 */
typedef struct PfSandbox {
        char *root; /* of the new directory, on this machine */
        PfTarget *target;
} PfSandbox;

#define PF_AUTO_SANDBOX PF_CLEANUP(pf_sandbox_close)

/* An empty machine. Closes what @box holds first: begin with one that is all zero. */
void pf_sandbox_new(PfSandbox *box);

/**
 * pf_sandbox_open() - a copy of a fixture
 * @fixture: "probe/case", below tests/fixtures; its folder root/ is the machine
 *
 * Links and permissions are copied as they are. What git does not keep (empty
 * directories, other permissions than 0644 and 0755) can be named in the
 * expected.json of the fixture: "directories": ["/run/sshd"] and "modes":
 * {"/etc/shadow": "0600"}.
 */
void pf_sandbox_open(PfSandbox *box, const char *fixture);
void pf_sandbox_close(PfSandbox *box);

/* These make the directories above @path where there are none, and replace a
 * file that is there. */
void pf_sandbox_write(PfSandbox *box, const char *path, const char *text);
void pf_sandbox_write_bytes(PfSandbox *box, const char *path, const void *bytes, size_t n);
void pf_sandbox_mkdir(PfSandbox *box, const char *path);
void pf_sandbox_symlink(PfSandbox *box, const char *text, const char *path);
void pf_sandbox_mkfifo(PfSandbox *box, const char *path); /* fails on Windows */

void pf_sandbox_chmod(PfSandbox *box, const char *path, uint32_t mode);
void pf_sandbox_remove(PfSandbox *box, const char *path); /* and all that is in it */

/* Forget what was asked for so far: a new target on the same directory. */
void pf_sandbox_reset_target(PfSandbox *box);

/* The path on this machine, which the caller frees. */
char *pf_sandbox_path(const PfSandbox *box, const char *path);

/* The contents of a file of the fixture's folder beside root/, or NULL where
 * there is none. The caller frees them. */
char *pf_fixture_read(const char *fixture, const char *name);

/* The path of a fixture's folder in the source tree, which the caller frees. */
char *pf_fixture_path(const char *fixture, const char *name);
