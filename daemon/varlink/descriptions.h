/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The interface descriptions in config/, which embed.py makes part of the program. An
 * interface that is added to meson.build is named here too.
 */
extern const char pf_idl_io_systemd_Metrics[];
extern const char pf_idl_org_varlink_service[];
extern const char pf_idl_org_preflightd_Preflight[];
extern const char pf_idl_org_preflightd_Remediation[];
