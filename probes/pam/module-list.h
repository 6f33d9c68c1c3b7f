/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The PAM modules whose answers are known here. X(name): the const PfPamModule
 * pf_pam_name, in a file of its own subject. trivial.c has a table of its own, of
 * modules that read no file.
 */
#define PF_PAM_MODULE_LIST(X)                                                                      \
        X(access)                                                                                  \
        X(cap)                                                                                     \
        X(exec)                                                                                    \
        X(faillock)                                                                                \
        X(group)                                                                                   \
        X(limits)                                                                                  \
        X(listfile)                                                                                \
        X(localuser)                                                                               \
        X(namespace)                                                                               \
        X(nologin)                                                                                 \
        X(rhosts)                                                                                  \
        X(securetty)                                                                               \
        X(shells)                                                                                  \
        X(succeed_if)                                                                              \
        X(tally)                                                                                   \
        X(tally2)                                                                                  \
        X(time)                                                                                    \
        X(unix)                                                                                    \
        X(userdb)                                                                                  \
        X(usertype)                                                                                \
        X(wheel)
