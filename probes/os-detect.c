/* SPDX-License-Identifier: MIT */
/*
 * Which system does the agent's installer take it for? It looks for texts in a
 * list of release files and lets the first file decide; that is not always the
 * system it is.
 */
#include "probes/os-system.h"

#include <string.h>

#include "config/value.h"

#define RELEASE_MAX (64u << 10)

/* Where a text is, at the beginning of a line where it starts with '^'; or NULL. */
static const char *find_text(const char *text, const char *wanted) {
        if (wanted[0] != '^')
                return strstr(text, wanted);
        wanted++;
        for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
                if (strncmp(text, wanted, strlen(wanted)) == 0)
                        return text;
        return NULL;
}

/* A file with Only= counts only with one of those texts in it. */
static bool counts(const PfReleaseFile *file, const char *text) {
        for (size_t i = 0; i < file->only.n; i++)
                if (find_text(text, file->only.items[i]))
                        return true;
        return file->only.n == 0;
}

/* The line of a text that holds the place @at. */
static void put_line(PfDetection *detection, const char *text, const char *at) {
        const char *line = text;

        detection->at.line = 1;
        for (const char *p = text; p < at; p++)
                if (*p == '\n') {
                        detection->at.line++;
                        line = p + 1;
                }
        (void) snprintf(detection->at.text, sizeof(detection->at.text), "%.*s",
                        (int) strcspn(line, "\n"), line);
}

static void decide(const PfReleaseFile *file, const char *text, const char *agent_version,
                   PfDetection *ret) {
        *ret = (PfDetection){ .outcome = PF_DETECTED_REFUSED, .at.path = file->path };
        put_line(ret, text, text);
        for (size_t i = 0; i < file->texts.n; i++) {
                const PfReleaseText *known = &file->texts.items[i];
                const char *found = find_text(text, known->text);

                if (!found)
                        continue;
                put_line(ret, text, found);
                ret->since = known->since;
                ret->outcome = known->since && pf_version_compare(agent_version, known->since) < 0
                                       ? PF_DETECTED_AGENT_TOO_OLD
                                       : PF_DETECTED_ACCEPTED;
                if (ret->outcome == PF_DETECTED_ACCEPTED)
                        return;
        }
}

int pf_system_detect(const PfTarget *target, const PfProfile *profile, const char *agent_version,
                     PfDetection *ret, PfErr *err) {
        *ret = (PfDetection){ .outcome = PF_DETECTED_NOTHING };
        for (size_t i = 0; i < profile->release_files.n; i++) {
                const PfReleaseFile *file = &profile->release_files.items[i];
                PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(RELEASE_MAX);
                PfErr detail = { 0 };
                int r = pf_target_read(target, file->path, RELEASE_MAX, &buf, &detail);

                if (r == PF_TARGET_ABSENT || r == -EISDIR)
                        continue; /* for the installer's test -f as well */
                if (r < 0)
                        return pf_err_set(err, r, "%s", pf_err_text(&detail, r));
                if (counts(file, buf.data ? buf.data : "")) {
                        decide(file, buf.data ? buf.data : "", agent_version, ret);
                        return 0;
                }
        }
        return 0;
}
