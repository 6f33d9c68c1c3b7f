/* SPDX-License-Identifier: MIT */
#pragma once

#include "daemon/base/ip-address.h"

/* Is it one that others can reach: of IPv4, and neither of this machine nor of this link? */
bool pf_net_is_reachable(const PfIpAddress *address);
