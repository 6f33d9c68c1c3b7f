/* SPDX-License-Identifier: MIT */
/*
 * The probes of each system, in the order of the report. X(name): the file
 * probes/name.c ends in pf_probe_name.
 */
#ifdef _WIN32
#define PF_PROBE_LIST(X) X(os)
#else
#define PF_PROBE_LIST(X)                                                                           \
        X(sshd)                                                                                    \
        X(lease)                                                                                   \
        X(accounts)                                                                                \
        X(space)                                                                                   \
        X(disks)                                                                                   \
        X(boot)                                                                                    \
        X(kernel)                                                                                  \
        X(os)                                                                                      \
        X(net)                                                                                     \
        X(endpoints)                                                                               \
        X(system)                                                                                  \
        X(windows_domain)                                                                          \
        X(windows_accounts)                                                                        \
        X(windows_services)                                                                        \
        X(windows_space)                                                                           \
        X(windows_disks)                                                                           \
        X(windows_uac)                                                                             \
        X(windows_drivers)                                                                         \
        X(windows_antivirus)                                                                       \
        X(windows_log)                                                                             \
        X(windows_os)                                                                              \
        X(windows_reboot)                                                                          \
        X(windows_agent)                                                                           \
        X(windows_unseen)
#endif
