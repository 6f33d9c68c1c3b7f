/* SPDX-License-Identifier: MIT */
#include "daemon/platform/win32/in-time.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define STACK_BYTES (256u << 10)

typedef struct Errand {
        PfInTime what;
        void *data;
        volatile LONG is_left; /* by one of the two; the other one frees it */
} Errand;

/* Leaves it to the other one. Return: that one has left before. */
static bool leave(Errand *errand) {
        return InterlockedExchange(&errand->is_left, 1) != 0;
}

static DWORD WINAPI run(void *data) {
        Errand *errand = data;

        errand->what.work(errand->data);
        if (leave(errand)) {
                errand->what.release(errand->data);
                (void) InterlockedDecrement(errand->what.n_left);
                free(errand);
        }
        return 0;
}

/* Return: it came to its end in time, so that the errand is ours again. */
static bool wait_for(HANDLE thread, Errand *errand) {
        if (WaitForSingleObject(thread, errand->what.limit_msec) == WAIT_OBJECT_0)
                return true;
        (void) InterlockedIncrement(errand->what.n_left);
        if (!leave(errand))
                return false;
        (void) InterlockedDecrement(errand->what.n_left); /* at the last moment */
        return true;
}

int pf_in_time(const PfInTime *what, void *data) {
        PF_AUTO_FREE Errand *errand = calloc(1, sizeof(*errand));
        HANDLE thread;
        bool in_time;

        if (!errand) {
                SetLastError(ERROR_NOT_ENOUGH_MEMORY);
                return -EAGAIN;
        }
        *errand = (Errand){ .what = *what, .data = data };
        thread = CreateThread(NULL, STACK_BYTES, run, errand, STACK_SIZE_PARAM_IS_A_RESERVATION,
                              NULL);
        if (!thread)
                return -EAGAIN;
        in_time = wait_for(thread, errand);
        (void) CloseHandle(thread);
        if (in_time)
                return 0;
        errand = NULL; /* the thread's */
        return -ETIMEDOUT;
}
