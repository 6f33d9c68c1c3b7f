/* SPDX-License-Identifier: MIT */
#include "tests/support/fixtures.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "tests/support/test-main.h"

#define JSON_DEPTH_MAX 16

static const PfProbe *find_probe(const char *name) {
        size_t n = strcspn(name, "/");

        for (size_t i = 0; i < pf_n_probes; i++)
                if (strlen(pf_probes[i]->name) == n && strncmp(pf_probes[i]->name, name, n) == 0)
                        return pf_probes[i];
        return NULL;
}

/* --- the folders --- */

typedef struct Walk {
        void (*visit)(const char *name, void *data);
        void *data;
        const char *probe; /* NULL: these are the folders of probes */
} Walk;

static void walk(const char *path, const Walk *walk_of);

static void enter(const char *path, const char *name, const Walk *above) {
        char below[4096];

        if (!above->probe) {
                Walk cases = { above->visit, above->data, name };

                /* What the sandbox itself is tested with, and whole machines: no probe's. */
                if (strcmp(name, "sandbox") == 0 || strcmp(name, "captured") == 0)
                        return;
                (void) snprintf(below, sizeof(below), "%s/%s", path, name);
                walk(below, &cases);
                return;
        }
        (void) snprintf(below, sizeof(below), "%s/%s", above->probe, name);
#ifdef _WIN32
        if (!find_probe(below))
                return;
#endif
        above->visit(below, above->data);
}

/* Each folder below one, in the order of their names. */
static void walk(const char *path, const Walk *walk_of) {
        uv_dirent_t entry;
        uv_fs_t req;

        if (uv_fs_scandir(NULL, &req, path, 0, NULL) < 0)
                return;
        while (uv_fs_scandir_next(&req, &entry) != UV_EOF)
                if (entry.type == UV_DIRENT_DIR)
                        enter(path, entry.name, walk_of);
        uv_fs_req_cleanup(&req);
}

void pf_fixtures_each(void (*visit)(const char *name, void *data), void *data) {
        Walk probes = { visit, data, NULL };
        char path[4096];

        (void) snprintf(path, sizeof(path), "%s/tests/fixtures", pf_test_source_root());
        walk(path, &probes);
}

/* --- one of them --- */

static const char *text_or(PfJson *object, const char *key, const char *fallback) {
        const char *text = pf_json_get_string(object, key);

        return text ? text : fallback;
}

static PfDemand read_demand(PfJson *demand, const PfProfile *profile) {
        PfJson *port = pf_json_get(demand, "localPort");

        return (PfDemand){
                .profile = profile,
                .agent_version = text_or(demand, "agentVersion", profile->agent_version),
                .account = text_or(demand, "account", "root"),
                .source = pf_json_get_string(demand, "source"),
                .source_host = pf_json_get_string(demand, "sourceHost"),
                .local_address = pf_json_get_string(demand, "localAddress"),
                .local_port = port ? (uint16_t) pf_json_integer(port) : 22,
        };
}

void pf_fixture_open(PfFixture *fixture, const char *name) {
        PF_AUTO_FREE char *text = pf_fixture_read(name, "expected.json");
        PfErr err = { 0 };
        PfJson *demand;
        int r;

        *fixture = (PfFixture){ .probe = find_probe(name) };
        ck_assert_msg(text, "%s has no expected.json", name);
        ck_assert_msg(fixture->probe, "no probe answers %s", name);
        r = pf_json_parse(text, strlen(text), JSON_DEPTH_MAX, &fixture->expected, &err);
        ck_assert_msg(r == 0, "%s: %s", name, pf_err_text(&err, r));
        demand = pf_json_get(fixture->expected, "demand");
        r = pf_profile_embedded(text_or(demand, "profile", "asr-mobility"), &fixture->profile,
                                &err);
        ck_assert_msg(r == 0, "%s: %s", name, pf_err_text(&err, r));
        fixture->demand = read_demand(demand, fixture->profile);
        pf_sandbox_open(&fixture->box, name);
        pf_sandbox_reset_target(&fixture->box); /* it may be one that was captured */
}

void pf_fixture_close(PfFixture *fixture) {
        pf_sandbox_close(&fixture->box);
        fixture->expected = pf_json_free(fixture->expected);
        fixture->profile = pf_profile_unref(fixture->profile);
}
