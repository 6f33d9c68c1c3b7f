/* SPDX-License-Identifier: MIT */
#include <fnmatch.h>

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static unsigned char fold(char c, int flags) {
        return (unsigned char) (flags & FNM_CASEFOLD ? tolower((unsigned char) c) : c);
}

typedef struct Class {
        const char *name;
        int (*is_in)(int c);
} Class;

static const Class classes[] = {
        { "alnum", isalnum }, { "alpha", isalpha }, { "blank", isblank }, { "cntrl", iscntrl },
        { "digit", isdigit }, { "graph", isgraph }, { "lower", islower }, { "print", isprint },
        { "punct", ispunct }, { "space", isspace }, { "upper", isupper }, { "xdigit", isxdigit },
};

/* Is @c in the class that begins at @at, "[:"? Its length to *@ret_n; 0: there is none. */
static bool is_in_class(const char *at, unsigned char c, int flags, size_t *ret_n) {
        const char *end = at[0] == '[' && at[1] == ':' ? strstr(at + 2, ":]") : NULL;
        bool any = flags & FNM_CASEFOLD;

        *ret_n = 0;
        for (size_t i = 0; end && i < sizeof(classes) / sizeof(classes[0]); i++) {
                size_t n = strlen(classes[i].name);

                if (n != (size_t) (end - at) - 2 || memcmp(at + 2, classes[i].name, n) != 0)
                        continue;
                *ret_n = n + 4;
                return c < 128 && (classes[i].is_in(c) || (any && classes[i].is_in(toupper(c))) ||
                                   (any && classes[i].is_in(tolower(c))));
        }
        return false;
}

/* One character of brackets, which '\' may stand before. */
static unsigned char next_in_brackets(const char **at, int flags) {
        if (**at == '\\' && !(flags & FNM_NOESCAPE) && (*at)[1])
                (*at)++;
        return fold(*(*at)++, flags);
}

/*
 * Is @c in the brackets after '['? Their end, behind ']', to *@ret_end; NULL: they have none,
 * and '[' stands for itself.
 */
static bool is_in_brackets(const char *at, unsigned char c, int flags, const char **ret_end) {
        const bool is_negated = *at == '!' || *at == '^';
        const char *first = at += is_negated;
        bool is_in = false;
        size_t n;

        *ret_end = NULL;
        while (*at && (*at != ']' || at == first)) {
                bool is_one = is_in_class(at, c, flags, &n);
                unsigned char low, high;

                if (n > 0) {
                        is_in |= is_one;
                        at += n;
                        continue;
                }
                low = high = next_in_brackets(&at, flags);
                if (at[0] == '-' && at[1] && at[1] != ']') {
                        at++;
                        high = next_in_brackets(&at, flags);
                }
                is_in |= low <= c && c <= high;
        }
        if (*at)
                *ret_end = at + 1;
        return is_in != is_negated;
}

/* Does one character match what begins at *@at, no star, which is passed over? */
static bool matches_one(const char **at, char c, int flags) {
        const unsigned char folded = fold(c, flags);
        const char *end;
        bool is_in;

        switch (**at) {
        case '?':
                (*at)++;
                return true;
        case '[':
                is_in = is_in_brackets(*at + 1, folded, flags, &end);
                if (!end)
                        break;
                *at = end;
                return is_in;
        case '\\':
                if (!(flags & FNM_NOESCAPE) && (*at)[1])
                        (*at)++;
                break;
        default:
                break;
        }
        return fold(*(*at)++, flags) == folded;
}

static bool is_wild(char c) {
        return c == '*' || c == '?' || c == '[';
}

/* Must what stands here be named as it is? A '/' of a path, and a '.' at the beginning. */
static bool is_special(const char *text, const char *at, int flags) {
        const bool begins = at == text || (flags & FNM_PATHNAME && at[-1] == '/');

        return (*at == '/' && flags & FNM_PATHNAME) || (*at == '.' && begins && flags & FNM_PERIOD);
}

/* Each '*' takes as little as it can; where the rest does not match, the last one takes more. */
int fnmatch(const char *pattern, const char *text, int flags) {
        const char *star = NULL, *taken = NULL, *at = text;

        for (;;) {
                if (*pattern == '*' && !(*at == '.' && is_special(text, at, flags))) {
                        star = ++pattern;
                        taken = at;
                        continue;
                }
                if (*at && *pattern && *pattern != '*' &&
                    !(is_wild(*pattern) && is_special(text, at, flags)) &&
                    matches_one(&pattern, *at, flags)) {
                        at++;
                        continue;
                }
                if (!*at && !*pattern)
                        return 0;
                if (!star || !*taken || is_special(text, taken, flags & ~FNM_PERIOD))
                        return FNM_NOMATCH;
                at = ++taken;
                pattern = star;
        }
}
