/* SPDX-License-Identifier: MIT */
#pragma once

/* Services that are made for a test: of the program service.c, under any name. */
#include <windows.h>

/* Where there is one of that name it is removed first. @state: the program's argument;
 * @start: SERVICE_AUTO_START … */
void asks_make_service(const char *name, const char *state, DWORD start);

/* Starts it, and waits until it is in a state: SERVICE_RUNNING … */
void asks_start_service(const char *name, DWORD state);

/* Ends its process, though it hangs, and removes it; nothing where there is none. */
void asks_remove_service(const char *name);

/* The same of one that may be there already, stopped or running: only how it starts and what
 * program it is are changed. */
void asks_set_service(const char *name, const char *state, DWORD start);

/* Keeps what a service of this Windows is, so that it can be given back. Return: there is one,
 * and it is not one of ours. */
BOOL asks_lend_service(const char *name, BYTE *ret, DWORD size);
void asks_give_service_back(const char *name, const BYTE *lent);
