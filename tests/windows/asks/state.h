/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The state that a test puts this Windows into: values of its registry, files, services.
 * What was there before is put back by asks_state_restore(), back to a mark.
 */
#include <stddef.h>

/* One thing of a machine. All but the first may be NULL or 0. */
typedef struct AsksState {
        const char *path;  /* "SYSTEM\Select" below HKLM; "C:\…"; or the name of a service */
        const char *value; /* name of the value; "" is the one without a name */
        enum {
                ASKS_DWORD = 1, /* number */
                ASKS_TEXT,      /* text */
                ASKS_TEXTS,     /* one text, of REG_MULTI_SZ */
                ASKS_OF_TYPE,   /* no data, of the type "number" */
                ASKS_KEY,       /* the key alone */
                ASKS_NO_VALUE,
                ASKS_NO_KEY,
                ASKS_FILE,    /* with the text in it */
                ASKS_SERVICE, /* starts as "number" says; text: state it is in, or NULL */
                ASKS_NO_SERVICE,
        } kind;
        unsigned number;
        const char *text;
} AsksState;

/* Puts it into force. */
void asks_state_set(const AsksState *state);

size_t asks_state_mark(void);
void asks_state_restore(size_t mark);
