/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What starts the SSH server of a machine when it boots, and with which command
 * line: a unit of systemd, its socket, a job of upstart, a script of sysvinit.
 */

#include "probes/parse/systemd-command.h"
#include "probes/parse/systemd-condition.h"
#include "probes/parse/systemd-preset.h"
#include "probes/parse/systemd-unit.h"
#include "probes/sshd/command-line.h"

typedef enum PfSshdStarter {
        PF_SSHD_STARTS_NOT,
        PF_SSHD_STARTS_UNIT,   /* ssh.service or sshd.service */
        PF_SSHD_STARTS_SOCKET, /* systemd listens, and starts it then */
        PF_SSHD_STARTS_JOB,    /* of upstart */
        PF_SSHD_STARTS_SCRIPT, /* of sysvinit */
        PF_SSHD_STARTS_MAYBE,  /* presets decide at the first boot, and there are none */
} PfSshdStarter;

/* All zero is a machine that starts none. */
typedef struct PfSshdService {
        PfSshdStarter starter;
        char *by;             /* path of the link, job or script; NULL: a preset, or none */
        PfPreset preset;      /* where a first boot decides */
        PfSystemdUnit unit;   /* the service; without a path or mask there is none */
        PfSystemdUnit socket; /* where the starter is one */
        char *dangling;       /* a link that enables a unit that is not there, or NULL */

        PfConditions conditions; /* of the unit that starts it */
        const PfUnitSetting *condition;

        PfEnvironment environment;
        PfCommand command;
        PfSshdCommandLine line;
        PfCommand test; /* sshd -t in front of it; n is 0 where there is none */
        PfSshdCommandLine test_line;
        const PfUnitSetting *missing_file; /* an EnvironmentFile= that must be there, and is not */
        char *doubt;                       /* NULL, or why the command line is not known */
        PfSshdPlace place;                 /* of the command */
} PfSshdService;

void pf_sshd_service_deinit(PfSshdService *service);

/**
 * pf_sshd_service_read() - find out
 * @version: of the server, whose options are read
 * @ret:     filled in where 0 is returned
 * Rule:     systemctl(1), enable: links in *.wants/ and *.requires/ of a target
 *           that a boot comes to; sockets come before services. Without a unit of
 *           systemd: /etc/init/ssh.conf, then the links of the run levels.
 * Return:   0, or a negative errno with a text where the target could not be read.
 */
int pf_sshd_service_read(const PfTarget *target, const PfSshdVersion *version, PfSshdService *ret,
                         PfErr *err) PF_MUST_CHECK;

/* Does sshd -t test another configuration than the one it is started with? */
bool pf_sshd_service_tests_another(const PfSshdService *service);
