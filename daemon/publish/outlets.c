/* SPDX-License-Identifier: MIT */
#include "daemon/publish/outlets.h"

#include <string.h>

#include "daemon/ctl/metrics.h"
#include "daemon/publish/brief.h"
#include "daemon/publish/guest-info.h"
#include "daemon/publish/kvp-pool.h"
#include "daemon/publish/serial-line.h"
#include "daemon/publish/text-file.h"
#include "daemon/publish/virtio-port.h"

/* as PF_GUEST_INFO_NONE, PF_KVP_ABSENT, PF_TEXT_FILE_ABSENT, PF_VIRTIO_PORT_ABSENT */
#define ABSENT 1
#define PORT_LINE_MAX 16384
#define SERIAL_DEADLINE_MS 1000
#define AGAIN_FIRST_MS 1000
#define AGAIN_MAX_MS 256000
#define VERDICT_SIZE 16
#define METRICS_BEGIN "# TYPE preflight_" /* every page of metrics */

/* Those that may take their time stand last. */
enum { PORT, TEXT_FILE, POOL, CONSOLE, GUEST_INFO, N_KINDS };

typedef struct State {
        int result; /* of the last time */
        bool is_told;
} State;

struct PfOutlets {
        PfOutletsConfig config;
        State states[N_KINDS];
        PfJson *report; /* what stands, or is to stand, everywhere */
        PfVirtioPort *port;
        uv_timer_t *again;
        uint64_t again_ms;
        char shown[VERDICT_SIZE]; /* the last verdict that the serial line was told */
};

/* --- each of them --- */

static bool wants_text_file(const PfSettings *settings) {
        return settings->text_file;
}

static bool wants_port(const PfSettings *settings) {
        return settings->virtio_port;
}

static bool wants_console(const PfSettings *settings) {
        return settings->console;
}

static bool wants_guest_info(const PfSettings *settings) {
        return settings->guest_info;
}

static bool wants_pool(const PfSettings *settings) {
        return settings->kvp_pool;
}

/* A path of the machine, here. The caller frees it; NULL: out of memory. */
static char *path_below(const PfOutlets *outlets, const char *path) {
        const char *root = pf_target_root(outlets->config.target);
        char *joined;

        if (strcmp(root, "/") == 0)
                return strdup(path);
        return asprintf(&joined, "%s%s", root, path) < 0 ? NULL : joined;
}

static int write_text_file(PfOutlets *outlets, const char *path, const PfJson *report, PfErr *err) {
        static const PfTerminal plain = { .utf8 = true };
        PF_AUTO_PAGE PfPage page;

        pf_page_init(&page, &plain);
        pf_metrics_add(&page, PF_METRICS_PROMETHEUS, report, false);
        if (page.error < 0)
                return page.error;
        return pf_text_file_write(outlets->config.ops, path, page.out.data, page.out.n, err);
}

static int to_text_file(PfOutlets *outlets, const PfJson *report, PfErr *err) {
        PF_AUTO_FREE char *path = path_below(outlets, outlets->config.settings->text_file);
        int r;

        if (!path)
                return -ENOMEM;
        r = write_text_file(outlets, path, report, err);
        /* What stands there is a verdict of another time. A full disk still lets it go. */
        if (r < 0)
                (void) !pf_text_file_remove(outlets->config.ops, path, METRICS_BEGIN, NULL);
        return r;
}

static int remove_text_file(PfOutlets *outlets, PfErr *err) {
        PF_AUTO_FREE char *path = path_below(outlets, outlets->config.settings->text_file);

        return path ? pf_text_file_remove(outlets->config.ops, path, METRICS_BEGIN, err) : -ENOMEM;
}

static int to_port(PfOutlets *outlets, const PfJson *report, PfErr *err) {
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(PORT_LINE_MAX + 1);
        int r;

        if (!outlets->port)
                return 0; /* who is not served is not told that all is well */
        r = pf_virtio_port_open(outlets->port, err);
        if (r != 0)
                return r;
        r = pf_brief_json(report, PORT_LINE_MAX, &line);
        return r == 0 ? pf_virtio_port_tell(outlets->port, line.data) : r;
}

