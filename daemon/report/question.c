/* SPDX-License-Identifier: MIT */
#include "daemon/report/question.h"

#include <stdatomic.h>
#include <string.h>

#include "daemon/base/ip-address.h"
#include "daemon/base/platform.h"
#include "daemon/base/utf8.h"
#include "daemon/base/wildcard.h"

#define TEXT_MAX 255 /* bytes: host names and account names are shorter */
#define SSH_PORT 22

struct PfQuestion {
        atomic_uint references;
        PfDemand demand;
        PfProfile *profile;
        PfKernels *kernels;
        PfStrv texts; /* what the demand points to */
        PfStrv endpoints;
        PfStrv only;
        PfStrv skip;
};

static int check_text(const char *what, const char *text, PfErr *err) {
        size_t n = strlen(text);

        if (n == 0)
                return pf_err_set(err, -EINVAL, "%s: is empty", what);
        if (n > TEXT_MAX)
                return pf_err_set(err, -EINVAL, "%s: longer than %d bytes", what, TEXT_MAX);
        if (!pf_utf8_is_valid(text, n))
                return pf_err_set(err, -EINVAL, "%s: is not UTF-8", what);
        for (size_t i = 0; i < n; i++)
                if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f)
                        return pf_err_set(err, -EINVAL, "%s: holds a control character", what);
        return 0;
}

static int check_address(const char *what, const char *text, PfErr *err) {
        PfIpAddress address;

        if (pf_ip_address_parse(text, &address) < 0)
                return pf_err_set(err, -EINVAL, "%s: \"%s\" is not an IPv4 or IPv6 address", what,
                                  text);
        /* No server sees it: who comes like that comes over IPv4, and its rules are about that. */
        if (pf_ip_address_is_mapped(&address))
                return pf_err_set(err, -EINVAL,
                                  "%s: \"%s\" is an IPv4 address in the form of IPv6; give it as "
                                  "IPv4, %u.%u.%u.%u",
                                  what, text, address.bytes[12], address.bytes[13],
                                  address.bytes[14], address.bytes[15]);
        return 0;
}

static int check_version(const char *what, const char *text, PfErr *err) {
        if (strspn(text, "0123456789.") == strlen(text) && text[0] != '.')
                return 0;
        return pf_err_set(err, -EINVAL, "%s: \"%s\" is not numbers with dots, such as 9.65", what,
                          text);
}

typedef int (*CheckText)(const char *what, const char *text, PfErr *err);

/* A text of the spec: what it is called, where it goes, and what it must be. */
typedef struct Text {
        const char *what;
        const char *field;
        const char *text; /* NULL: stays unknown */
        const char **ret;
        CheckText check_more; /* NULL: any text will do */
} Text;

static int keep(PfQuestion *question, const Text *text, PfErr *err) {
        int r;

        if (!text->text)
                return 0;
        r = check_text(text->what, text->text, err);
        if (r == 0 && text->check_more)
                r = text->check_more(text->what, text->text, err);
        if (r == 0)
                r = pf_strv_add(&question->texts, text->text);
        if (r == 0)
                *text->ret = question->texts.items[question->texts.n - 1];
        return r;
}

static int fill(PfQuestion *question, const PfQuestionSpec *spec, const char **ret_field,
                PfErr *err) {
        PfDemand *demand = &question->demand;
        const char *version =
                spec->agent_version ? spec->agent_version : spec->profile->agent_version;
        const Text texts[] = {
                { "agent version", "agentVersion", version, &demand->agent_version, check_version },
                { "account", "account", spec->account ? spec->account : PF_ADMINISTRATOR,
                  &demand->account, NULL },
                { "source", "source", spec->source, &demand->source, check_address },
                { "source host", "sourceHost", spec->source_host, &demand->source_host, NULL },
                { "local address", "localAddress", spec->local_address, &demand->local_address,
                  check_address },
        };
        int r = 0;

        for (size_t i = 0; i < PF_ELEMENTS(texts) && r == 0; i++) {
                r = keep(question, &texts[i], err);
                if (r == -EINVAL && ret_field)
                        *ret_field = texts[i].field;
        }
        if (r == 0 && spec->only)
                r = pf_strv_copy(spec->only, &question->only);
        if (r == 0 && spec->skip)
                r = pf_strv_copy(spec->skip, &question->skip);
        if (r == 0 && spec->endpoints)
                r = pf_strv_copy(spec->endpoints, &question->endpoints);
        demand->endpoints = &question->endpoints;
        demand->network_timeout_usec = spec->network_timeout_usec;
        demand->local_port = spec->local_port ? spec->local_port : SSH_PORT;
        return r;
}

