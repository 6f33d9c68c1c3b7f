/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/json.h"
#include "daemon/ctl/page.h"

/* How metrics are written. */
typedef enum PfMetricsForm {
        PF_METRICS_OPENMETRICS, /* OpenMetrics 1.0, with its end */
        PF_METRICS_PROMETHEUS,  /* text format 0.0.4: for node_exporter's textfile collector */
} PfMetricsForm;

/**
 * pf_metrics_add() - a report as metrics, behind what is on the page
 * @report: borrowed; may be anything, as a service sends it
 * @strict: what warns or is waived counts as blocked
 * Rule:    OpenMetrics 1.0; https://prometheus.io/docs/instrumenting/exposition_formats/
 */
void pf_metrics_add(PfPage *page, PfMetricsForm form, const PfJson *report, bool strict);
