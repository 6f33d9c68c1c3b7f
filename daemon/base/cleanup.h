/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ownership by scope.
 *
 * A variable declared with one of these macros releases what it holds when it
 * goes out of scope, and hands it over with PF_STEAL(). Always initialise it
 * where it is declared. Needs __attribute__((cleanup)): gcc, clang, mingw-w64.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PF_MUST_CHECK __attribute__((warn_unused_result))
#ifdef __MINGW32__
#define PF_PRINTF(fmt, first) __attribute__((format(gnu_printf, fmt, first)))
#else
#define PF_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#endif
#define PF_UNUSED __attribute__((unused))

#define PF_CLEANUP(function) __attribute__((cleanup(function)))
#define PF_AUTO_FREE PF_CLEANUP(pf_free_pointer)
#define PF_AUTO_CLOSE PF_CLEANUP(pf_close_pointer)
#define PF_AUTO_FCLOSE PF_CLEANUP(pf_fclose_pointer)

/* The value, whose variable is empty afterwards and releases nothing. */
#define PF_STEAL(pointer)                                                                          \
        ({                                                                                         \
                __auto_type pf_stolen_ = (pointer);                                                \
                (pointer) = NULL;                                                                  \
                pf_stolen_;                                                                        \
        })

/* Defines destroyp(), for PF_CLEANUP(), from a destructor that takes NULL. */
#define PF_DEFINE_CLEANUP(type, destroy)                                                           \
        PF_UNUSED static inline void destroy##p(type **pointer) {                                  \
                *pointer = destroy(*pointer);                                                      \
        }                                                                                          \
        struct pf_swallow_semicolon_

#define PF_ELEMENTS(array) (sizeof(array) / sizeof((array)[0]))

static inline void pf_free_pointer(void *pointer) {
        int saved = errno;

        free(*(void **) pointer);
        *(void **) pointer = NULL;
        errno = saved;
}

/* Closes a descriptor and keeps errno, so that it can stand in an error path. */
static inline int pf_close(int fd) {
        int saved = errno;

        if (fd >= 0)
                (void) close(fd);
        errno = saved;
        return -1;
}

static inline void pf_close_pointer(int *fd) {
        *fd = pf_close(*fd);
}

static inline void pf_fclose_pointer(FILE **file) {
        if (*file)
                (void) fclose(*file);
        *file = NULL;
}

static inline int pf_steal_fd(int *fd) {
        int stolen = *fd;

        *fd = -1;
        return stolen;
}
