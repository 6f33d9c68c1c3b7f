/* SPDX-License-Identifier: MIT */
/*
 * Choosing a language, and finding what is said in it.
 */
#include "daemon/ctl/language.h"

#include <string.h>
#include <strings.h>

#include "config/language.h"
#include "daemon/base/message.h"

#define SENTENCE_MAX (64u << 10) /* bytes; what is longer stays English */
#define KNOWN_MAX 4096           /* bytes of a text that formats are tried on */
#define DEPTH_MAX 4              /* sentences within sentences */
#define LETTERS_MIN 3            /* a format with fewer of its own fits too much */

/* --- which --- */

static const struct {
        const char *name;
        PfLanguage language;
} languages[] = {
        { "en", PF_LANGUAGE_ENGLISH },
        { "ja", PF_LANGUAGE_JAPANESE },
};

const char *pf_language_locale(const char *category) {
        const char *const names[] = { "LC_ALL", category, "LANG" };

        for (size_t i = 0; i < PF_ELEMENTS(names); i++) {
                const char *value = getenv(names[i]);

                if (value && *value)
                        return value;
        }
        return "";
}

bool pf_language_is_utf8(const char *locale) {
        const char *code = strchr(locale, '.');

        return code && (strncasecmp(code, ".utf-8", 6) == 0 || strncasecmp(code, ".utf8", 5) == 0);
}

/* "ja", "ja_JP", "ja_JP.UTF-8", "ja@…", of which @n bytes count. */
static bool find_language(const char *locale, size_t n, PfLanguage *ret) {
        size_t length = strcspn(locale, "_.@:");

        length = length < n ? length : n;
        for (size_t i = 0; i < PF_ELEMENTS(languages); i++)
                if (strlen(languages[i].name) == length &&
                    memcmp(languages[i].name, locale, length) == 0) {
                        *ret = languages[i].language;
                        return true;
                }
        return false;
}

PfLanguage pf_language_choose(void) {
        const char *locale = pf_language_locale("LC_MESSAGES");
        const char *list = getenv("LANGUAGE");
        PfLanguage language = PF_LANGUAGE_ENGLISH;

        if (!*locale || strcmp(locale, "C") == 0 || strncmp(locale, "C.", 2) == 0 ||
            strcmp(locale, "POSIX") == 0)
                return PF_LANGUAGE_ENGLISH;
        if (!list || !*list)
                list = locale;
        while (*list) {
                size_t n = strcspn(list, ":");

                if (find_language(list, n, &language))
                        return language;
                list += n + (list[n] == ':');
        }
        return PF_LANGUAGE_ENGLISH;
}

/* --- texts of ours --- */

static const char *find(PfLanguage language, const char *english) {
        return language == PF_LANGUAGE_JAPANESE ? pf_japanese_message(english) : NULL;
}

const char *pf_language_text(PfLanguage language, const char *english) {
        const char *text = find(language, english);

        return text ? text : english;
}

/* Return: NULL where it does not fit, or memory ran out; then it is said in English. */
static char *render(const char *format, const PfStrv *arguments) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SENTENCE_MAX);

        if (pf_message_render(&buf, format, arguments->items, arguments->n) < 0)
                return NULL;
        return pf_buf_steal(&buf);
}

char *pf_language_print(PfLanguage language, const char *fmt, va_list args) {
        const char *format = find(language, fmt);
        PF_AUTO_MESSAGE PfMessage message = { 0 };
        char *text = NULL;

        if (format && pf_message_take(&message, fmt, args) == 0 && message.format)
                text = render(format, &message.arguments);
        if (!text && vasprintf(&text, fmt, args) < 0)
                return NULL;
        return text;
}

char *pf_language_printf(PfLanguage language, const char *fmt, ...) {
        va_list args;
        char *text;

        va_start(args, fmt);
        text = pf_language_print(language, fmt, args);
        va_end(args);
        return text;
}

/* --- sentences of others --- */

/* One literal of a format, and the directive behind it. */
typedef struct Piece {
        const char *text;
        size_t n;
        int argument; /* -1: the end */
        bool number;  /* of the directive */
} Piece;

static Piece next_piece(const char **format, int *position) {
        Piece piece = { .text = *format };
        int n = pf_message_next(format, position, &piece.argument);

        piece.n = n > 0 ? (size_t) n : 0;
        piece.number = piece.argument >= 0 && (*format)[-1] != 's' && (*format)[-1] != 'c';
        return piece;
}

