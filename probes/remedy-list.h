/* SPDX-License-Identifier: MIT */
/*
 * The remedies, in the order of the report. X(name): its file ends in pf_remedy_name. Those of
 * Windows offer settings, and are built everywhere, as its probes are.
 */
#define PF_REMEDY_LIST_WINDOWS(X)                                                                  \
        X(windows_netlogon)                                                                        \
        X(windows_uac)                                                                             \
        X(windows_sharing)                                                                         \
        X(windows_wmi)                                                                             \
        X(windows_vss)

#ifdef _WIN32
#define PF_REMEDY_LIST(X) PF_REMEDY_LIST_WINDOWS(X)
#else
#define PF_REMEDY_LIST(X)                                                                          \
        X(sshd_server)                                                                             \
        X(sshd_password)                                                                           \
        X(sshd_root_login)                                                                         \
        X(sshd_account_allowed)                                                                    \
        X(sshd_methods)                                                                            \
        X(sshd_sftp)                                                                               \
        X(root_identity)                                                                           \
        X(resume_identity)                                                                         \
        X(fstab_identity)                                                                          \
        X(drivers)                                                                                 \
        X(locked_out)                                                                              \
        X(mounts)                                                                                  \
        PF_REMEDY_LIST_WINDOWS(X)
#endif
