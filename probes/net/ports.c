/* SPDX-License-Identifier: MIT */
/*
 * net.ports: is a local port left for a connection that the agent makes?
 *
 * The table of all sockets takes milliseconds where there are many, so it is
 * read only where the number of sockets says that ports may be short; and where
 * nearly all of them are in use, the kernel itself is asked for one more.
 */
#include "probes/net/room.h"

#include <string.h>

#include "probes/parse/port-use.h"

#define RANGE_PATH "/proc/sys/net/ipv4/ip_local_port_range"
#define RESERVED_PATH "/proc/sys/net/ipv4/ip_local_reserved_ports"
#define SMALL_MAX 131072
#define TABLE_MAX (32u << 20) /* some 200000 sockets */
#define TABLE_HEADING "  sl  local_address"
#define SHORT_PERCENT 90 /* in use: from here on it is worth a warning */

typedef struct Ports {
        const PfNetRoom *room;
        const PfCheck *check;
        unsigned first, last;
        unsigned n; /* of the range, without those that are reserved */
        PfPortSet reserved;
        char range[64]; /* as the kernel says it */
} Ports;

/* Return: 0, PF_TARGET_ABSENT, or a negative errno with a text. */
static int read_small(const PfTarget *target, const char *path, PfBuf *buf, PfErr *err) {
        return pf_target_read(target, path, SMALL_MAX, buf, err);
}

static int read_range(Ports *ports, PfErr *err) {
        PF_AUTO_BUF PfBuf range = PF_BUF_INIT(SMALL_MAX + 1);
        PF_AUTO_BUF PfBuf reserved = PF_BUF_INIT(SMALL_MAX + 1);
        int r = read_small(ports->room->target, RANGE_PATH, &range, err);

        if (r == 0)
                r = read_small(ports->room->target, RESERVED_PATH, &reserved, err);
        if (r != 0 && range.n == 0)
                return r < 0 ? r : pf_err_set(err, -ENOENT, RANGE_PATH ": is not there");
        if (r < 0)
                return r;
        if (pf_port_range_parse(range.data, range.n, &ports->first, &ports->last) < 0)
                return pf_err_set(err, -EBADMSG, RANGE_PATH ": is no range of ports");
        if (reserved.n > 0 && pf_port_list_parse(reserved.data, reserved.n, &ports->reserved) < 0)
                return pf_err_set(err, -EBADMSG, RESERVED_PATH ": is no list of ports");
        ports->n = ports->last - ports->first + 1 -
                   pf_port_set_count(&ports->reserved, ports->first, ports->last);
        (void) snprintf(ports->range, sizeof(ports->range), "%u-%u", ports->first, ports->last);
        return 0;
}

/* How many sockets of TCP there are. A kernel without IPv6 has no second file. */
static int count_sockets(const PfTarget *target, uint64_t *ret, PfErr *err) {
        static const char *const paths[] = { "/proc/net/sockstat", "/proc/net/sockstat6" };

        *ret = 0;
        for (size_t i = 0; i < PF_ELEMENTS(paths); i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SMALL_MAX + 1);
                uint64_t n = 0;
                int r = read_small(target, paths[i], &buf, err);

                if (r == PF_TARGET_ABSENT && i > 0)
                        return 0;
                if (r != 0)
                        return r < 0 ? r : pf_err_set(err, -ENOENT, "%s: is not there", paths[i]);
                if (pf_sockstat_parse(buf.data ? buf.data : "", buf.n, &n) < 0)
                        return pf_err_set(err, -EBADMSG, "%s: is not understood", paths[i]);
                *ret += n;
        }
        return 0;
}

/* A heading, and lines that all end. */
static bool is_table(const PfBuf *buf) {
        return buf->n > 0 && buf->data[buf->n - 1] == '\n' &&
               strncmp(buf->data, TABLE_HEADING, strlen(TABLE_HEADING)) == 0;
}

