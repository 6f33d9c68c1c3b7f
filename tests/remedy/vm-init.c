/* SPDX-License-Identifier: MIT */
/*
 * The first process of a virtual machine that replaces one file on its disk and ends.
 *
 * In its root: /modules/NN-NAME.ko, loaded in the order of their names; /replace-file; /new, the
 * contents. The disk is a FAT. Its last sector, which is no part of the file system, is
 * written to when all is done, so that it can be seen in what the disk was asked to do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h> /* before linux/fs.h: glibc before 2.36 */
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DISK "/dev/vda"
#define SECTOR 512

/* Ends the machine; what is printed before is on the console. */
static _Noreturn void end(const char *what) {
        if (what)
                (void) printf("vm-init: %s: %s\n", what, strerror(errno));
        else
                (void) printf("vm-init: done\n");
        (void) fflush(stdout);
        (void) reboot(RB_POWER_OFF);
        _exit(1);
}

static void load(const char *name) {
        char path[512];
        int fd;

        (void) snprintf(path, sizeof(path), "/modules/%s", name);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
                end(path);
        (void) close(fd);
}

static void load_all(void) {
        struct dirent **names;
        int n = scandir("/modules", &names, NULL, alphasort);

        for (int i = 0; i < n; i++)
                if (names[i]->d_name[0] != '.')
                        load(names[i]->d_name);
}

static void wait_for_disk(void) {
        for (int i = 0; i < 1000 && access(DISK, R_OK) < 0; i++)
                (void) usleep(10000);
}

static void replace(void) {
        pid_t child = fork();
        int status;

        if (child == 0) {
                (void) execl("/replace-file", "replace-file", "/root", "/boot/grub/grub.cfg",
                             "/new", (char *) NULL);
                _exit(127);
        }
        if (child < 0 || waitpid(child, &status, 0) != child)
                end("replace-file");
        (void) printf("vm-init: replace-file ended with 0x%x\n", status);
        if (status != 0)
                end("replace-file");
}

/* Not through the cache: it comes after all that was written before. */
static void mark(void) {
        unsigned char *sector = aligned_alloc(SECTOR, SECTOR);
        int fd = open(DISK, O_WRONLY | O_DIRECT | O_CLOEXEC);
        unsigned long long size = 0;

        if (!sector || fd < 0 || ioctl(fd, BLKGETSIZE64, &size) < 0)
                end("mark");
        memset(sector, 'm', SECTOR);
        if (pwrite(fd, sector, SECTOR, (off_t) (size - SECTOR)) != SECTOR)
                end("mark");
        (void) close(fd);
        free(sector);
}

int main(void) {
        (void) mkdir("/proc", 0755);
        (void) mkdir("/dev", 0755);
        (void) mkdir("/root", 0755);
        (void) mkdir("/root/boot", 0755);
        (void) mount("proc", "/proc", "proc", 0, NULL);
        if (mount("dev", "/dev", "devtmpfs", 0, NULL) < 0)
                end("/dev");
        load_all();
        wait_for_disk();
        if (mount(DISK, "/root/boot", "vfat", 0, NULL) < 0)
                end("mount");
        replace();
        mark();
        if (umount("/root/boot") < 0)
                end("umount");
        end(NULL);
}
