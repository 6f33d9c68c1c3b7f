/* SPDX-License-Identifier: MIT */
/*
 * The remedies of each system, in the order of the report. X(name): its file ends
 * in pf_remedy_name.
 */
#ifdef _WIN32
#define PF_REMEDY_LIST(X)
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
        X(mounts)
#endif
