/* SPDX-License-Identifier: MIT */
#include "daemon/report/catalogue-json.h"

#include "probes/probe.h"

/* A list that ends in NULL; "list" itself may be NULL. */
static int put_list(PfJson *object, const char *key, const char *const *list) {
        PF_CLEANUP(pf_json_freep) PfJson *array = pf_json_new_array();

        if (!array)
                return -ENOMEM;
        for (; list && *list; list++)
                if (pf_json_append_string(array, *list) < 0)
                        return -ENOMEM;
        return pf_json_put_take(object, key, PF_STEAL(array));
}

static int put_platforms(PfJson *object, unsigned platforms) {
        const char *names[3] = { 0 };
        size_t n = 0;

        if (platforms & PF_PLATFORM_LINUX)
                names[n++] = "linux";
        if (platforms & PF_PLATFORM_WINDOWS)
                names[n++] = "windows";
        return put_list(object, "platforms", names);
}

static bool is_implemented(const PfCatalogueEntry *entry) {
        if (entry->kind == PF_CATALOGUE_CHECK)
                return pf_probe_find(entry->id, PF_PLATFORM_ALL) != NULL;
        for (const char *const *check = entry->links; *check; check++)
                if (pf_probe_find(*check, PF_PLATFORM_ALL))
                        return true;
        return false;
}

int pf_catalogue_entry_to_json(const PfCatalogueEntry *entry, PfJson **ret) {
        PF_CLEANUP(pf_json_freep) PfJson *object = pf_json_new_object();
        bool is_check = entry->kind == PF_CATALOGUE_CHECK;
        const char *itself[] = { entry->id, NULL };

        if (!object || pf_json_put_string(object, "id", entry->id) < 0 ||
            pf_json_put_string(object, "kind", is_check ? "check" : "error") < 0 ||
            pf_json_put_string(object, "title", entry->title) < 0 ||
            pf_json_put_string(object, "why", entry->why) < 0 ||
            pf_json_put_string(object, "fix", entry->fix) < 0 ||
            pf_json_put_string(object, "safety", pf_safety_to_string(entry->safety)) < 0 ||
            pf_json_put_string(object, "severity", pf_severity_to_string(entry->severity)) < 0 ||
            put_platforms(object, entry->platforms) < 0 ||
            put_list(object, "errorIds", is_check ? entry->links : itself) < 0 ||
            put_list(object, "checks", is_check ? itself : entry->links) < 0 ||
            put_list(object, "aliases", entry->aliases) < 0 ||
            pf_json_put_string(object, "documentation", entry->documentation) < 0 ||
            pf_json_put_bool(object, "implemented", is_implemented(entry)) < 0)
                return -ENOMEM;
        if (entry->applies_to && pf_json_put_string(object, "appliesTo", entry->applies_to) < 0)
                return -ENOMEM;
        *ret = PF_STEAL(object);
        return 0;
}
