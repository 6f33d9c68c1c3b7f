/* SPDX-License-Identifier: MIT */
#include "probes/parse/tcp-table.h"

#include <inttypes.h>
#include <string.h>
#include <uv.h>

#define TABLE_MAX_BYTES (32 << 20) /* 150 bytes for each connection there is */
#define STATE_LISTEN 0x0a
#define LISTENERS_MAX 65536

void pf_tcp_table_deinit(PfTcpTable *table) {
        free(table->listeners);
        *table = (PfTcpTable){ 0 };
}

static int add(PfTcpTable *table, const PfTcpListener *listener) {
        PfTcpListener *listeners;

        if (table->n == LISTENERS_MAX)
                return -E2BIG;
        if ((table->n & (table->n - 1)) == 0) { /* 0, 1, 2, 4 …: the room is used up */
                size_t room = table->n ? table->n * 2 : 1;

                listeners = realloc(table->listeners, room * sizeof(*listeners));
                if (!listeners)
                        return -ENOMEM;
                table->listeners = listeners;
        }
        table->listeners[table->n++] = *listener;
        return 0;
}

/* Words of 32 bits in hexadecimal, each as the machine has it in memory. */
static bool read_words(const char *text, size_t n, uint32_t words[static 4]) {
        for (size_t i = 0; i < n; i++)
                if (sscanf(text + 8 * i, "%8" SCNx32, &words[i]) != 1)
                        return false;
        return true;
}

static void describe(const uint32_t *words, bool is_ipv6, PfTcpListener *ret) {
        const unsigned char *bytes = (const unsigned char *) words;

        ret->is_ipv6 = is_ipv6;
        if (is_ipv6) {
                static const unsigned char any[16], loopback[16] = { [15] = 1 };

                ret->is_any = memcmp(bytes, any, sizeof(any)) == 0;
                ret->is_loopback = memcmp(bytes, loopback, sizeof(loopback)) == 0;
        } else {
                ret->is_any = words[0] == 0;
                ret->is_loopback = bytes[0] == 127;
        }
        (void) uv_inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, bytes, ret->address,
                            sizeof(ret->address));
}

/* One line: number, local address:port, remote one, state, queues, …, inode. */
static bool parse_line(const char *line, bool is_ipv6, bool *ret_listens, PfTcpListener *ret) {
        size_t n_words = is_ipv6 ? 4 : 1;
        uint32_t words[4] = { 0 };
        char local[33];
        unsigned port, state;
        uint32_t inode = 0;
        int n;

        n = sscanf(
                line,
                " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu32,
                local, &port, &state, &inode);
        if (n < 3 || strlen(local) != 8 * n_words || port > UINT16_MAX ||
            !read_words(local, n_words, words))
                return false;
        *ret_listens = state == STATE_LISTEN;
        *ret = (PfTcpListener){ .port = (uint16_t) port, .inode = inode };
        describe(words, is_ipv6, ret);
        return true;
}

int pf_tcp_table_parse(const char *text, bool is_ipv6, PfTcpTable *ret, PfErr *err) {
        const char *line = strchr(text, '\n'); /* the first line is a heading */

        for (unsigned number = 2; line && line[1]; number++) {
                PfTcpListener listener;
                bool listens;
                int r = 0;

                line++;
                if (!parse_line(line, is_ipv6, &listens, &listener))
                        return pf_err_set(err, -EBADMSG,
                                          "/proc/net/tcp%s:%u: not a line of a TCP table",
                                          is_ipv6 ? "6" : "", number);
                if (listens)
                        r = add(ret, &listener);
                if (r < 0)
                        return r;
                line = strchr(line, '\n');
        }
        return 0;
}

static int read_table(const PfTarget *target, const char *path, bool is_ipv6, PfTcpTable *ret,
                      PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(TABLE_MAX_BYTES + 1);
        int r;

        r = pf_target_read(target, path, TABLE_MAX_BYTES, &buf, err);
        if (r != 0)
                return r;
        return buf.data ? pf_tcp_table_parse(buf.data, is_ipv6, ret, err) : 0;
}

int pf_tcp_table_read(const PfTarget *target, PfTcpTable *ret, PfErr *err) {
        PF_AUTO_TCP_TABLE PfTcpTable table = { 0 };
        int ipv4, ipv6;

        ipv4 = read_table(target, "/proc/net/tcp", false, &table, err);
        if (ipv4 < 0)
                return ipv4;
        ipv6 = read_table(target, "/proc/net/tcp6", true, &table, err);
        if (ipv6 < 0)
                return ipv6;
        if (ipv4 == PF_TARGET_ABSENT && ipv6 == PF_TARGET_ABSENT)
                return pf_err_set(err, -ENOENT, "/proc/net/tcp: is not there");
        *ret = table;
        table = (PfTcpTable){ 0 };
        return 0;
}
