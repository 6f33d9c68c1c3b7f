/* SPDX-License-Identifier: MIT */
/* The hashes are of the word "password". */
#include <string.h>

#include "probes/crypt-library.h"
#include "tests/support/sandbox.h"
#include "tests/support/test-main.h"

typedef struct Hash {
        PfCryptScheme scheme;
        const char *text;
} Hash;

static const Hash hashes[] = {
        { PF_CRYPT_YESCRYPT, "$y$j9T$EBvU3M.7/pfMVJ8W62fXM1$r3Hn2U9Ka9K3wzLnUQKPVy1y0O7u1YocNgK."
                             "GuCy378" },
        { PF_CRYPT_GOST_YESCRYPT, "$gy$j9T$9VkqnQIMBqhdbhDnOXoiD/"
                                  "$Fo29iNoka3r.s5Y3FHmKWNT9VQbmLLSQUouwmN/0GM7" },
        { PF_CRYPT_SCRYPT, "$7$CU..../....iG6nuPVQ2Qt2B/CAYbudR1"
                           "$PcqN1eYKz4YPJdpye5JcnnjkA585/olvH2sE86IP3I2" },
        { PF_CRYPT_BCRYPT, "$2b$05$xygCsbEK1vcrNASnt80hl.wRG8t5lLhX5Yp5sP3TLA9i.UMoSbwiK" },
        { PF_CRYPT_BCRYPT_A, "$2a$05$h.GzKrZTkrJMH5BAbQ05h.HkoiuJOE8pAVDf0xLTlVdJXUh3ExNOW" },
        { PF_CRYPT_BCRYPT_Y, "$2y$05$y6FkFBEE.8Q7nvoaVi5KjurWOkuA7lPkmrRMBkbhVEcTAoNr3hdeu" },
        { PF_CRYPT_SHA512, "$6$ftuSO0pMsApJlRVS$4.puIxSk/5kqUaqyO9zp51TQ9.NwVVR.8rVrvqWzPrXNdAX6v."
                           "W1UbRDcOrNBMGQM5BDXw4kRA4Pldm.b132B0" },
        { PF_CRYPT_SHA256, "$5$mHvtHPNLw3CojOvk$5ooI9R5pN9KwDuYTtcEadeRa.DqjQ3GZfqqxI6gABx6" },
        { PF_CRYPT_SHA1, "$sha1$237789$8T/RRWuJnLdasBfn1g/I$qGEotK/6TsJP3iFVqJQjZlLBFLDD" },
        { PF_CRYPT_SUNMD5, "$md5,rounds=70946$9taVd12i$$JCGhwERrncm6BEyryjVwn/" },
        { PF_CRYPT_MD5, "$1$FE4YbV6o$CiVORNIChGm8i9ti813EZ." },
        { PF_CRYPT_NT, "$3$$8846f7eaee8fb117ad06bdd830b7586c" },
        { PF_CRYPT_BSDI, "_J9..nCrGhrViaqwryhU" },
        { PF_CRYPT_DES, "alHzjf8HTh5Mc" },
};

START_TEST(whole_hashes) {
        for (size_t i = 0; i < PF_ELEMENTS(hashes); i++) {
                ck_assert_int_eq(pf_crypt_scheme(hashes[i].text), hashes[i].scheme);
                ck_assert_msg(pf_crypt_is_whole(hashes[i].text), "%s", hashes[i].text);
        }
}
END_TEST

static void check_damaged(const char *text) {
        ck_assert_msg(!pf_crypt_is_whole(text), "%s", text);
}

START_TEST(damaged_hashes) {
        for (size_t i = 0; i < PF_ELEMENTS(hashes); i++) {
                char text[256];
                size_t n = strlen(hashes[i].text);

                for (size_t cut = 0; cut < n; cut++) {
                        (void) snprintf(text, sizeof(text), "%.*s", (int) cut, hashes[i].text);
                        check_damaged(text);
                }
                (void) snprintf(text, sizeof(text), "%s ", hashes[i].text);
                check_damaged(text);
                (void) snprintf(text, sizeof(text), "%s.", hashes[i].text);
                check_damaged(text);
                (void) snprintf(text, sizeof(text), "%.*s!", (int) n - 1, hashes[i].text);
                check_damaged(text);
        }
}
END_TEST

