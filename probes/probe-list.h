/* SPDX-License-Identifier: MIT */
/*
 * The probes, in the order of the report. X(name): some file of probes/ ends in
 * pf_probe_name.
 *
 * A program of Windows has those for machines with Windows alone: what the others read is
 * made of links, owners and devices, which a disk there does not hold.
 */
#define PF_PROBE_LIST_LINUX(X)                                                                     \
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
        X(system)

#define PF_PROBE_LIST_WINDOWS(X)                                                                   \
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
        X(windows_push)                                                                            \
        X(windows_com)                                                                             \
        X(windows_network)                                                                         \
        X(windows_resolver)                                                                        \
        X(windows_endpoints)                                                                       \
        X(windows_prerequisites)                                                                   \
        X(windows_firmware)                                                                        \
        X(windows_clock)

#ifdef _WIN32
#define PF_PROBE_LIST(X) PF_PROBE_LIST_WINDOWS(X)
#else
#define PF_PROBE_LIST(X) PF_PROBE_LIST_LINUX(X) PF_PROBE_LIST_WINDOWS(X)
#endif
