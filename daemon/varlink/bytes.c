/* SPDX-License-Identifier: MIT */
/* Messages in the form in which they are sent, shared by reference. */
#include "daemon/varlink/bytes.h"

#include <string.h>

#include "daemon/varlink/frame.h"

struct PfVarlinkBytes {
        unsigned n_refs;
        size_t n;
        char *data;
};

/* Takes the contents of @buf, whose NUL ends the message. */
static int new_steal(PfBuf *buf, PfVarlinkBytes **ret) {
        PfVarlinkBytes *bytes;
        size_t n = buf->n + 1;

        bytes = malloc(sizeof(*bytes));
        if (!bytes)
                return -ENOMEM;
        *bytes = (PfVarlinkBytes){ .n_refs = 1, .n = n, .data = pf_buf_steal(buf) };
        if (!bytes->data) {
                free(bytes);
                return -ENOMEM;
        }
        *ret = bytes;
        return 0;
}

static int too_long(int r) {
        return r == -ENOBUFS ? -EMSGSIZE : r;
}

int pf_varlink_bytes_new(const PfJson *message, PfVarlinkBytes **ret) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_FRAME_CLIENT_MAX);
        int r;

        r = pf_json_write(message, &buf);
        if (r < 0)
                return too_long(r);
        return new_steal(&buf, ret);
}

static int finish_reply(PfBuf *buf, bool continues, PfVarlinkBytes **ret) {
        int r;

        r = pf_buf_add_string(buf, continues ? ",\"continues\":true}" : "}");
        if (r < 0)
                return too_long(r);
        return new_steal(buf, ret);
}

int pf_varlink_bytes_new_reply_text(const char *parameters, size_t n, bool continues,
                                    PfVarlinkBytes **ret) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_FRAME_CLIENT_MAX);
        int r;

        r = pf_buf_add_string(&buf, "{\"parameters\":");
        if (r == 0)
                r = pf_buf_add(&buf, parameters, n);
        if (r < 0)
                return too_long(r);
        return finish_reply(&buf, continues, ret);
}

int pf_varlink_bytes_new_reply(const PfJson *parameters, bool continues, PfVarlinkBytes **ret) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_FRAME_CLIENT_MAX);
        int r;

        if (!parameters)
                return pf_varlink_bytes_new_reply_text("{}", 2, continues, ret);

        r = pf_buf_add_string(&buf, "{\"parameters\":");
        if (r == 0)
                r = pf_json_write(parameters, &buf);
        if (r < 0)
                return too_long(r);
        return finish_reply(&buf, continues, ret);
}

int pf_varlink_bytes_new_error(const char *name, const PfJson *parameters, PfVarlinkBytes **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *message = pf_json_new_object();
        int r;

        if (!message)
                return -ENOMEM;
        r = pf_json_put_string(message, "error", name);
        if (r == 0)
                r = pf_json_put_take(message, "parameters",
                                     parameters ? pf_json_ref((PfJson *) parameters)
                                                : pf_json_new_object());
        if (r < 0)
                return r;
        return pf_varlink_bytes_new(message, ret);
}

PfVarlinkBytes *pf_varlink_bytes_ref(PfVarlinkBytes *bytes) {
        bytes->n_refs++;
        return bytes;
}

PfVarlinkBytes *pf_varlink_bytes_unref(PfVarlinkBytes *bytes) {
        if (!bytes || --bytes->n_refs > 0)
                return NULL;
        free(bytes->data);
        free(bytes);
        return NULL;
}

const char *pf_varlink_bytes_data(const PfVarlinkBytes *bytes) {
        return bytes->data;
}

size_t pf_varlink_bytes_n(const PfVarlinkBytes *bytes) {
        return bytes->n;
}