/* Where in a text, at @at or behind it, the literal stands; the last one ends the text. */
static const char *find_piece(const Piece *piece, const char *at) {
        size_t left = strlen(at);
        const char *p = at;

        if (piece->argument < 0)
                return left >= piece->n && memcmp(at + left - piece->n, piece->text, piece->n) == 0
                               ? at + left - piece->n
                               : NULL;
        for (; (size_t) (p - at) + piece->n <= left; p++)
                if (memcmp(p, piece->text, piece->n) == 0)
                        return p;
        return NULL;
}

/* Where an argument that begins at @text ends, so that @piece is behind it: a number with
 * its digits, a text as soon as it can. NULL: nowhere. */
static const char *find_end(const Piece *before, const Piece *piece, const char *text) {
        const char *end;

        if (!before->number)
                return find_piece(piece, text);
        end = text + (*text == '-');
        end += strspn(end, "0123456789");
        if (end == text || strncmp(end, piece->text, piece->n) != 0)
                return NULL;
        return piece->argument >= 0 || strlen(end) == piece->n ? end : NULL;
}

/* The arguments with which a format makes exactly this text: each the shortest that is
 * possible. Return: false where it cannot, or memory ran out. */
static bool match(const char *format, const char *text, PfStrv *ret) {
        int position = 0;
        Piece before = next_piece(&format, &position);

        if (before.argument < 0 || strncmp(text, before.text, before.n) != 0)
                return false;
        text += before.n;
        while (before.argument >= 0) {
                Piece piece = next_piece(&format, &position);
                const char *end = find_end(&before, &piece, text);

                if (!end || pf_strv_add_n(ret, text, (size_t) (end - text)) < 0)
                        return false;
                text = end + piece.n;
                before = piece;
        }
        return true;
}

/* How much a format that fits says of the text: its own bytes; 0 where too few of them
 * are letters. */
static size_t weigh(const char *format) {
        int position = 0;
        size_t n = 0, letters = 0;
        Piece piece;

        do {
                piece = next_piece(&format, &position);
                n += piece.n;
                for (size_t i = 0; i < piece.n; i++)
                        letters += (piece.text[i] | 0x20) >= 'a' && (piece.text[i] | 0x20) <= 'z';
        } while (piece.argument >= 0);
        return letters < LETTERS_MIN ? 0 : n;
}

static char *say(const char *format, PfStrv *arguments, unsigned depth);
static char *say_text(const char *english, unsigned depth);

/* "path: what is wrong with it". Return: NULL where the second is not known. */
static char *say_behind_colon(const char *english, unsigned depth) {
        const char *colon = strstr(english, ": ");
        PF_AUTO_FREE char *head = NULL;
        PF_AUTO_FREE char *said = NULL;
        PF_AUTO_FREE char *tail = NULL;
        char *text = NULL;

        if (!colon || depth >= DEPTH_MAX)
                return NULL;
        head = strndup(english, (size_t) (colon - english));
        tail = say_text(colon + 2, depth + 1);
        said = head ? say_text(head, depth + 1) : NULL;
        if (head && tail && asprintf(&text, "%s: %s", said ? said : head, tail) < 0)
                return NULL;
        return text;
}

/* "one and two", of two words. Return: NULL where it is something else. */
static char *say_pair(const char *english) {
        size_t n = strcspn(english, " ");
        char *text = NULL;

        if (strncmp(english + n, " and ", 5) != 0 || strchr(english + n + 5, ' ') ||
            asprintf(&text, "%.*s と %s", (int) n, english, english + n + 5) < 0)
                return NULL;
        return text;
}

/* "one, two", or ": one, two", of things that are known, or names of one word each.
 * Return: NULL where it is something else, or nothing of it is known. */
static char *say_list(const char *english) {
        PF_AUTO_BUF PfBuf buf = PF_BUF_INIT(SENTENCE_MAX);
        size_t skip = strncmp(english, ": ", 2) == 0 ? 2 : 0;
        int r = pf_buf_add(&buf, english, skip);
        bool any = false;

        for (english += skip; *english && r == 0;) {
                const char *end = strstr(english, ", ");
                size_t n = end ? (size_t) (end - english) : strlen(english);
                PF_AUTO_FREE char *word = strndup(english, n);
                const char *known = word ? pf_japanese_message(word) : NULL;

                if (!word || (!known && strchr(word, ' ')))
                        return NULL;
                any = any || known;
                r = pf_buf_printf(&buf, "%s%s", known ? known : word, end ? "、" : "");
                english += n + (end ? 2 : 0);
        }
        return r == 0 && any ? pf_buf_steal(&buf) : NULL;
}

