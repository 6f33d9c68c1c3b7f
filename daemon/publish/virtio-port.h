/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "daemon/base/err.h"

/*
 * A virtio-serial port by which the host is told: one line when it connects, one whenever
 * there is a new one, and one for each newline that it sends. Nothing else that it sends
 * is looked at.
 *
 * While nobody is connected on the host, poll(2) reports such a port as hung up for ever, so
 * that waiting for it in the usual way never waits. Its wait queue is woken when somebody
 * connects, which an edge-triggered epoll(7) sees; in between nothing wakes up. What is written
 * while nobody reads stays in the port's queue; when that is full the newest line waits here,
 * and the older ones are forgotten.
 *
 * Rule: Linux, drivers/char/virtio_console.c: port_fops_poll(), VIRTIO_CONSOLE_PORT_OPEN; one
 *       process at a time may have a port open.
 */
typedef struct PfVirtioPort PfVirtioPort;

typedef struct PfVirtioPortConfig {
        uv_loop_t *loop;
        const char *name;    /* as the hypervisor gives it */
        const char *classes; /* "/sys/class/virtio-ports" */
        const char *devices; /* "/dev" */
        /* The port is gone; it is closed, and may be opened again. */
        void (*gone)(void *data);
        void *data;
} PfVirtioPortConfig;

#define PF_VIRTIO_CLASSES "/sys/class/virtio-ports"
#define PF_VIRTIO_DEVICES "/dev"

/* @config: copied, texts too. Return: 0, -ENOMEM. */
int pf_virtio_port_new(const PfVirtioPortConfig *config, PfVirtioPort **ret) PF_MUST_CHECK;
PfVirtioPort *pf_virtio_port_free(PfVirtioPort *port);
PF_DEFINE_CLEANUP(PfVirtioPort, pf_virtio_port_free);

/* Positive outcome: no port has this name. */
enum { PF_VIRTIO_PORT_ABSENT = 1 };

/* Open it, unless it is. Return: 0, PF_VIRTIO_PORT_ABSENT; with a text -EBUSY where another
 * process has it, -EACCES … */
int pf_virtio_port_open(PfVirtioPort *port, PfErr *err) PF_MUST_CHECK;

/* The line from now on, without its end, told to who is connected. Return: 0, -ENOMEM. */
int pf_virtio_port_tell(PfVirtioPort *port, const char *line) PF_MUST_CHECK;

/* Is somebody connected on the host? */
bool pf_virtio_port_is_connected(const PfVirtioPort *port);