static int count_used(const Ports *ports, unsigned *ret, PfErr *err) {
        static const char *const paths[] = { "/proc/net/tcp", "/proc/net/tcp6" };
        PfPortSet used = { 0 };

        for (size_t i = 0; i < PF_ELEMENTS(paths); i++) {
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(TABLE_MAX + 1);
                int r = pf_target_read(ports->room->target, paths[i], TABLE_MAX, &buf, err);

                if (r == PF_TARGET_ABSENT && i > 0)
                        break;
                if (r != 0)
                        return r < 0 ? r : pf_err_set(err, -ENOENT, "%s: is not there", paths[i]);
                if (!is_table(&buf))
                        return pf_err_set(err, -EBADMSG, "%s: is no table, or cut off", paths[i]);
                (void) pf_port_use_parse(buf.data, buf.n, &used);
        }
        for (size_t i = 0; i < PF_ELEMENTS(used.words); i++)
                used.words[i] &= ~ports->reserved.words[i];
        *ret = pf_port_set_count(&used, ports->first, ports->last);
        return 0;
}

static int show_range(const Ports *ports) {
        if (pf_port_set_count(&ports->reserved, ports->first, ports->last) > 0)
                (void) pf_report_evidence(ports->room->report, ports->room->target, RESERVED_PATH,
                                          1, NULL, NULL);
        return pf_report_evidence(ports->room->report, ports->room->target, RANGE_PATH, 1,
                                  ports->range, "a range with ports that are free");
}

/* Return: 1 where it was answered, 0 where a port is left, or a negative errno. */
static int fail_where_none_is_left(const Ports *ports, PfErr *err) {
        PfReport *report = ports->room->report;
        bool left = true;
        int r = ports->n > 0 ? pf_machine_port_left(ports->room->target, &left, err) : 0;

        if (r < 0 || (ports->n > 0 && left))
                return r < 0 ? r : 0;
        if (ports->n == 0)
                (void) pf_report_fail(report, ports->check,
                                      "every port of the range for connections is reserved");
        else
                (void) pf_report_fail(report, ports->check,
                                      "no local port is left for a connection");
        pf_report_reason(report, "no-port-left");
        (void) show_range(ports);
        (void) pf_report_remedy(report, "find what holds so many connections with \"ss -tan\", or "
                                        "widen net.ipv4.ip_local_port_range");
        return 1;
}

static int pass(const Ports *ports) {
        return pf_report_pass(ports->room->report, ports->check,
                              "local ports are left for connections");
}

/* Servers to which nobody is connected yet may still be reached by a port in use. */
static int judge_use(const Ports *ports, PfErr *err) {
        unsigned used = 0;
        int r = count_used(ports, &used, err);

        if (r < 0)
                return r;
        if ((uint64_t) used * 100 < (uint64_t) ports->n * SHORT_PERCENT)
                return pass(ports);
        r = fail_where_none_is_left(ports, err);
        if (r != 0)
                return r < 0 ? r : 0;
        (void) pf_report_warn(ports->room->report, ports->check,
                              "%u of %u local ports for connections are in use", used, ports->n);
        pf_report_reason(ports->room->report, "few-ports-left");
        return show_range(ports);
}

int pf_net_ports(const PfNetRoom *room, const PfCheck *check, PfErr *err) {
        Ports ports = { .room = room, .check = check };
        uint64_t sockets = 0;
        int r;

        if (!room->is_running && !room->reason[0])
                return pf_report_skip(room->report, check, "an image has no connections");
        r = read_range(&ports, err);
        if (r == 0)
                r = count_sockets(room->target, &sockets, err);
        if (r < 0)
                return r;
        if (ports.n == 0) {
                r = fail_where_none_is_left(&ports, err);
                return r < 0 ? r : 0;
        }
        return sockets * 2 < ports.n ? pass(&ports) : judge_use(&ports, err);
}
