/* SPDX-License-Identifier: MIT */
#pragma once

#include <uv.h>

#include "config/config.h"
#include "daemon/varlink/server.h"

/*
 * preflightd, as far as the systems do not differ: settings, reports, what is asked for
 * unattended, and the loop. Where clients come from, and who starts, stops and watches
 * over it, is the main function's.
 */
typedef struct PfDaemon PfDaemon;

typedef struct PfDaemonConfig {
        const char *root;          /* of the machine that is checked */
        const char *remedy_socket; /* who is asked for unattended remedies; NULL: nobody */
        /* The one line about the machine, whenever a report was made; borrowed. */
        void (*status)(const char *line, void *data);
        void *data;
} PfDaemonConfig;

/**
 * pf_daemon_new() - a loop, and the settings; nothing runs and nothing is watched yet
 * @config: copied; its strings are borrowed for the life of the daemon
 * Return:  0; -EINVAL with a text for settings that are wrong; another negative errno.
 */
int pf_daemon_new(const PfDaemonConfig *config, PfDaemon **ret, PfErr *err) PF_MUST_CHECK;

uv_loop_t *pf_daemon_loop(PfDaemon *daemon);
const PfSettings *pf_daemon_settings(const PfDaemon *daemon); /* until the next reload */

/**
 * pf_daemon_prepare() - begin to watch the machine, and make the servers; before clients come
 * Return: 0, or a negative errno with a text: -EINVAL is a setting that is wrong.
 */
int pf_daemon_prepare(PfDaemon *daemon, PfErr *err) PF_MUST_CHECK;

/* Made by pf_daemon_prepare(): of org.preflightd.Preflight, and of io.systemd.Metrics. */
PfVarlinkServer *pf_daemon_server(PfDaemon *daemon);
PfVarlinkServer *pf_daemon_metrics(PfDaemon *daemon);

/* The first look at the machine. Return: 0, or a negative errno. */
int pf_daemon_start(PfDaemon *daemon) PF_MUST_CHECK;

/* Until pf_daemon_stop(), which is for the thread of the loop. */
void pf_daemon_run(PfDaemon *daemon);
void pf_daemon_stop(PfDaemon *daemon);

/* Settings anew. Where they are wrong the old ones stay in force, and the log says why. */
void pf_daemon_reload(PfDaemon *daemon);

/**
 * pf_daemon_close() - release everything; other handles of the loop are being closed
 * @daemon: or NULL
 * Return:  true; or false where a probe hangs, whose thread would be waited for: then leave
 *          with _exit(2), and use nothing of the daemon any more.
 */
bool pf_daemon_close(PfDaemon *daemon) PF_MUST_CHECK;

/* All that a reload would load, so that who asks for one is told before: what is wrong goes
 * to the log. Return: an exit status. */
int pf_daemon_check_settings(const char *root);