/* Only what a report says, and only when that is another verdict. */
static int to_console(PfOutlets *outlets, const PfJson *report, PfErr *err) {
        PF_AUTO_FREE char *path = path_below(outlets, outlets->config.settings->console);
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(PORT_LINE_MAX);
        const char *verdict = pf_brief_verdict(report);
        int r;

        if (pf_json_get(report, "reason") || strcmp(verdict, outlets->shown) == 0)
                return 0;
        r = path ? pf_brief_line(report, &line) : -ENOMEM;
        if (r == 0)
                r = pf_serial_line_write(outlets->config.ops, path, line.data, SERIAL_DEADLINE_MS,
                                         err);
        if (r == 0)
                (void) snprintf(outlets->shown, sizeof(outlets->shown), "%s", verdict);
        return r;
}

static int to_guest_info(PfOutlets *outlets, const PfJson *report, PfErr *err) {
        PF_AUTO_BUF PfBuf value = PF_BUF_INIT(PF_GUEST_INFO_MAX + 1);
        const char *tool;
        int r;

        if (!pf_target_is_host(outlets->config.target))
                return ABSENT; /* nothing of an image is run */
        r = pf_guest_info_find(outlets->config.target, &tool, err);
        if (r == 0)
                r = pf_brief_json(report, PF_GUEST_INFO_MAX, &value);
        return r == 0 ? pf_guest_info_set(tool, value.data, err) : r;
}

static int to_pool(PfOutlets *outlets, const PfJson *report, PfErr *err) {
        PF_AUTO_FREE char *path = path_below(outlets, PF_KVP_POOL_PATH);
        PF_AUTO_BUF PfBuf value = PF_BUF_INIT(PF_KVP_VALUE_MAX + 1);
        int r = path ? pf_brief_json(report, PF_KVP_VALUE_MAX, &value) : -ENOMEM;

        if (r < 0)
                return r;
        return pf_kvp_pool_put(outlets->config.ops, path, PF_KVP_KEY, value.data, err);
}

static int remove_from_pool(PfOutlets *outlets, PfErr *err) {
        PF_AUTO_FREE char *path = path_below(outlets, PF_KVP_POOL_PATH);

        return path ? pf_kvp_pool_remove(outlets->config.ops, path, PF_KVP_KEY, err) : -ENOMEM;
}

/* --- all of them --- */

static const struct {
        const char *name;
        bool (*is_wanted)(const PfSettings *settings);
        int (*publish)(PfOutlets *outlets, const PfJson *report, PfErr *err);
        int (*remove)(PfOutlets *outlets, PfErr *err); /* or NULL */
} kinds[N_KINDS] = {
        [PORT] = { "VirtioPort", wants_port, to_port, NULL },
        [TEXT_FILE] = { "TextFile", wants_text_file, to_text_file, remove_text_file },
        [POOL] = { "KvpPool", wants_pool, to_pool, remove_from_pool },
        [CONSOLE] = { "Console", wants_console, to_console, NULL },
        [GUEST_INFO] = { "GuestInfo", wants_guest_info, to_guest_info, NULL },
};

/* What is told, is told once. */
static void note(PfOutlets *outlets, size_t i, int r, const PfErr *err) {
        State *state = &outlets->states[i];

        if (state->is_told && state->result == r)
                return;
        *state = (State){ .result = r, .is_told = true };
        outlets->config.told(kinds[i].name, r, pf_err_text(err, r), outlets->config.data);
}

static void on_again(uv_timer_t *timer);

/* An error is tried again for as long as it lasts; what is not there, while a machine starts. */
static void await(PfOutlets *outlets) {
        bool has_failed = false, is_absent = false;

        for (size_t i = 0; i < N_KINDS; i++) {
                has_failed |= outlets->states[i].result < 0;
                is_absent |= outlets->states[i].result == ABSENT;
        }
        if (!outlets->again || !(has_failed || (is_absent && outlets->again_ms < AGAIN_MAX_MS)))
                return;
        (void) uv_timer_start(outlets->again, on_again, outlets->again_ms, 0);
        outlets->again_ms *= outlets->again_ms < AGAIN_MAX_MS ? 2 : 1;
}

