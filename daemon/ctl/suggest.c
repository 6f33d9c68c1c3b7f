/* SPDX-License-Identifier: MIT */
#include "daemon/ctl/suggest.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 64     /* bytes of a name or a text; longer ones are not compared */
#define CONTAINED_MIN 3 /* letters that must be common to count as contained */
#define ALIKE_MIN 5     /* and as beginning alike */

typedef struct Word {
        char text[WORD_MAX + 1]; /* in lower case */
        size_t n;
} Word;

static bool word_init(Word *word, const char *text) {
        word->n = strlen(text);
        if (word->n == 0 || word->n > WORD_MAX)
                return false;
        for (size_t i = 0; i <= word->n; i++)
                word->text[i] = (char) tolower((unsigned char) text[i]);
        return true;
}

static unsigned least_of(unsigned a, unsigned b) {
        return a < b ? a : b;
}

static bool is_swap(const Word *a, size_t i, const Word *b, size_t j) {
        return i > 1 && j > 1 && a->text[i - 1] == b->text[j - 2] &&
               a->text[i - 2] == b->text[j - 1];
}

/* Letters added, left out, changed or swapped: optimal string alignment, of whose
 * table three rows are enough. */
static unsigned edit_distance(const Word *a, const Word *b) {
        unsigned rows[3][WORD_MAX + 1];

        for (size_t j = 0; j <= b->n; j++)
                rows[0][j] = (unsigned) j;
        for (size_t i = 1; i <= a->n; i++) {
                unsigned *row = rows[i % 3];
                const unsigned *last = rows[(i + 2) % 3];
                const unsigned *before = rows[(i + 1) % 3];

                row[0] = (unsigned) i;
                for (size_t j = 1; j <= b->n; j++) {
                        row[j] = least_of(last[j], row[j - 1]) + 1;
                        row[j] = least_of(row[j], last[j - 1] + (a->text[i - 1] != b->text[j - 1]));
                        if (is_swap(a, i, b, j))
                                row[j] = least_of(row[j], before[j - 2] + 1);
                }
        }
        return rows[a->n % 3][b->n];
}

static bool contains(const Word *whole, const Word *part) {
        return part->n >= CONTAINED_MIN && strstr(whole->text, part->text);
}

/* Do they begin alike, for most of what was written? */
static bool begins_alike(const Word *written, const Word *name) {
        size_t n = 0;

        while (n < written->n && n < name->n && written->text[n] == name->text[n])
                n++;
        return n >= ALIKE_MIN && n * 4 >= written->n * 3;
}

/* How far @name is from what was written; UINT_MAX: not near at all. */
static unsigned distance_of(const char *text, const char *name) {
        Word written, other;
        unsigned limit, distance;

        if (!word_init(&written, text) || !word_init(&other, name))
                return UINT_MAX;
        limit = 1 + (unsigned) written.n / 4;
        distance = edit_distance(&written, &other);
        if (distance <= limit)
                return distance;
        if (contains(&other, &written) || contains(&written, &other) ||
            begins_alike(&written, &other))
                return limit + distance;
        return UINT_MAX;
}

void pf_suggest(PfSuggestions *suggestions, const char *name) {
        unsigned distance = distance_of(suggestions->text, name);
        size_t i;

        if (distance == UINT_MAX)
                return;
        if (suggestions->n < PF_SUGGESTIONS_MAX)
                suggestions->n++;
        else if (suggestions->distances[PF_SUGGESTIONS_MAX - 1] <= distance)
                return;
        for (i = suggestions->n - 1; i > 0 && suggestions->distances[i - 1] > distance; i--) {
                suggestions->distances[i] = suggestions->distances[i - 1];
                suggestions->names[i] = suggestions->names[i - 1];
        }
        suggestions->distances[i] = distance;
        suggestions->names[i] = name;
}

static const char *separator(size_t i, size_t n) {
        if (i == 0)
                return "; did you mean ";
        return i + 1 == n ? " or " : ", ";
}

const char *pf_suggestions_text(const PfSuggestions *suggestions, char *buf, size_t size) {
        size_t used = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < suggestions->n && used < size; i++)
                used += (size_t) snprintf(buf + used, size - used, "%s%s%s",
                                          separator(i, suggestions->n), suggestions->names[i],
                                          i + 1 == suggestions->n ? "?" : "");
        return buf;
}
