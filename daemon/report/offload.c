/* SPDX-License-Identifier: MIT */
#include "daemon/report/offload.h"

#include <stdlib.h>

typedef struct Offload {
        uv_async_t back; /* sent by the thread, as the last thing it does */
        uv_thread_t thread;
        void (*work)(void *data);
        void (*over)(void *data);
        void *data;
} Offload;

static void free_offload(uv_handle_t *handle) {
        free(handle->data);
}

static void run(void *data) {
        Offload *offload = data;

        offload->work(offload->data);
        (void) uv_async_send(&offload->back);
}

/* What the thread held is given back before anybody goes on. */
static void on_back(uv_async_t *handle) {
        Offload *offload = handle->data;

        (void) uv_thread_join(&offload->thread);
        uv_close((uv_handle_t *) handle, free_offload);
        offload->over(offload->data);
}

int pf_offload(uv_loop_t *loop, void (*work)(void *data), void (*over)(void *data), void *data) {
        Offload *offload = calloc(1, sizeof(*offload));

        if (!offload)
                return -ENOMEM;
        *offload = (Offload){ .work = work, .over = over, .data = data };
        if (uv_async_init(loop, &offload->back, on_back) < 0) {
                free(offload);
                return -ENOMEM;
        }
        offload->back.data = offload;
        if (uv_thread_create(&offload->thread, run, offload) != 0) {
                uv_close((uv_handle_t *) &offload->back, free_offload);
                return -EAGAIN;
        }
        return 0;
}
