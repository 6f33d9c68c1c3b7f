/* SPDX-License-Identifier: MIT */
/* Disks, partitions and the extents of the system volume, as drivers were recorded to say
 * them (recorded.c); the volume's own name is that of this machine. */
#include "tests/windows/asks/asks.h"

#define GIB "1073741824"
#define ONE_GPT                                                                                    \
        "[disk 0]\nstyle=1\nid=01234567-89ab-cdef-0123-456789abcdef\nsize=68719476736\nbus=11\n"   \
        "partitions=C12A7328-F81F-11D2-BA4B-00A0C93EC93B:0:1048576:104857600,"                     \
        "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7:0:106954752:68000000000\n"
#define ON_DISK_0 "[volume]\nextents=0:106954752:68000000000\n"

static PfWindowsDisks ask(const char *said) {
        PfWindowsDisks fact = { 0 };

        asks_say(said);
        asks_fact(PF_WINDOWS_DISKS, "all", &fact);
        return fact;
}

static void done(PfWindowsDisks *fact) {
        pf_windows_fact_deinit(PF_WINDOWS_DISKS, fact);
}

static const PfWindowsDisk *disk_at(const PfWindowsDisks *fact, size_t i) {
        ck_assert_uint_lt(i, fact->disks.n);
        return (const PfWindowsDisk *) fact->disks.items + i;
}

static const PfWindowsPartition *partition_at(const PfWindowsDisk *disk, size_t i) {
        ck_assert_uint_lt(i, disk->partitions.n);
        return (const PfWindowsPartition *) disk->partitions.items + i;
}

