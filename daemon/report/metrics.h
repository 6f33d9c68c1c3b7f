/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/report/service.h"

/*
 * io.systemd.Metrics: what the report for the default question comes to, for collectors
 * such as systemd-report(1). Its handlers' data is the PfService.
 *
 * Rule: served at /run/systemd/report/NAME, where all families are called NAME.field
 *       with a field as a field of Varlink; systemd-report drops others.
 */
#define PF_METRICS_SOCKET "/run/systemd/report/org.preflightd.Preflight"
#define PF_METRICS_CLIENTS_MAX 64

extern const PfVarlinkInterface pf_metrics_interface;
