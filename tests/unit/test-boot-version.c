/* SPDX-License-Identifier: MIT */
#include "probes/parse/boot-version.h"

#include "tests/support/test-main.h"

typedef int (*Compare)(const char *a, const char *b);

static int sign(int order) {
        return (order > 0) - (order < 0);
}

static void expect(Compare compare, const char *a, const char *b, int want) {
        ck_assert_msg(sign(compare(a, b)) == want, "\"%s\" to \"%s\" is not %d", a, b, want);
        ck_assert_msg(sign(compare(b, a)) == -want, "\"%s\" to \"%s\" is not %d", b, a, -want);
}

/* The examples of rpm's own tests. */
START_TEST(rpm) {
        expect(pf_rpm_version_compare, "", "", 0);
        expect(pf_rpm_version_compare, "1.0", "1.0", 0);
        expect(pf_rpm_version_compare, "1.0", "2.0", -1);
        expect(pf_rpm_version_compare, "2.0.1", "2.0", 1);
        expect(pf_rpm_version_compare, "2.0.1a", "2.0.1", 1);
        expect(pf_rpm_version_compare, "5.5p1", "5.5p10", -1);
        expect(pf_rpm_version_compare, "10xyz", "10.1xyz", -1);
        expect(pf_rpm_version_compare, "xyz10", "xyz10.1", -1);
        expect(pf_rpm_version_compare, "xyz.4", "8", -1);
        expect(pf_rpm_version_compare, "5.6p1", "6.5p1", -1);
        expect(pf_rpm_version_compare, "6.0.rc1", "6.0", 1);
        expect(pf_rpm_version_compare, "10.0001", "10.0039", -1);
        expect(pf_rpm_version_compare, "4.999.9", "5.0", -1);
        expect(pf_rpm_version_compare, "20101122", "20101121", 1);
        expect(pf_rpm_version_compare, "2_0", "2.0", 0);
        expect(pf_rpm_version_compare, "1.010", "1.10", 0);
        expect(pf_rpm_version_compare, "99999999999999999999", "99999999999999999998", 1);
        expect(pf_rpm_version_compare, "1.0~rc1", "1.0", -1);
        expect(pf_rpm_version_compare, "1.0~rc1", "1.0~rc2", -1);
        expect(pf_rpm_version_compare, "1.0~rc1~git123", "1.0~rc1", -1);
        expect(pf_rpm_version_compare, "1.0^", "1.0", 1);
        expect(pf_rpm_version_compare, "1.0^git1", "1.0^git2", -1);
        expect(pf_rpm_version_compare, "1.0^git1", "1.01", -1);
        expect(pf_rpm_version_compare, "1.0^20160102", "1.0^20160101^git1", 1);
        expect(pf_rpm_version_compare, "1.0~rc1^git1", "1.0~rc1", 1);
        expect(pf_rpm_version_compare, "1.0^git1~pre", "1.0^git1", -1);
}
END_TEST

START_TEST(names_of_entries) {
        static const char old[] = "35dc1905d91b4156a327bd529f5b60da-4.18.0-477.9.1.el8.x86_64";
        static const char new[] = "35dc1905d91b4156a327bd529f5b60da-4.18.0-477.27.1.el8_8.x86_64";
        static const char rescue[] = "35dc1905d91b4156a327bd529f5b60da-0-rescue";

        expect(pf_bls_name_compare, old, new, -1);
        expect(pf_bls_name_compare, rescue, old, -1);
        expect(pf_bls_name_compare, "a-1-1", "b-0-0", -1);
        expect(pf_bls_name_compare, "a-5.10-1", "a-5.9-2", 1);
        expect(pf_bls_name_compare, "x", "x", 0);
        expect(pf_bls_name_compare, "", "x", -1);
}
END_TEST

/* The examples of the specification. */
START_TEST(uapi) {
        expect(pf_uapi_version_compare, "11", "11", 0);
        expect(pf_uapi_version_compare, "systemd-123", "systemd-123", 0);
        expect(pf_uapi_version_compare, "bar-123", "foo-123", -1);
        expect(pf_uapi_version_compare, "123a", "123", 1);
        expect(pf_uapi_version_compare, "123.a", "123", 1);
        expect(pf_uapi_version_compare, "123.a", "123.b", -1);
        expect(pf_uapi_version_compare, "123a", "123.a", 1);
        expect(pf_uapi_version_compare, "11\xce\xb1", "11\xce\xb2", 0);
        expect(pf_uapi_version_compare, "A", "a", -1);
        expect(pf_uapi_version_compare, "", "0", -1);
        expect(pf_uapi_version_compare, "0.", "0", 1);
        expect(pf_uapi_version_compare, "0.0", "0", 1);
        expect(pf_uapi_version_compare, "0", "~", 1);
        expect(pf_uapi_version_compare, "", "~", 1);
        expect(pf_uapi_version_compare, "1_", "1", 0);
        expect(pf_uapi_version_compare, "122.1", "123~rc1-1", -1);
        expect(pf_uapi_version_compare, "123~rc1-1", "123", -1);
        expect(pf_uapi_version_compare, "123", "123-a", -1);
        expect(pf_uapi_version_compare, "123-a", "123-a.1", -1);
        expect(pf_uapi_version_compare, "123-a.1", "123-1", -1);
        expect(pf_uapi_version_compare, "123-1", "123-1.1", -1);
        expect(pf_uapi_version_compare, "123-1.1", "123^post1", -1);
        expect(pf_uapi_version_compare, "123^post1", "123.a-1", -1);
        expect(pf_uapi_version_compare, "123.1-1", "123a-1", -1);
        expect(pf_uapi_version_compare, "123a-1", "124-1", -1);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("boot-version");

        PF_TEST(suite, rpm);
        PF_TEST(suite, names_of_entries);
        PF_TEST(suite, uapi);
        return pf_test_main(suite);
}