START_TEST(gpt) {
        PfWindowsDisks fact = ask(
                "[devices]\nnames=C:,PhysicalDrive0,NUL\n[firmware]\ntype=2\n" ONE_GPT ON_DISK_0);
        const PfWindowsDisk *disk = disk_at(&fact, 0);
        const PfWindowsExtent *extent = fact.extents.items;

        ck_assert_str_eq(fact.firmware, "uefi");
        ck_assert_str_eq(fact.system_volume, "C:\\");
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_eq(fact.extents.n, 1);
        ck_assert_uint_eq(extent->disk, 0);
        ck_assert_uint_eq(extent->offset, 106954752);
        ck_assert_uint_eq(extent->length, 68000000000);
        ck_assert_uint_eq(fact.disks.n, 1);
        ck_assert_uint_eq(disk->error, 0);
        ck_assert_uint_eq(disk->size, 68719476736);
        ck_assert_uint_eq(disk->sector, 512);
        ck_assert_uint_eq(disk->bus, 11);
        ck_assert_str_eq(disk->style, "gpt");
        ck_assert_str_eq(disk->id, "01234567-89AB-CDEF-0123-456789ABCDEF");
        ck_assert_uint_eq(disk->partitions.n, 2);
        ck_assert_str_eq(partition_at(disk, 0)->type, "C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
        ck_assert(!partition_at(disk, 0)->is_active);
        ck_assert_uint_eq(partition_at(disk, 1)->offset, 106954752);
        done(&fact);
}
END_TEST

/* Empty places of the table are no partitions; a signature of 0 is none. */
START_TEST(mbr) {
        PfWindowsDisks fact = ask("[devices]\nnames=PhysicalDrive1,PhysicalDrive0\n"
                                  "[firmware]\ntype=1\n"
                                  "[disk 0]\nstyle=0\nid=0a1b2c3d\nsize=" GIB "\nsector=4096\n"
                                  "partitions=07:1:1048576:500,42:0:2097152:600,0:0:0:0,0:0:0:0\n"
                                  "[disk 1]\nstyle=0\nid=0\nsize=" GIB "\n");
        const PfWindowsDisk *disk = disk_at(&fact, 0);

        ck_assert_str_eq(fact.firmware, "bios");
        ck_assert_uint_eq(fact.disks.n, 2);
        ck_assert_uint_eq(disk->number, 0);
        ck_assert_str_eq(disk->style, "mbr");
        ck_assert_str_eq(disk->id, "0A1B2C3D");
        ck_assert_uint_eq(disk->sector, 4096);
        ck_assert_uint_eq(disk->partitions.n, 2);
        ck_assert_str_eq(partition_at(disk, 0)->type, "07");
        ck_assert(partition_at(disk, 0)->is_active);
        ck_assert_str_eq(partition_at(disk, 1)->type, "42");
        ck_assert(!partition_at(disk, 1)->is_active);
        ck_assert_uint_eq(disk_at(&fact, 1)->number, 1);
        ck_assert_ptr_null(disk_at(&fact, 1)->id);
        ck_assert_uint_eq(disk_at(&fact, 1)->partitions.n, 0);
        done(&fact);
}
END_TEST

START_TEST(raw) {
        PfWindowsDisks fact = ask("[devices]\nnames=PhysicalDrive0\n[disk 0]\nstyle=2\n");

        ck_assert_str_eq(disk_at(&fact, 0)->style, "raw");
        ck_assert_ptr_null(disk_at(&fact, 0)->id);
        ck_assert_ptr_null(fact.firmware); /* a type that is neither */
        done(&fact);
}
END_TEST

/* Names that only look like that of a disk; numbers that are not in a row. */
START_TEST(which_disks) {
        PfWindowsDisks fact = ask("[devices]\nnames=PhysicalDrive10,physicaldrive2,PhysicalDrive,"
                                  "PhysicalDriveX,PhysicalDrive3x,PhysicalDrive-1,D:,PIPE\n");

        ck_assert_uint_eq(fact.disks.n, 2);
        ck_assert_uint_eq(disk_at(&fact, 0)->number, 2);
        ck_assert_uint_eq(disk_at(&fact, 1)->number, 10);
        done(&fact);
}
END_TEST

/* The volume spans disks; in more pieces than the first question has room for. */
START_TEST(spans) {
        static char said[65536] = "[devices]\nnames=PhysicalDrive0\n[volume]\nextents=";
        PfWindowsDisks fact;

        for (unsigned i = 0; i < 190; i++)
                (void) snprintf(said + strlen(said), 32, "%s%u:0:9", i ? "," : "", i % 7);
        fact = ask(said);
        ck_assert_uint_eq(fact.error, 0);
        ck_assert_uint_eq(fact.extents.n, 190);
        ck_assert_uint_eq(((const PfWindowsExtent *) fact.extents.items)[189].disk, 189 % 7);
        done(&fact);
}
END_TEST

/* More partitions than the first question has room for. */
START_TEST(many_partitions) {
        static char said[65536] = "[devices]\nnames=PhysicalDrive0\n[disk 0]\nid=1\npartitions=";
        PfWindowsDisks fact;

        for (unsigned i = 0; i < 120; i++)
                (void) snprintf(said + strlen(said), 32, "%s07:0:%u:9", i ? "," : "", i);
        fact = ask(said);
        ck_assert_uint_eq(disk_at(&fact, 0)->error, 0);
        ck_assert_uint_eq(disk_at(&fact, 0)->partitions.n, 120);
        ck_assert_uint_eq(partition_at(disk_at(&fact, 0), 119)->offset, 119);
        done(&fact);
}
END_TEST

/* A driver that claims more than it gave is believed as far as the answer goes. */
START_TEST(lying) {
        PfWindowsDisks fact = ask("[devices]\nnames=PhysicalDrive0\n"
                                  "[volume]\nextents=0:0:9\nclaimed=4294967295\n"
                                  "[disk 0]\nid=1\npartitions=07:1:0:9\nclaimed=4294967295\n");

        ck_assert_uint_gt(fact.extents.n, 0);
        ck_assert_uint_lt(fact.extents.n, 1000);
        ck_assert_uint_eq(disk_at(&fact, 0)->partitions.n, 1); /* behind it is nothing */
        done(&fact);
}
END_TEST

/* What was said no to: of the volume, of one disk, of its size. No extent is no answer. */
START_TEST(refused) {
        PfWindowsDisks fact = ask("[devices]\nnames=PhysicalDrive0,PhysicalDrive1\n"
                                  "[volume]\nerror=5\n[firmware]\nerror=5\n"
                                  "[disk 0]\nerror=170\nsize=" GIB "\n"
                                  "[disk 1]\nid=1\npartitions=07:1:0:9\ngeometryError=1\n");

        ck_assert_ptr_null(fact.firmware);
        ck_assert_uint_eq(fact.error, 5);
        ck_assert_uint_eq(fact.extents.n, 0);
        ck_assert_uint_eq(disk_at(&fact, 0)->error, 170);
        ck_assert_ptr_null(disk_at(&fact, 0)->style);
        ck_assert_uint_eq(disk_at(&fact, 1)->error, 0);
        ck_assert_uint_eq(disk_at(&fact, 1)->sector, 0);
        ck_assert_uint_eq(disk_at(&fact, 1)->size, 0);
        done(&fact);
}
END_TEST

/* A reader without a card is no disk; a disk that is not ready is one. */
START_TEST(without_medium) {
        static const struct {
                unsigned error, removable;
                size_t n;
        } cases[] = { { 21, 1, 1 }, { 1112, 1, 1 }, { 21, 0, 2 }, { 5, 1, 2 } };
        char said[512];
        PfWindowsDisks fact;

        (void) snprintf(said, sizeof(said),
                        "[devices]\nnames=PhysicalDrive0,PhysicalDrive1\n"
                        "[disk 0]\nerror=%u\nremovable=%u\nbus=7\n"
                        "[disk 1]\nid=77\n",
                        cases[_i].error, cases[_i].removable);
        fact = ask(said);
        ck_assert_uint_eq(fact.disks.n, cases[_i].n);
        ck_assert_str_eq(disk_at(&fact, fact.disks.n - 1)->id, "00000077");
        done(&fact);
}
END_TEST

START_TEST(no_names) {
        PfWindowsDisks fact = { 0 };
        PfErr err = { 0 };

        asks_say("[devices]\nerror=5\n");
        ck_assert_int_eq(asks_try(PF_WINDOWS_DISKS, "all", &fact, &err), -EIO);
        ck_assert_ptr_nonnull(strstr(err.text, "QueryDosDeviceW: error 5"));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("asks-disks");

        PF_TEST(suite, gpt);
        PF_TEST(suite, mbr);
        PF_TEST(suite, raw);
        PF_TEST(suite, which_disks);
        PF_TEST(suite, spans);
        PF_TEST(suite, many_partitions);
        PF_TEST(suite, lying);
        PF_TEST(suite, refused);
        PF_TEST_LOOP(suite, without_medium, 4);
        PF_TEST(suite, no_names);
        return pf_test_main(suite);
}
