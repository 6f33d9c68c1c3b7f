/* SPDX-License-Identifier: MIT */
#include "probes/parse/tcp-table.h"

#include <inttypes.h>
#include <string.h>

#define TABLE_MAX_BYTES (32 << 20) /* 150 bytes for each connection there is */
#define STATE_LISTEN 0x0a

/* Words of 32 bits in hexadecimal, each as the machine has it in memory. */
static bool read_words(const char *text, size_t n, uint32_t words[static 4]) {
        for (size_t i = 0; i < n; i++)
                if (sscanf(text + 8 * i, "%8" SCNx32, &words[i]) != 1)
                        return false;
        return true;
}

/* One line: its number, local address and port, remote ones, state. */
static bool parse_line(const char *line, size_t n_words, uint32_t words[static 4], unsigned *port,
                       unsigned *state) {
        char local[33];

        return sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", local, port, state) ==
                       3 &&
               strlen(local) == 8 * n_words && *port <= UINT16_MAX &&
               read_words(local, n_words, words);
}

int pf_tcp_table_parse(const char *text, bool is_ipv6, PfTcpTable *ret, PfErr *err) {
        const char *line = strchr(text, '\n'); /* the first line is a heading */

        for (unsigned number = 2; line && line[1]; number++) {
                uint32_t words[4] = { 0 };
                unsigned port, state;
                int r = 0;

                line++;
                if (!parse_line(line, is_ipv6 ? 4 : 1, words, &port, &state))
                        return pf_err_set(err, -EBADMSG,
                                          "/proc/net/tcp%s:%u: not a line of a TCP table",
                                          is_ipv6 ? "6" : "", number);
                if (state == STATE_LISTEN)
                        r = pf_tcp_table_add(ret, is_ipv6, words, (uint16_t) port,
                                             is_ipv6 ? PF_TAKES_IPV4_UNKNOWN : PF_TAKES_IPV4_YES);
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
