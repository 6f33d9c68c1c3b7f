/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the classes of a test are made of: an object is a table of functions; each is of one
 * interface, and there is one of it. Those that somebody holds are counted together.
 */
#include <windows.h>

#include <netfw.h>

HRESULT WINAPI class_query(void *object, REFIID id, void **ret);
ULONG WINAPI class_add_reference(void *object);
ULONG WINAPI class_release(void *object);

#define IS_UNKNOWN(type)                                                                           \
        .QueryInterface = (HRESULT(WINAPI *)(type *, REFIID, void **)) class_query,                \
        .AddRef = (ULONG(WINAPI *)(type *)) class_add_reference,                                   \
        .Release = (ULONG(WINAPI *)(type *)) class_release

/* The rules of the firewall, and the one rule that is being made; new_rule() empties it. */
extern INetFwRules class_rules;
extern INetFwRule class_rule;
void class_new_rule(void);
