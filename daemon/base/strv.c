/* SPDX-License-Identifier: MIT */
#include "daemon/base/strv.h"

#include <string.h>

void pf_strv_deinit(PfStrv *strv) {
        for (size_t i = 0; i < strv->n; i++)
                free(strv->items[i]);
        free(strv->items);
        *strv = (PfStrv){ 0 };
}

int pf_strv_add_n(PfStrv *strv, const char *text, size_t n) {
        PF_AUTO_FREE char *copy = NULL;

        /* Grows at 0, 1, 2, 4, 8 …: the count alone tells when the room is used up. */
        if ((strv->n & (strv->n - 1)) == 0) {
                size_t room = strv->n ? strv->n * 2 : 1;
                char **items = realloc(strv->items, room * sizeof(*items));

                if (!items)
                        return -ENOMEM;
                strv->items = items;
        }

        copy = malloc(n + 1);
        if (!copy)
                return -ENOMEM;
        memcpy(copy, text, n);
        copy[n] = '\0';
        strv->items[strv->n++] = PF_STEAL(copy);
        return 0;
}

int pf_strv_add(PfStrv *strv, const char *text) {
        return pf_strv_add_n(strv, text, strlen(text));
}

int pf_strv_copy(const PfStrv *from, PfStrv *to) {
        size_t before = to->n;
        int r = 0;

        for (size_t i = 0; i < from->n && r == 0; i++)
                r = pf_strv_add(to, from->items[i]);
        while (r < 0 && to->n > before)
                free(to->items[--to->n]);
        return r;
}

static int compare(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

void pf_strv_sort(PfStrv *strv) {
        if (strv->n > 1)
                qsort(strv->items, strv->n, sizeof(*strv->items), compare);
}

bool pf_strv_contains(const PfStrv *strv, const char *text) {
        for (size_t i = 0; i < strv->n; i++)
                if (strcmp(strv->items[i], text) == 0)
                        return true;
        return false;
}
