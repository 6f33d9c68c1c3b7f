/* SPDX-License-Identifier: MIT */
#include "daemon/platform/log-sink.h"

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "daemon/base/buf.h"

#define FIELDS_MAX 16
#define FIELD_MAX_BYTES 8192

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
