/* SPDX-License-Identifier: MIT */
#include "probes/net/azure.h"

#include <string.h>
#include <strings.h>

bool pf_net_is_azure(const PfEndpoint *endpoint) {
        static const char *const domains[] = { ".microsoftonline.com", ".microsoft.com",
                                               ".windowsazure.com",    ".windows.net",
                                               ".azure.com",           ".azure.net" };
        size_t n = strlen(endpoint->host);

        for (size_t i = 0; i < PF_ELEMENTS(domains) && !endpoint->is_address; i++) {
                size_t length = strlen(domains[i]);

                if (n > length && strcasecmp(endpoint->host + n - length, domains[i]) == 0)
                        return true;
        }
        return false;
}