static void publish(PfOutlets *outlets, bool is_new) {
        for (size_t i = 0; i < N_KINDS; i++) {
                PfErr err = { 0 };

                if (kinds[i].is_wanted(outlets->config.settings) &&
                    (is_new || outlets->states[i].result != 0))
                        note(outlets, i, kinds[i].publish(outlets, outlets->report, &err), &err);
        }
        await(outlets);
}

static void on_again(uv_timer_t *timer) {
        publish(timer->data, false);
}

void pf_outlets_publish(PfOutlets *outlets, const PfJson *report) {
        PfJson *kept = pf_json_ref((PfJson *) report);

        (void) pf_json_free(outlets->report);
        outlets->report = kept;
        outlets->again_ms = AGAIN_FIRST_MS;
        publish(outlets, true);
}

int pf_outlets_remove(PfOutlets *outlets) {
        int result = 0;

        for (size_t i = 0; i < N_KINDS; i++) {
                PfErr err = { 0 };
                int r;

                if (!kinds[i].remove || !kinds[i].is_wanted(outlets->config.settings))
                        continue;
                r = kinds[i].remove(outlets, &err);
                outlets->config.told(kinds[i].name, r, pf_err_text(&err, r), outlets->config.data);
                if (r < 0 && result == 0)
                        result = r;
        }
        return result;
}

size_t pf_outlets_count(const PfOutlets *outlets) {
        size_t n = 0;

        for (size_t i = 0; i < N_KINDS; i++)
                n += kinds[i].is_wanted(outlets->config.settings);
        return n;
}

/* Unplugged: it is looked for again. */
static void on_port_gone(void *data) {
        PfOutlets *outlets = data;
        const PfErr err = { 0 };

        note(outlets, PORT, ABSENT, &err);
        outlets->again_ms = AGAIN_FIRST_MS;
        await(outlets);
}

static int open_port(PfOutlets *outlets) {
        PF_AUTO_FREE char *classes = path_below(outlets, PF_VIRTIO_CLASSES);
        PF_AUTO_FREE char *devices = path_below(outlets, PF_VIRTIO_DEVICES);

        if (!classes || !devices)
                return -ENOMEM;
        return pf_virtio_port_new(
                &(PfVirtioPortConfig){ .loop = outlets->config.loop,
                                       .name = outlets->config.settings->virtio_port,
                                       .classes = classes,
                                       .devices = devices,
                                       .gone = on_port_gone,
                                       .data = outlets },
                &outlets->port);
}

int pf_outlets_new(const PfOutletsConfig *config, PfOutlets **ret) {
        PF_CLEANUP(pf_outlets_freep) PfOutlets *outlets = calloc(1, sizeof(*outlets));
        int r = 0;

        if (!outlets)
                return -ENOMEM;
        outlets->config = *config;
        (void) pf_target_ref(config->target);
        if (config->loop) {
                outlets->again = calloc(1, sizeof(*outlets->again));
                if (!outlets->again)
                        return -ENOMEM;
                (void) uv_timer_init(config->loop, outlets->again);
                outlets->again->data = outlets;
                if (config->settings->virtio_port)
                        r = open_port(outlets);
        }
        if (r == 0)
                *ret = PF_STEAL(outlets);
        return r;
}

static void on_closed(uv_handle_t *handle) {
        free(handle);
}

PfOutlets *pf_outlets_free(PfOutlets *outlets) {
        if (!outlets)
                return NULL;
        if (outlets->again)
                uv_close((uv_handle_t *) outlets->again, on_closed);
        (void) pf_virtio_port_free(outlets->port);
        (void) pf_json_free(outlets->report);
        (void) pf_target_unref(outlets->config.target);
        free(outlets);
        return NULL;
}
