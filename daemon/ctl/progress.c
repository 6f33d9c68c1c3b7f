/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/progress.h"

#include <string.h>

#include "daemon/ctl/here.h"
#include "daemon/ctl/text.h"

#define FIRST_MS 150 /* what is faster needs no progress */
#define AGAIN_MS 100

struct PfProgress {
        uv_timer_t timer; /* first: closing it frees all */
        const PfTerminal *terminal;
        PfStrv waiting;
        size_t n;
        size_t n_finished;
        bool is_drawn;
};

bool pf_progress_is_visible(const PfCtl *ctl) {
        return ctl->errors.has_sequences && !ctl->options.quiet;
}

/* As much of a text as leaves the last column free. */
static void add_cut(PfBuf *buf, const char *text, const PfTerminal *terminal) {
        unsigned columns = 0;
        size_t n = strlen(text);
        PfTextChar one;

        for (size_t i = 0; i < n;) {
                i += pf_text_next(text + i, n - i, terminal->utf8, &one);
                columns += one.columns;
                if (columns >= terminal->width || pf_buf_add(buf, one.bytes, one.n) < 0)
                        return;
        }
}

static void draw(PfProgress *progress) {
        PF_AUTO_BUF PfBuf line = PF_BUF_INIT(8192);
        char text[512] = "";

        if (progress->waiting.n > 0)
                (void) snprintf(text, sizeof(text), "%zu/%zu %s%s", progress->n_finished,
                                progress->n, progress->waiting.items[0],
                                progress->terminal->utf8 ? " \xe2\x80\xa6" : " ...");
        if (pf_buf_add_string(&line, "\r\x1b[K") < 0)
                return;
        add_cut(&line, text, progress->terminal);
        /* Progress that cannot be shown is no reason to fail. */
        (void) !pf_here_write(STDERR_FILENO, line.data, line.n);
        progress->is_drawn = text[0] != '\0';
}

static void on_timer(uv_timer_t *timer) {
        draw(timer->data);
}

PfProgress *pf_progress_new(const PfCtl *ctl, uv_loop_t *loop, const PfStrv *checks) {
        PfProgress *progress;

        if (!pf_progress_is_visible(ctl))
                return NULL;
        progress = calloc(1, sizeof(*progress));
        if (!progress)
                return NULL;
        progress->terminal = &ctl->errors;
        if (pf_strv_copy(checks, &progress->waiting) < 0) {
                pf_strv_deinit(&progress->waiting);
                free(progress);
                return NULL;
        }
        progress->n = checks->n;
        progress->timer.data = progress;
        (void) uv_timer_init(loop, &progress->timer);
        (void) uv_timer_start(&progress->timer, on_timer, FIRST_MS, AGAIN_MS);
        return progress;
}

void pf_progress_finished(PfProgress *progress, const char *check_id) {
        for (size_t i = 0; progress && i < progress->waiting.n; i++) {
                PfStrv *waiting = &progress->waiting;

                if (strcmp(waiting->items[i], check_id) != 0)
                        continue;
                free(waiting->items[i]);
                memmove(&waiting->items[i], &waiting->items[i + 1],
                        (waiting->n - i - 1) * sizeof(*waiting->items));
                waiting->n--;
                progress->n_finished++;
                return;
        }
}

static void on_closed(uv_handle_t *handle) {
        PfProgress *progress = handle->data;

        pf_strv_deinit(&progress->waiting);
        free(progress);
}

PfProgress *pf_progress_free(PfProgress *progress) {
        if (!progress)
                return NULL;
        if (progress->is_drawn)
                (void) !pf_here_write(STDERR_FILENO, "\r\x1b[K", 4);
        uv_close((uv_handle_t *) &progress->timer, on_closed);
        return NULL;
}
