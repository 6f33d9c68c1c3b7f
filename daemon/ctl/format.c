/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/format.h"

const PfFormat *const pf_formats[] = { &pf_format_table, &pf_format_json, NULL };
