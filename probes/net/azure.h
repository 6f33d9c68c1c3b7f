/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/endpoint.h"

/* Is this a name of a service that is signed with a public root? */
bool pf_net_is_azure(const PfEndpoint *endpoint);