START_TEST(no_hashes) {
        static const char *const texts[] = {
                "",
                "*",
                "x",
                "!",
                "NP",
                "*LK*",
                "$",
                "$$",
                "$8$salt$aaaa",
                "$6$",
                "$y$",
                "$2b$",
                "$2b$99$xygCsbEK1vcrNASnt80hl.wRG8t5lLhX5Yp5sP3TLA9i.UMoSbwiK",
                ("$6$rounds=10$ftuSO0pMsApJlRVS$4.puIxSk/5kqUaqyO9zp51TQ9.NwVVR.8rVrvqWzPrXNdAX6v."
                 "W1UbRDcOrNBMGQM5BDXw4kRA4Pldm.b132B0"),
                /* Too long a salt: crypt(3) would cut it. */
                "$1$FE4YbV6oX$CiVORNIChGm8i9ti813EZ.",
                /* Digits that no digest ends in. */
                "alHzjf8HTh5Md",
                "$1$FE4YbV6o$CiVORNIChGm8i9ti813EZz",
                "$5$mHvtHPNLw3CojOvk$5ooI9R5pN9KwDuYTtcEadeRa.DqjQ3GZfqqxI6gABxz",
        };

        for (size_t i = 0; i < PF_ELEMENTS(texts); i++)
                check_damaged(texts[i]);
}
END_TEST

START_TEST(described) {
        ck_assert_str_eq(PF_CRYPT_DESCRIBE(""), "empty");
        ck_assert_str_eq(PF_CRYPT_DESCRIBE("!"), "locked");
        ck_assert_str_eq(PF_CRYPT_DESCRIBE("*"), "no hash");
        ck_assert_str_eq(PF_CRYPT_DESCRIBE("!*"), "locked, no hash");
        ck_assert_str_eq(PF_CRYPT_DESCRIBE(hashes[0].text), "yescrypt hash");
        ck_assert_str_eq(PF_CRYPT_DESCRIBE("$y$j9T$abc"), "damaged yescrypt hash");
        ck_assert_str_eq(PF_CRYPT_DESCRIBE("!alHzjf8HTh5Mc"), "locked, DES hash");
}
END_TEST

static PfCryptLibrary detect(const char *os_release, const char *link, const char *file) {
        PF_AUTO_SANDBOX PfSandbox box = { 0 };
        PfCryptLibrary library = { 0 };
        PfErr err = { 0 };

        pf_sandbox_new(&box);
        if (os_release)
                pf_sandbox_write(&box, "/etc/os-release", os_release);
        if (link) {
                PF_AUTO_FREE char *path = NULL;

                pf_sandbox_symlink(&box, file, link);
                ck_assert_int_ge(
                        asprintf(&path, "%.*s/%s", (int) (strrchr(link, '/') - link), link, file),
                        0);
                pf_sandbox_write(&box, path, "");
        }
        ck_assert_msg(pf_crypt_library_detect(box.target, &library, &err) == 0, "%s", err.text);
        return library;
}

static bool knows(PfCryptLibrary library, PfCryptScheme scheme) {
        return library.schemes & (1u << scheme);
}

START_TEST(libraries) {
        PfCryptLibrary library = detect(NULL, NULL, NULL);

        ck_assert(knows(library, PF_CRYPT_YESCRYPT));
        library = detect(NULL, "/lib64/libcrypt.so.1", "libcrypt-2.17.so");
        ck_assert_str_eq(library.text, "glibc");
        ck_assert(knows(library, PF_CRYPT_SHA512) && !knows(library, PF_CRYPT_YESCRYPT) &&
                  !knows(library, PF_CRYPT_BCRYPT));
        library = detect(NULL, "/usr/lib/x86_64-linux-gnu/libcrypt.so.1", "libcrypt.so.1.1.0");
        ck_assert(knows(library, PF_CRYPT_YESCRYPT));
        library = detect("ID=rhel\nVERSION_ID=8.9\n", "/usr/lib64/libcrypt.so.1",
                         "libcrypt.so.1.1.0");
        ck_assert(knows(library, PF_CRYPT_BCRYPT) && !knows(library, PF_CRYPT_YESCRYPT));
        library = detect("ID=debian\nVERSION_ID=12\n", NULL, NULL);
        ck_assert(knows(library, PF_CRYPT_YESCRYPT));
        library = detect("ID=debian\nVERSION_ID=10\n", NULL, NULL);
        ck_assert(!knows(library, PF_CRYPT_YESCRYPT));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("crypt-hash");

        PF_TEST(suite, whole_hashes);
        PF_TEST(suite, damaged_hashes);
        PF_TEST(suite, no_hashes);
        PF_TEST(suite, described);
        PF_TEST(suite, libraries);
        return pf_test_main(suite);
}
