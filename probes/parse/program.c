/* SPDX-License-Identifier: MIT */
/*
 * Executables: the texts and the libraries in them. The bytes are read past what a
 * capture keeps, and the answer is kept instead.
 */
#include "probes/parse/program.h"

#include <string.h>

#include "daemon/base/json.h"
#include "daemon/base/target-file.h"
#include "probes/parse/elf-needed.h"

#define BOOK "programs"
#define CHUNK (256u << 10)

void pf_program_deinit(PfProgram *program) {
        pf_strv_deinit(&program->texts);
        pf_strv_deinit(&program->needed);
}

/* --- the file --- */

static int read_all(PfTargetFile *file, PfBuf *buf, PfErr *err) {
        PF_AUTO_FREE char *chunk = malloc(CHUNK);
        size_t n = CHUNK;
        int r = chunk ? 0 : -ENOMEM;

        while (r == 0 && n == CHUNK) {
                r = pf_target_file_read(file, chunk, CHUNK, &n, err);
                if (r == 0)
                        r = pf_buf_add(buf, chunk, n);
        }
        return r;
}

static bool is_printable(char c) {
        return c >= ' ' && c <= '~';
}

static int take_texts(const PfBuf *buf, const char *mark, PfStrv *texts) {
        const char *at = buf->data, *end = buf->data + buf->n;
        int r = 0;

        while (r == 0 && texts->n < PF_PROGRAM_TEXTS_MAX &&
               (at = memmem(at, (size_t) (end - at), mark, strlen(mark)))) {
                char text[PF_PROGRAM_TEXT_MAX];
                size_t n = 0;

                while (n + 1 < sizeof(text) && at + n < end && is_printable(at[n]))
                        n++;
                (void) snprintf(text, sizeof(text), "%.*s", (int) n, at);
                at += strlen(mark);
                if (!pf_strv_contains(texts, text))
                        r = pf_strv_add(texts, text);
        }
        return r;
}

static int look(PfTargetFile *file, const char *path, const char *mark, PfProgram *ret,
                PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PROGRAM_MAX);
        int r = read_all(file, &buf, err);

        if (r < 0 && r != -ENOMEM)
                return pf_err_errno(err, r, "%s", path);
        if (r == 0 && buf.n > 0)
                r = take_texts(&buf, mark, &ret->texts);
        if (r == 0)
                r = pf_elf_needed(buf.data ? buf.data : "", buf.n, &ret->needed);
        ret->is_dynamic = r == 0;
        return r == PF_ELF_NOT_DYNAMIC ? 0 : r;
}

/* --- captures --- */

static PfJson *to_json(const PfProgram *program) {
        PF_CLEANUP(pf_json_freep) PfJson *answer = pf_json_new_object();

        if (!answer || pf_json_put_strv(answer, "texts", &program->texts) < 0 ||
            (program->is_dynamic && pf_json_put_strv(answer, "needed", &program->needed) < 0))
                return NULL;
        return PF_STEAL(answer);
}

static int take_list(const PfJson *answer, const char *key, PfStrv *ret) {
        const PfJson *list = pf_json_get(answer, key);
        int r = 0;

        for (size_t i = 0; i < pf_json_length(list) && r == 0; i++) {
                const char *text = pf_json_string(pf_json_at(list, i));

                r = text ? pf_strv_add(ret, text) : -EINVAL;
        }
        return r;
}

static int from_json(const PfJson *answer, const char *path, PfProgram *ret, PfErr *err) {
        int r = pf_json_get(answer, "texts") ? take_list(answer, "texts", &ret->texts) : -EINVAL;

        if (r == 0)
                r = take_list(answer, "needed", &ret->needed);
        ret->is_dynamic = pf_json_get(answer, "needed");
        return r == -EINVAL ? pf_err_set(err, r, "%s: its captured answer is not understood", path)
                            : r;
}

int pf_program_load(const PfTarget *target, const char *path, const char *mark, PfProgram *ret,
                    PfErr *err) {
        PF_CLEANUP(pf_target_file_closep) PfTargetFile *file = NULL;
        const PfJson *answer = NULL;
        int r;

        r = pf_target_recall(target, BOOK, path, &answer, NULL);
        if (r == 0)
                return from_json(answer, path, ret, err);
        if (r == -ENOMEM)
                return r;
        r = pf_target_open(target, path, &file, err);
        if (r == 0)
                r = look(file, path, mark, ret, err);
        if (r == 0 && pf_target_is_recorded(target))
                pf_target_remember(target, BOOK, path, to_json(ret));
        return r;
}
