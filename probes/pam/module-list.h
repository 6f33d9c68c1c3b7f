/* SPDX-License-Identifier: MIT */
/*
 * The PAM modules whose answers are known here, each a const PfPamModule of
 * that name in a file of its own subject. No include guard: see modules.c.
 */

/* trivial.c has a table of its own, of modules that read no file. */
PF_PAM_MODULE(pf_pam_access)
PF_PAM_MODULE(pf_pam_cap)
PF_PAM_MODULE(pf_pam_exec)
PF_PAM_MODULE(pf_pam_faillock)
PF_PAM_MODULE(pf_pam_group)
PF_PAM_MODULE(pf_pam_limits)
PF_PAM_MODULE(pf_pam_listfile)
PF_PAM_MODULE(pf_pam_localuser)
PF_PAM_MODULE(pf_pam_namespace)
PF_PAM_MODULE(pf_pam_nologin)
PF_PAM_MODULE(pf_pam_rhosts)
PF_PAM_MODULE(pf_pam_securetty)
PF_PAM_MODULE(pf_pam_shells)
PF_PAM_MODULE(pf_pam_succeed_if)
PF_PAM_MODULE(pf_pam_tally)
PF_PAM_MODULE(pf_pam_tally2)
PF_PAM_MODULE(pf_pam_time)
PF_PAM_MODULE(pf_pam_unix)
PF_PAM_MODULE(pf_pam_userdb)
PF_PAM_MODULE(pf_pam_usertype)
PF_PAM_MODULE(pf_pam_wheel)