int pf_question_new(const PfQuestionSpec *spec, PfQuestion **ret, const char **ret_field,
                    PfErr *err) {
        PF_CLEANUP(pf_question_unrefp) PfQuestion *question = NULL;
        int r;

        question = calloc(1, sizeof(*question));
        if (!question)
                return -ENOMEM;
        atomic_init(&question->references, 1);
        question->profile = pf_profile_ref(spec->profile);
        question->demand.profile = question->profile;
        question->kernels = pf_kernels_ref(spec->kernels);
        question->demand.kernels = question->kernels;

        r = fill(question, spec, ret_field, err);
        if (r < 0)
                return r;
        *ret = PF_STEAL(question);
        return 0;
}

PfQuestion *pf_question_ref(PfQuestion *question) {
        atomic_fetch_add(&question->references, 1);
        return question;
}

PfQuestion *pf_question_unref(PfQuestion *question) {
        if (!question || atomic_fetch_sub(&question->references, 1) > 1)
                return NULL;

        (void) pf_profile_unref(question->profile);
        (void) pf_kernels_unref(question->kernels);
        pf_strv_deinit(&question->texts);
        pf_strv_deinit(&question->only);
        pf_strv_deinit(&question->skip);
        pf_strv_deinit(&question->endpoints);
        free(question);
        return NULL;
}

const PfDemand *pf_question_demand(const PfQuestion *question) {
        return &question->demand;
}

void pf_question_describe(const PfQuestion *question, PfQuestionSpec *ret) {
        const PfDemand *demand = &question->demand;

        *ret = (PfQuestionSpec){
                .profile = question->profile,
                .kernels = question->kernels,
                .agent_version = demand->agent_version,
                .account = demand->account,
                .source = demand->source,
                .source_host = demand->source_host,
                .local_address = demand->local_address,
                .local_port = demand->local_port,
                .endpoints = &question->endpoints,
                .network_timeout_usec = demand->network_timeout_usec,
                .only = &question->only,
                .skip = &question->skip,
        };
}

static bool matches_any(const PfStrv *patterns, const char *text) {
        for (size_t i = 0; i < patterns->n; i++)
                if (pf_wildcard_match(patterns->items[i], text))
                        return true;
        return false;
}

bool pf_question_wants(const PfQuestion *question, const char *check_id) {
        if (question->only.n > 0 && !matches_any(&question->only, check_id))
                return false;
        return !matches_any(&question->skip, check_id);
}

bool pf_question_is_partial(const PfQuestion *question) {
        return question->only.n > 0 || question->skip.n > 0;
}

static bool same_text(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_strv(const PfStrv *a, const PfStrv *b) {
        if (a->n != b->n)
                return false;
        for (size_t i = 0; i < a->n; i++)
                if (strcmp(a->items[i], b->items[i]) != 0)
                        return false;
        return true;
}

bool pf_question_equal(const PfQuestion *a, const PfQuestion *b) {
        return a->profile == b->profile && a->kernels == b->kernels &&
               same_text(a->demand.agent_version, b->demand.agent_version) &&
               same_text(a->demand.account, b->demand.account) &&
               same_text(a->demand.source, b->demand.source) &&
               same_text(a->demand.source_host, b->demand.source_host) &&
               same_text(a->demand.local_address, b->demand.local_address) &&
               a->demand.local_port == b->demand.local_port &&
               a->demand.network_timeout_usec == b->demand.network_timeout_usec &&
               same_strv(&a->endpoints, &b->endpoints) && same_strv(&a->only, &b->only) &&
               same_strv(&a->skip, &b->skip);
}

bool pf_question_names_check(const char *pattern, unsigned platform) {
        for (size_t i = 0; i < pf_n_probes; i++)
                for (size_t j = 0;
                     pf_probe_is_for(pf_probes[i], platform) && j < pf_probes[i]->n_checks; j++)
                        if (pf_wildcard_match(pattern, pf_probes[i]->checks[j].id))
                                return true;
        return false;
}

const char *pf_question_unmatched(const PfQuestion *question, unsigned platform) {
        for (size_t i = 0; i < question->only.n; i++)
                if (!pf_question_names_check(question->only.items[i], platform))
                        return question->only.items[i];
        return NULL;
}
