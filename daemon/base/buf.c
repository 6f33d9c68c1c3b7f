/* SPDX-License-Identifier: MIT */
#include "daemon/base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define FIRST_ALLOCATION 128

void pf_wipe(void *bytes, size_t n) {
        static void *(*const volatile overwrite)(void *, int, size_t) = memset;

        if (n > 0)
                (void) overwrite(bytes, 0, n);
}

void pf_buf_deinit(PfBuf *buf) {
        if (buf->is_secret)
                pf_wipe(buf->data, buf->allocated);
        free(buf->data);
        buf->data = NULL;
        buf->n = buf->allocated = 0;
}

/* As realloc(3), but that nothing of a secret stays behind where it was. */
static char *move(PfBuf *buf, size_t size) {
        char *data;

        if (!buf->is_secret)
                return realloc(buf->data, size);
        data = malloc(size);
        if (!data)
                return NULL;
        if (buf->allocated > 0)
                memcpy(data, buf->data, buf->allocated);
        pf_wipe(buf->data, buf->allocated);
        free(buf->data);
        return data;
}

int pf_buf_reserve(PfBuf *buf, size_t n) {
        size_t need, size;
        char *data;

        if (n > buf->max - buf->n || n >= SIZE_MAX - buf->n)
                return -ENOBUFS;

        need = buf->n + n + 1;
        if (need <= buf->allocated)
                return 0;

        size = buf->allocated ? buf->allocated : FIRST_ALLOCATION;
        while (size < need)
                size = size > SIZE_MAX / 2 ? need : size * 2;

        data = move(buf, size);
        if (!data)
                return -ENOMEM;
        data[buf->n] = '\0';
        buf->data = data;
        buf->allocated = size;
        return 0;
}

int pf_buf_add(PfBuf *buf, const void *bytes, size_t n) {
        int r;

        r = pf_buf_reserve(buf, n);
        if (r < 0)
                return r;
        if (n > 0)
                memcpy(buf->data + buf->n, bytes, n);
        buf->n += n;
        buf->data[buf->n] = '\0';
        return 0;
}

int pf_buf_add_string(PfBuf *buf, const char *text) {
        return pf_buf_add(buf, text, strlen(text));
}

int pf_buf_printf(PfBuf *buf, const char *fmt, ...) {
        va_list args;
        int n, r;

        va_start(args, fmt);
        n = vsnprintf(NULL, 0, fmt, args);
        va_end(args);
        if (n < 0)
                return -EINVAL;

        r = pf_buf_reserve(buf, (size_t) n);
        if (r < 0)
                return r;

        va_start(args, fmt);
        (void) vsnprintf(buf->data + buf->n, (size_t) n + 1, fmt, args);
        va_end(args);
        buf->n += (size_t) n;
        return 0;
}

void pf_buf_consume(PfBuf *buf, size_t n) {
        if (n > buf->n)
                n = buf->n;
        if (n == 0)
                return;
        memmove(buf->data, buf->data + n, buf->n - n + 1);
        buf->n -= n;
}

char *pf_buf_steal(PfBuf *buf) {
        char *data = buf->data;

        if (!data)
                return strdup("");
        buf->data = NULL;
        buf->n = 0;
        buf->allocated = 0;
        return data;
}
