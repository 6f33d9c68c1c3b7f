/* SPDX-License-Identifier: MIT */
/*
 * The catalogue: finding an entry. The texts are in catalogue.toml, and what is
 * written there wrongly is found by generate-catalogue.py, not here.
 */
#include "config/catalogue.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/catalogue-table.h"

/* A text as the keys are written: words in lower case with one space between. */
#define WORDS_MAX 128
#define TEXT_MAX 1024
typedef struct Words {
        char text[TEXT_MAX + 1];
        size_t begin[WORDS_MAX];
        size_t end[WORDS_MAX];
        size_t n;
} Words;

/* A word shorter than this means too many things in the middle of a sentence. */
#define LOOSE_WORD_MIN 4

static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_word(char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) || c == '_' || c == '.' ||
               c == '-';
}

static int digit_value(char c) {
        if (is_digit(c))
                return c - '0';
        c = lower(c);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* The value of @n digits, false where there are none, others, or too many. */
static bool parse_digits(const char *text, size_t n, unsigned base, uint64_t *ret) {
        uint64_t value = 0;

        if (n == 0)
                return false;
        for (size_t i = 0; i < n; i++) {
                unsigned digit = (unsigned) digit_value(text[i]);

                if (digit >= base || value > (UINT64_MAX - digit) / base)
                        return false;
                value = value * base + digit;
        }
        *ret = value;
        return true;
}

/* A number of 32 bits, however it is written. One that was extended to 64 bits
 * with its sign, as some consoles print an HRESULT, is the same number. */
static bool parse_number(const char *word, size_t n, uint32_t *ret) {
        uint64_t value;

        if (n > 2 && word[0] == '0' && lower(word[1]) == 'x') {
                if (!parse_digits(word + 2, n - 2, 16, &value))
                        return false;
                if (value > UINT32_MAX && value < (UINT64_MAX ^ INT32_MAX))
                        return false;
        } else if (n > 1 && word[0] == '-') {
                if (!parse_digits(word + 1, n - 1, 10, &value) || value > UINT32_C(1) << 31)
                        return false;
                value = -value;
        } else if (!parse_digits(word, n, 10, &value) || value > UINT32_MAX) {
                return false;
        }
        *ret = (uint32_t) value;
        return true;
}

static bool is_noise(const char *word, size_t n) {
        static const char *const noise[] = { "code", "error", "errorid", "id" };

        for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
                if (strlen(noise[i]) == n && memcmp(noise[i], word, n) == 0)
                        return true;
        return false;
}

/* Adds one word, written as the keys are. Return: false where it has no room. */
static bool add_word(Words *words, const char *word, size_t n) {
        char text[TEXT_MAX + 1];
        size_t used = words->n > 0 ? words->end[words->n - 1] + 1 : 0;
        uint32_t number;

        if (parse_number(word, n, &number)) {
                /* Below 2^31 there is only one way to write it in decimal. */
                n = (size_t) snprintf(text, sizeof(text),
                                      number > INT32_MAX ? "0x%08" PRIx32 : "%" PRIu32, number);
        } else {
                for (size_t i = 0; i < n; i++)
                        text[i] = lower(word[i]);
                if (is_noise(text, n))
                        return true;
        }
        if (words->n == WORDS_MAX || used + n > TEXT_MAX)
                return false;
        if (used > 0)
                words->text[used - 1] = ' ';
        memcpy(words->text + used, text, n);
        words->text[used + n] = '\0';
        words->begin[words->n] = used;
        words->end[words->n] = used + n;
        words->n++;
        return true;
}

/* generate-catalogue.py: normalise() does the same to the keys. */
static void split_words(Words *words, const char *text) {
        size_t length = strnlen(text, TEXT_MAX), i = 0;

        words->n = 0;
        while (i < length) {
                size_t begin = i, end;

                while (i < length && is_word(text[i]))
                        i++;
                end = i;
                while (begin < end && (text[begin] == '.' || text[begin] == '-') &&
                       !(text[begin] == '-' && begin + 1 < end && is_digit(text[begin + 1])))
                        begin++;
                while (end > begin && (text[end - 1] == '.' || text[end - 1] == '-'))
                        end--;
                if (end > begin && !add_word(words, text + begin, end - begin))
                        return;
                if (i < length && !is_word(text[i]))
                        i++;
        }
}

static const char *key_text(size_t i) {
        return pf_catalogue_key_text + pf_catalogue_keys[i].text;
}

/* The first key that is not below @n bytes of @text; keys of one text are
 * beside each other. */
static size_t first_key(const char *text, size_t n) {
        size_t low = 0, high = pf_catalogue_n_keys;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (strncmp(key_text(middle), text, n) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static bool key_is(size_t i, const char *text, size_t n) {
        return i < pf_catalogue_n_keys && strlen(key_text(i)) == n &&
               memcmp(key_text(i), text, n) == 0;
}

typedef unsigned Scores[PF_CATALOGUE_ENTRIES_MAX];

/* Credits every entry that is known by exactly this key. */
static bool add_scores(Scores scores, const char *text, size_t n, const unsigned weight[3]) {
        bool found = false;

        for (size_t i = first_key(text, n); key_is(i, text, n); i++) {
                scores[pf_catalogue_keys[i].entry] += weight[pf_catalogue_keys[i].kind];
                found = true;
        }
        return found;
}

/* Credits the entries that are known by some run of words of a sentence. */
static void add_scores_of_parts(Scores scores, const Words *words) {
        static const unsigned weight[] = {
                [PF_CATALOGUE_KEY_ID] = 8,
                [PF_CATALOGUE_KEY_ALIAS] = 4,
                [PF_CATALOGUE_KEY_PART] = 1,
        };

        for (size_t i = 0; i < words->n; i++)
                for (size_t j = i; j < words->n && j - i < PF_CATALOGUE_KEY_WORDS_MAX; j++) {
                        size_t n = words->end[j] - words->begin[i];

                        if (j > i || n >= LOOSE_WORD_MIN)
                                (void) add_scores(scores, words->text + words->begin[i], n, weight);
                }
}

size_t pf_catalogue_lookup(const char *text, const PfCatalogueEntry **ret, size_t max) {
        static const unsigned weight[] = {
                [PF_CATALOGUE_KEY_ID] = 3,
                [PF_CATALOGUE_KEY_ALIAS] = 2,
                [PF_CATALOGUE_KEY_PART] = 1,
        };
        Scores scores = { 0 };
        Words words;
        size_t n = 0;

        split_words(&words, text);
        if (words.n == 0)
                return 0;
        if (!add_scores(scores, words.text, words.end[words.n - 1], weight))
                add_scores_of_parts(scores, &words);

        while (n < max) {
                size_t best = 0;

                for (size_t i = 1; i < pf_catalogue_n_entries; i++)
                        if (scores[i] > scores[best])
                                best = i;
                if (scores[best] == 0)
                        break;
                ret[n++] = &pf_catalogue_entries[best];
                scores[best] = 0;
        }
        return n;
}

const PfCatalogueEntry *pf_catalogue_find(const char *id) {
        char text[PF_CATALOGUE_KEY_MAX];
        size_t n = strnlen(id, sizeof(text));

        if (n == sizeof(text))
                return NULL;
        for (size_t i = 0; i < n; i++)
                text[i] = lower(id[i]);
        for (size_t i = first_key(text, n); key_is(i, text, n); i++)
                if (pf_catalogue_keys[i].kind == PF_CATALOGUE_KEY_ID)
                        return &pf_catalogue_entries[pf_catalogue_keys[i].entry];
        return NULL;
}

size_t pf_catalogue_count(void) {
        return pf_catalogue_n_entries;
}

const PfCatalogueEntry *pf_catalogue_at(size_t i) {
        return i < pf_catalogue_n_entries ? &pf_catalogue_entries[i] : NULL;
}

const char *pf_safety_to_string(PfSafety safety) {
        switch (safety) {
        case PF_SAFETY_SAFE:
                return "safe";
        case PF_SAFETY_CONSENT:
                return "consent";
        case PF_SAFETY_MANUAL:
                return "manual";
        }
        return "manual";
}

const char *pf_severity_to_string(PfSeverity severity) {
        switch (severity) {
        case PF_SEVERITY_INFO:
                return "info";
        case PF_SEVERITY_WARNING:
                return "warning";
        case PF_SEVERITY_BLOCKER:
                return "blocker";
        }
        return "blocker";
}
