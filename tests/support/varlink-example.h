/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/varlink/server-internal.h"

/*
 * A service to test with, and a connection to it that is in memory. Used by the
 * unit tests of daemon/varlink and by the fuzzer of its messages.
 */

#define EXAMPLE_HELD_MAX 16

/* The data of the handlers; all zero at first. */
typedef struct Example {
        PfVarlinkCall *held[EXAMPLE_HELD_MAX]; /* calls of Hold(), in their order */
        size_t n_held;
        unsigned n_cancelled;
        unsigned n_tells; /* calls of Tell() */
        PfVarlinkBytes *cached;
        bool streaming_until_cancelled;
} Example;

/* org.example.Test: see its description in varlink-example.c. */
extern const PfVarlinkInterface example_interface;

/* Answer the call that was held first; NULL is an empty answer. */
void example_release(Example *example, PfJson *parameters_take);
void example_release_all(Example *example);

/* A connection whose peer is a test. */
typedef struct Memory {
        PfVarlinkConnection connection; /* first */
        PfBuf sent;                     /* what reached the peer */
        PfBuf queue;                    /* what did not: see room */
        size_t room;                    /* bytes that can be sent before they are queued */
        bool paused;
        bool closed;
        bool waited;
        uint64_t now_ms;
        bool failing; /* send fails */
} Memory;

void memory_open(Memory *memory, PfVarlinkService *service);
void memory_close(Memory *memory);

/* The peer reads: all that was queued is sent. */
void memory_drain(Memory *memory);

/* Send @text and its NUL. */
void memory_say(Memory *memory, const char *text);

/* The answers so far, each followed by a newline instead of its NUL; forgotten
 * by the next call. Borrowed. */
const char *memory_answers(Memory *memory);
