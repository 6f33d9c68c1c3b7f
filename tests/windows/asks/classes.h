/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Classes of COM that say what a test wants. COM takes those that are registered in the
 * process before those of the system.
 */
#include <windows.h>

#include <netfw.h>

/* What their calls return; all zero: all is well. */
typedef struct ClassesSay {
        HRESULT create, get_collection, populate; /* of the COM+ catalogue; create of all */
        HRESULT connect;                          /* of WMI */
        HRESULT profile_types, modify, rules;     /* of the firewall */
        HRESULT item, add, remove, put;           /* of its rules; put of what makes one */
        LONG profiles;
        NET_FW_MODIFY_STATE modify_state;
        volatile LONG hangs; /* nothing is created as long as it is set */
        volatile LONG n_waiting;
} ClassesSay;
extern ClassesSay classes_say;

enum {
        CLASSES_CATALOGUE = 1,
        CLASSES_WMI = 2,
        CLASSES_FIREWALL = 4,
        CLASSES_RULE = 8, /* makes rules for the firewall; it keeps them in the registry */
        CLASSES_ALL = 15
};

/* From now on those of the set are ours, and all is well. COM has to be up, with threads. */
void classes_take(unsigned set);
void classes_give_back(void);

/* Of all of them: that somebody has not given back. */
LONG classes_n_objects(void);
