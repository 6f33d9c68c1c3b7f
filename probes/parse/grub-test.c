/* SPDX-License-Identifier: MIT */
/*
 * GRUB's test command, in a logic of three values: an operand that is not known
 * makes unknown what depends on it, and nothing else.
 */
#include "probes/parse/grub-expand.h"

#include <string.h>

#define DEPTH_MAX 32

typedef struct Test {
        const PfBootWords *words;
        const PfBootFiles *files;
        size_t at;
        unsigned depth;
} Test;

PfGrubTruth pf_grub_not(PfGrubTruth truth) {
        return truth == PF_GRUB_UNKNOWN ? truth
               : truth == PF_GRUB_TRUE  ? PF_GRUB_FALSE
                                        : PF_GRUB_TRUE;
}

static PfGrubTruth both(PfGrubTruth a, PfGrubTruth b) {
        if (a == PF_GRUB_FALSE || b == PF_GRUB_FALSE)
                return PF_GRUB_FALSE;
        return a == PF_GRUB_TRUE && b == PF_GRUB_TRUE ? PF_GRUB_TRUE : PF_GRUB_UNKNOWN;
}

static PfGrubTruth either(PfGrubTruth a, PfGrubTruth b) {
        return pf_grub_not(both(pf_grub_not(a), pf_grub_not(b)));
}

static PfGrubTruth truth_of(bool holds) {
        return holds ? PF_GRUB_TRUE : PF_GRUB_FALSE;
}

typedef struct Comparison {
        const char *sign;
        bool numbers;
        bool less, equal, greater; /* for which outcomes it holds */
} Comparison;

static const Comparison comparisons[] = {
        { "=", false, false, true, false }, { "==", false, false, true, false },
        { "!=", false, true, false, true }, { "<", false, true, false, false },
        { "<=", false, true, true, false }, { ">", false, false, false, true },
        { ">=", false, false, true, true }, { "-eq", true, false, true, false },
        { "-ne", true, true, false, true }, { "-lt", true, true, false, false },
        { "-le", true, true, true, false }, { "-gt", true, false, false, true },
        { "-ge", true, false, true, true },
};

static const Comparison *find_comparison(const char *sign) {
        for (size_t i = 0; i < PF_ELEMENTS(comparisons); i++)
                if (strcmp(sign, comparisons[i].sign) == 0)
                        return &comparisons[i];
        return NULL;
}

static PfGrubTruth compare(const Comparison *comparison, const PfBootWord *a, const PfBootWord *b) {
        long left, right;
        int order;

        if (!a->certain || !b->certain)
                return PF_GRUB_UNKNOWN;
        left = strtol(a->text, NULL, 0);
        right = strtol(b->text, NULL, 0);
        order = comparison->numbers ? (left > right) - (left < right) : strcmp(a->text, b->text);
        return truth_of(order < 0   ? comparison->less
                        : order > 0 ? comparison->greater
                                    : comparison->equal);
}

static PfGrubTruth test_file(const Test *test, char kind, const char *path) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(PF_GRUB_FILE_MAX);
        int r;

        if (!test->files || kind == 'd')
                return PF_GRUB_UNKNOWN;
        r = test->files->read(test->files->data, path, PF_GRUB_FILE_MAX, &buf, NULL);
        if (r < 0)
                return PF_GRUB_UNKNOWN;
        return truth_of(r == 0 && (kind != 's' || buf.n > 0));
}

static PfGrubTruth test_one(const Test *test, char kind, const PfBootWord *word) {
        if (!word->certain)
                return PF_GRUB_UNKNOWN;
        switch (kind) {
        case 'n':
                return truth_of(*word->text != '\0');
        case 'z':
                return truth_of(*word->text == '\0');
        default:
                return test_file(test, kind, word->text);
        }
}

static size_t left(const Test *test) {
        return test->words->n - test->at;
}

static const PfBootWord *peek(const Test *test, size_t ahead) {
        return ahead < left(test) ? &test->words->items[test->at + ahead] : NULL;
}

static bool next_is(const Test *test, const char *text) {
        const PfBootWord *word = peek(test, 0);

        return word && strcmp(word->text, text) == 0;
}

static PfGrubTruth parse_or(Test *test);

static PfGrubTruth parse_primary(Test *test) {
        const PfBootWord *word = peek(test, 0), *sign = peek(test, 1), *other = peek(test, 2);
        const Comparison *comparison = sign && other ? find_comparison(sign->text) : NULL;

        if (comparison) {
                test->at += 3;
                return compare(comparison, word, other);
        }
        if (word->text[0] == '-' && word->text[1] && !word->text[2] &&
            strchr("nzefds", word->text[1]) && sign) {
                test->at += 2;
                return test_one(test, word->text[1], sign);
        }
        test->at++;
        return test_one(test, 'n', word);
}

static PfGrubTruth parse_not(Test *test) {
        PfGrubTruth truth;

        if (left(test) == 0 || ++test->depth > DEPTH_MAX) {
                test->at = test->words->n;
                return PF_GRUB_UNKNOWN;
        }
        if (next_is(test, "!")) {
                test->at++;
                truth = pf_grub_not(parse_not(test));
        } else if (next_is(test, "(")) {
                test->at++;
                truth = parse_or(test);
                test->at += next_is(test, ")");
        } else
                truth = parse_primary(test);
        test->depth--;
        return truth;
}

static PfGrubTruth parse_and(Test *test) {
        PfGrubTruth truth = parse_not(test);

        while (next_is(test, "-a")) {
                test->at++;
                truth = both(truth, parse_not(test));
        }
        return truth;
}

static PfGrubTruth parse_or(Test *test) {
        PfGrubTruth truth = parse_and(test);

        while (next_is(test, "-o")) {
                test->at++;
                truth = either(truth, parse_and(test));
        }
        return truth;
}

PfGrubTruth pf_grub_test(const PfBootWords *words, const PfBootFiles *files) {
        Test test = { .words = words, .files = files };
        PfGrubTruth truth;

        if (words->n == 0)
                return PF_GRUB_FALSE;
        truth = parse_or(&test);
        return left(&test) == 0 ? truth : PF_GRUB_UNKNOWN;
}
