/* SPDX-License-Identifier: MIT */
/*
 * In the place of ssh.exe: what it is to run elsewhere it runs here, with the program that
 * PF_FAKE_SSH_CTL names, on its own standard input and output. The host "nowhere" is not
 * reached, on "bare" there is no such program.
 */
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16

static const struct {
        const char *host;
        const char *text;
        int status;
} failures[] = {
        { "nowhere", "ssh: connect to host nowhere port 22: Connection refused", 255 },
        { "bare", "sh: preflightctl: not found", 127 },
};

int main(int argc, char **argv) {
        const char *words[WORDS_MAX] = { getenv("PF_FAKE_SSH_CTL") };
        int n = 1, at = 1;

        while (at < argc && strcmp(argv[at], "--") != 0)
                at++;
        if (!words[0] || at + 3 >= argc || strcmp(argv[at + 2], "preflightctl") != 0)
                return 250;
        for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
                if (strcmp(argv[at + 1], failures[i].host) == 0) {
                        (void) fprintf(stderr, "%s\n", failures[i].text);
                        return failures[i].status;
                }
        for (at += 3; at < argc && n < WORDS_MAX - 2; at++)
                words[n++] = argv[at];
        words[n++] = "--in-process";
        words[n] = NULL;
        return (int) _spawnv(_P_WAIT, words[0], words);
}
