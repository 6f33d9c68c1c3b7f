/* SPDX-License-Identifier: MIT */
/*
 * Executables: the texts and the libraries in them. The bytes are read past what a
 * capture keeps, and the answer is kept instead.
 */
#include "probes/parse/program.h"

#include <string.h>

#include "daemon/base/target-file.h"
#include "probes/parse/elf-needed.h"
#include "probes/parse/lines.h"

#define BOOK "programs"
#define ANSWER_MAX (1u << 20)

void pf_program_deinit(PfProgram *program) {
        pf_strv_deinit(&program->texts);
        pf_strv_deinit(&program->needed);
}

/* --- the file --- */

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

/* --- the answer: lines, whose first character tells what they are --- */

#define TEXT '='
#define NEEDED '+'
#define DYNAMIC '!' /* though it names no library */

static int tell_needed(const PfBuf *buf, PfBuf *answer) {
        PF_AUTO_STRV PfStrv needed = { 0 };
        int r = pf_elf_needed(buf->data ? buf->data : "", buf->n, &needed);

        if (r != 0)
                return r == PF_ELF_NOT_DYNAMIC ? 0 : r;
        r = pf_buf_printf(answer, "%c\n", DYNAMIC);
        for (size_t i = 0; i < needed.n && r == 0; i++)
                if (!strchr(needed.items[i], '\n'))
                        r = pf_buf_printf(answer, "%c%s\n", NEEDED, needed.items[i]);
        return r;
}

static int look(PfTargetFile *file, void *data, PfBuf *ret, PfErr *err) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_PROGRAM_MAX);
        PF_AUTO_STRV PfStrv texts = { 0 };
        int r = pf_target_file_read_all(file, &buf, err);

        if (r == 0 && buf.n > 0)
                r = take_texts(&buf, data, &texts);
        for (size_t i = 0; i < texts.n && r == 0; i++)
                r = pf_buf_printf(ret, "%c%s\n", TEXT, texts.items[i]);
        return r == 0 ? tell_needed(&buf, ret) : r;
}

static int take_line(PfProgram *program, const PfLines *lines) {
        const char kind = lines->text_n > 0 ? lines->text[0] : '\0';

        if (kind == TEXT)
                return pf_strv_add_n(&program->texts, lines->text + 1, lines->text_n - 1);
        if (kind == NEEDED)
                return pf_strv_add_n(&program->needed, lines->text + 1, lines->text_n - 1);
        program->is_dynamic = program->is_dynamic || kind == DYNAMIC;
        return kind == DYNAMIC ? 0 : -EINVAL;
}

int pf_program_load(const PfTarget *target, const char *path, const char *mark, PfProgram *ret,
                    PfErr *err) {
        PF_AUTO_BUF PfBuf answer = PF_BUF_INIT(ANSWER_MAX);
        PfLines lines;
        int r = pf_target_derive(target, BOOK, path, look, (void *) mark, &answer, err);

        lines = (PfLines){ .rest = answer.data, .n = answer.n };
        while (r == 0 && pf_lines_next(&lines))
                r = take_line(ret, &lines);
        return r == -EINVAL ? pf_err_set(err, r, "%s: its captured answer is not understood", path)
                            : r;
}
