/* SPDX-License-Identifier: MIT */
#include "daemon/platform/log-sink.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <linux/sockios.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <systemd/sd-journal.h>

#include "daemon/base/buf.h"

#define FIELDS_MAX 16
#define FIELD_MAX_BYTES 8192
#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define SETTLE_MS 1000

static bool add_field(struct iovec *fields, size_t *n, const char *name, const char *value) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(FIELD_MAX_BYTES);

        if (*n == FIELDS_MAX || pf_buf_printf(&buf, "%s=%s", name, value) < 0)
                return false;
        fields[*n].iov_len = buf.n;
        fields[*n].iov_base = pf_buf_steal(&buf);
        return fields[(*n)++].iov_base != NULL;
}

static void log_to_journal(PfLogLevel level, const char *message_id, const PfLogField *fields,
                           const char *text) {
        const char priority[] = { (char) ('0' + (int) level), '\0' };
        struct iovec vector[FIELDS_MAX];
        size_t n = 0;
        bool complete;

        complete = add_field(vector, &n, "MESSAGE", text) &&
                   add_field(vector, &n, "PRIORITY", priority);
        if (complete && message_id)
                complete = add_field(vector, &n, "MESSAGE_ID", message_id);
        for (; complete && fields && fields->name; fields++)
                complete = add_field(vector, &n, fields->name, fields->value);

        if (!complete || sd_journal_sendv(vector, (int) n) < 0)
                pf_log_stderr(level, message_id, fields, text);
        for (size_t i = 0; i < n; i++)
                free(vector[i].iov_base);
}

PfLogSink pf_log_choose_sink(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        if (stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
            fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode)
                return log_to_journal;
        return pf_log_stderr;
}

/* Behind all that this process has sent; no message itself. */
static bool send_empty(int fd) {
        const struct sockaddr_un journal = { .sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET };
        const struct timeval patience = { .tv_sec = SETTLE_MS / 1000 };

        return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
               sendto(fd, "", 0, MSG_NOSIGNAL, (const struct sockaddr *) &journal,
                      sizeof(journal)) == 0;
}

void pf_log_settle(void) {
        PF_AUTO_CLOSE int fd = -1;
        int unread;

        if (pf_log_choose_sink() != log_to_journal)
                return;
        fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || !send_empty(fd))
                return;
        for (int ms = 0; ms < SETTLE_MS && ioctl(fd, SIOCOUTQ, &unread) == 0 && unread > 0; ms++)
                (void) poll(NULL, 0, 1);
}