/* A text that nobody took apart. Return: NULL where nothing is known for it. */
static char *say_text(const char *english, unsigned depth) {
        const char *best = pf_japanese_message(english), *source, *format;
        char *text;
        PF_AUTO_STRV PfStrv arguments = { 0 };
        size_t most = 0;

        if (strnlen(english, KNOWN_MAX + 1) > KNOWN_MAX)
                return NULL;
        if (best)
                return strchr(best, '%') ? NULL : strdup(best);
        for (size_t i = 0; (format = pf_japanese_message_at(i, &source)); i++) {
                PF_AUTO_STRV PfStrv found = { 0 };
                size_t weight;

                if (!match(source, english, &found) || (weight = weigh(source)) <= most)
                        continue;
                most = weight;
                best = format;
                pf_strv_deinit(&arguments);
                arguments = found;
                found = (PfStrv){ 0 };
        }
        if (best)
                return say(best, &arguments, depth);
        text = say_pair(english);
        if (!text)
                text = say_list(english);
        return text ? text : say_behind_colon(english, depth);
}

/* What stands in a sentence may be one. */
static char *say(const char *format, PfStrv *arguments, unsigned depth) {
        for (size_t i = 0; i < arguments->n && depth < DEPTH_MAX; i++) {
                char *text = say_text(arguments->items[i], depth + 1);

                if (text) {
                        free(arguments->items[i]);
                        arguments->items[i] = text;
                }
        }
        return render(format, arguments);
}

static char *say_message(const PfJson *message) {
        const char *id = pf_json_get_string(message, "id");
        const PfJson *list = pf_json_get(message, "arguments");
        const char *format = id ? pf_japanese_message(id) : NULL;
        PF_AUTO_STRV PfStrv arguments = { 0 };

        /* Where there are no words, there may be some in what it joins. */
        if (!format && id && !pf_message_has_words(id))
                format = id;
        if (!format || pf_message_count(format) != (int) pf_json_length(list))
                return NULL;
        for (size_t i = 0; i < pf_json_length(list); i++) {
                const char *text = pf_json_string(pf_json_at(list, i));

                if (!text || pf_strv_add(&arguments, text) < 0)
                        return NULL;
        }
        return say(format, &arguments, 0);
}

char *pf_language_sentence(PfLanguage language, const char *english, const PfJson *message) {
        const char *id = pf_json_get_string(message, "id");
        char *text = NULL;

        if (language == PF_LANGUAGE_JAPANESE) {
                /* What only joins others may be known as a whole. */
                if (!id || !pf_message_has_words(id))
                        text = say_text(english, 0);
                if (!text)
                        text = say_message(message);
                if (!text)
                        text = say_text(english, 0);
        }
        return text ? text : strdup(english);
}

/* --- the catalogue --- */

static const struct {
        const char *field;
        PfLanguageField number;
        size_t english; /* where it is in PfCatalogueEntry */
} fields[] = {
        { "title", PF_LANGUAGE_TITLE, offsetof(PfCatalogueEntry, title) },
        { "why", PF_LANGUAGE_WHY, offsetof(PfCatalogueEntry, why) },
        { "fix", PF_LANGUAGE_FIX, offsetof(PfCatalogueEntry, fix) },
        { "appliesTo", PF_LANGUAGE_APPLIES_TO, offsetof(PfCatalogueEntry, applies_to) },
};

const char *pf_language_entry(PfLanguage language, const PfJson *json, const char *field) {
        const char *english = pf_json_get_string(json, field);
        const char *id = pf_json_get_string(json, "id"), *text = NULL;
        const PfCatalogueEntry *entry;

        if (language != PF_LANGUAGE_JAPANESE || !english || !id || !(entry = pf_catalogue_find(id)))
                return english;
        for (size_t i = 0; i < PF_ELEMENTS(fields); i++) {
                const char *ours =
                        *(const char *const *) ((const char *) entry + fields[i].english);

                /* Another version of the service may have more to say. */
                if (strcmp(fields[i].field, field) == 0 && ours && strcmp(ours, english) == 0)
                        text = pf_japanese_entry(entry, fields[i].number);
        }
        return text ? text : english;
}
