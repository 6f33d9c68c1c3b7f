/* SPDX-License-Identifier: MIT */
/*
 * Which roots a machine trusts, out of the bundle that its distribution makes.
 */
#include "probes/net/roots.h"

#include <string.h>

#include "probes/parse/pem.h"

#define BUNDLE_MAX (8u << 20)

static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",     /* Debian, Ubuntu */
        "/etc/pki/tls/certs/ca-bundle.crt",       /* Red Hat and its relatives */
        "/var/lib/ca-certificates/ca-bundle.pem", /* SUSE */
};

static const char *const roots[] = {
        "DigiCert Global Root CA",
        "DigiCert Global Root G2",
        "Microsoft RSA Root Certificate Authority 2017",
};

int pf_net_missing_root(const PfTarget *target, const char **ret, const char **ret_path,
                        PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(BUNDLE_MAX + 1);
        int r = PF_TARGET_ABSENT;

        for (size_t i = 0; r == PF_TARGET_ABSENT && i < PF_ELEMENTS(bundles); i++) {
                *ret_path = bundles[i];
                r = pf_target_read(target, bundles[i], BUNDLE_MAX, &buf, err);
        }
        if (r != 0)
                return r < 0 ? r : pf_err_set(err, -ENOENT, "no bundle of certificates is found");
        *ret = NULL;
        for (size_t i = 0; !*ret && i < PF_ELEMENTS(roots); i++)
                if (!pf_pem_has_text(buf.data ? buf.data : "", buf.n, roots[i]))
                        *ret = roots[i];
        return 0;
}
