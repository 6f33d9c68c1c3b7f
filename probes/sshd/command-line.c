/* SPDX-License-Identifier: MIT */
/*
 * sshd's options, one by one.
 */
#include "probes/sshd/command-line.h"

#include <string.h>

#include "probes/parse/sshd-keywords.h"
#include "probes/parse/sshd-values.h"

void pf_sshd_command_line_deinit(PfSshdCommandLine *line) {
        for (size_t i = 0; i < line->n_given; i++)
                free((char *) line->given[i].words);
        free(line->given);
        free(line->refused);
        free(line->config_path);
        *line = (PfSshdCommandLine){ 0 };
}

bool pf_sshd_command_is_sshd(const PfCommand *command) {
        const char *base;

        if (command->n == 0)
                return false;
        base = strrchr(command->words[0].text, '/');
        return strcmp(base ? base + 1 : command->words[0].text, "sshd") == 0;
}

typedef struct Reader {
        const PfCommand *command;
        const PfSshdVersion *version;
        const PfSshdPlace *place;
        PfSshdCommandLine *line;
        size_t next; /* word */
} Reader;

static PfSshdPlace place_of(const Reader *reader, size_t word) {
        const PfVariable *variable = reader->command->words[word].variable;

        if (!variable)
                return *reader->place;
        return (PfSshdPlace){ variable->path, variable->line, variable->text };
}

static int stop(Reader *reader, size_t word, const char *why, const char *what) {
        PF_AUTO_FREE char *text = NULL;

        if (reader->line->mode == PF_SSHD_REFUSES)
                return 0;
        if (asprintf(&text, "%s: %s", what, why) < 0) {
                text = NULL;
                return -ENOMEM;
        }
        reader->line->mode = PF_SSHD_REFUSES;
        reader->line->place = place_of(reader, word);
        reader->line->refused = PF_STEAL(text);
        return 0;
}

/* A line of sshd_config that stands for an option; before all others, or last. */
static int give(Reader *reader, size_t word, bool first, const char *keyword, const char *value) {
        PfSshdCommandLine *line = reader->line;
        const PfSshdPlace place = place_of(reader, word);
        PfSshdGivenLine *given = realloc(line->given, (line->n_given + 1) * sizeof(*given));
        char *words;

        if (!given)
                return -ENOMEM;
        line->given = given;
        if (asprintf(&words, "%s%s%s", keyword, *keyword ? " " : "", value) < 0)
                return -ENOMEM;
        if (first)
                memmove(&given[1], &given[0], line->n_given * sizeof(*given));
        given[first ? 0 : line->n_given] = (PfSshdGivenLine){
                .words = words, .path = place.path, .number = place.line, .text = place.text
        };
        line->n_given++;
        return 0;
}

static int set_mode(Reader *reader, size_t word, PfSshdRunMode mode) {
        if (reader->line->mode < mode) {
                reader->line->mode = mode;
                reader->line->place = place_of(reader, word);
        }
        return 0;
}

/* A file's name, in quotes: it may hold blanks. */
static int give_file(Reader *reader, size_t word, const char *keyword, const char *name) {
        PF_AUTO_FREE char *quoted = NULL;

        if (asprintf(&quoted, "\"%s\"", name) < 0) {
                quoted = NULL;
                return -ENOMEM;
        }
        return give(reader, word, false, keyword, quoted);
}

static int give_port(Reader *reader, size_t word, const char *port) {
        int r;

        if (pf_sshd_value_port(port) <= 0)
                return stop(reader, word, "bad port number", port);
        r = give(reader, word, false, "Port", port);
        if (r == 0)
                reader->line->given[reader->line->n_given - 1].replaces_ports = true;
        return r;
}

static int set_file(Reader *reader, size_t word, const char *name) {
        PfSshdCommandLine *line = reader->line;

        free(line->config_path);
        line->has_no_file = strcasecmp(name, "none") == 0;
        /* A service is started in the root directory. */
        if (asprintf(&line->config_path, "%s%s", name[0] == '/' ? "" : "/", name) < 0) {
                line->config_path = NULL;
                return -ENOMEM;
        }
        if (line->mode == PF_SSHD_SERVES)
                line->place = place_of(reader, word);
        return 0;
}

static int take_option(Reader *reader, size_t word, char option, const char *value) {
        switch (option) {
        case '4':
                return give(reader, word, true, "AddressFamily", "inet");
        case '6':
                return give(reader, word, true, "AddressFamily", "inet6");
        case 'g':
                return give(reader, word, true, "LoginGraceTime", value);
        case 'o':
                return give(reader, word, false, "", value);
        case 'h':
                return give_file(reader, word, "HostKey", value);
        case 'c':
                return give_file(reader, word, "HostCertificate", value);
        case 'p':
                return give_port(reader, word, value);
        case 'f':
                return set_file(reader, word, value);
        case 'i':
        case 'R':
                return set_mode(reader, word, PF_SSHD_INETD);
        case 'd':
                return set_mode(reader, word, PF_SSHD_DEBUGS);
        case 't':
        case 'T':
        case 'G':
                return set_mode(reader, word, PF_SSHD_TESTS);
        case 'V':
                return set_mode(reader, word, PF_SSHD_TELLS);
        default:
                return 0; /* logging, and what is ignored */
        }
}

/* In the manner of getopt(3): ':' behind what takes a value. */
static const char *options_of(const PfSshdVersion *version) {
        static const struct {
                unsigned since;
                const char *options;
        } tables[] = {
                { 903, "C:E:b:c:f:g:h:k:o:p:u:46DGQRTdeiqrtV" },
                { 902, "C:E:b:c:f:g:h:k:o:p:u:46DQRTdeiqrtV" },
                { 0, "C:E:b:c:f:g:h:k:o:p:u:46DQRTdeiqrt" },
        };
        size_t i = 0;

        while (pf_sshd_version_number(version) < tables[i].since)
                i++;
        return tables[i].options;
}

/* One word that begins with '-'. */
static int take_word(Reader *reader) {
        const size_t word = reader->next++;

        for (const char *c = reader->command->words[word].text + 1; *c; c++) {
                const char *known = *c == ':' ? NULL : strchr(options_of(reader->version), *c);
                const char *value = NULL;
                int r;

                if (!known)
                        return stop(reader, word, "unknown option",
                                    reader->command->words[word].text);
                if (known[1] == ':') {
                        if (!c[1] && reader->next == reader->command->n)
                                return stop(reader, word, "lacks its value",
                                            reader->command->words[word].text);
                        value = c[1] ? c + 1 : reader->command->words[reader->next++].text;
                }
                r = take_option(reader, word, *c, value);
                if (r < 0 || value)
                        return r;
        }
        return 0;
}

int pf_sshd_command_line_read(const PfCommand *command, const PfSshdPlace *place,
                              const PfSshdVersion *version, PfSshdCommandLine *ret) {
        PF_AUTO_SSHD_COMMAND_LINE PfSshdCommandLine line = { 0 };
        Reader reader = {
                .command = command, .version = version, .place = place, .line = &line, .next = 1
        };
        int r = 0;

        while (r == 0 && reader.next < command->n) {
                const char *text = command->words[reader.next].text;

                if (strcmp(text, "--") == 0 && reader.next + 1 == command->n)
                        break;
                if (text[0] == '-' && text[1] && strcmp(text, "--") != 0)
                        r = take_word(&reader);
                else
                        r = stop(&reader, reader.next++, "extra argument", text);
        }
        if (r < 0)
                return r;
        *ret = line;
        line = (PfSshdCommandLine){ 0 };
        return 0;
}
