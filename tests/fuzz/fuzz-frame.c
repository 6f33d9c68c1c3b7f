/* SPDX-License-Identifier: MIT */
/*
 * What a client sends, from bytes to answers: the frame decoder, the calls, the
 * description they are held against, and the order of answers. How the bytes
 * are cut into pieces must not matter; every answer must be one.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/varlink-example.h"

#define MESSAGE_MAX 4096

/* One conversation; what was answered is added to @ret. Returns whether the
 * connection was still open at the end. */
static bool converse(const uint8_t *bytes, size_t n, size_t piece, PfBuf *ret) {
        const PfVarlinkServerConfig config = {
                .vendor = "",
                .product = "",
                .version = "",
                .url = "",
                .message_max = MESSAGE_MAX,
        };
        PfVarlinkService service;
        Example example = { 0 };
        Memory peer;
        bool open;

        if (pf_varlink_service_init(&service, &config, NULL) < 0 ||
            pf_varlink_service_add(&service, &example_interface, &example, NULL) < 0 ||
            pf_varlink_bytes_new_reply_text("{\"text\":\"\"}", 11, false, &example.cached) < 0)
                abort();
        memory_open(&peer, &service);
        for (size_t i = 0, length; i < n; i += length) {
                length = n - i < piece ? n - i : piece;
                while (peer.paused && !peer.closed && example.n_held > 0)
                        example_release(&example, NULL);
                pf_varlink_connection_receive(&peer.connection, bytes + i, length);
        }
        example_release_all(&example);
        open = !peer.closed;
        if (service.held_bytes > config.message_max + ((size_t) 1 << 20) ||
            pf_buf_add(ret, peer.sent.data, peer.sent.n) < 0)
                abort();
        memory_close(&peer);
        if (example.n_held > 0 || service.held_bytes > 0)
                abort();
        pf_varlink_bytes_unref(example.cached);
        pf_varlink_service_deinit(&service);
        return open;
}

/* Whole messages, each an object. */
static void check_answers(const PfBuf *answers) {
        for (size_t length, i = 0; i < answers->n; i += length + 1) {
                PF_CLEANUP(pf_json_freep) PfJson *answer = NULL;

                length = strlen(answers->data + i);
                if (i + length >= answers->n ||
                    pf_json_parse(answers->data + i, length, 64, &answer, NULL) < 0 ||
                    pf_json_type(answer) != PF_JSON_OBJECT)
                        abort();
        }
}

int pf_fuzz_accepts(const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf answers = PF_BUF_INIT((size_t) 256 << 20);

        return converse(bytes, n, 65536, &answers);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n) {
        PF_AUTO_BUF PfBuf whole = PF_BUF_INIT((size_t) 256 << 20);
        PF_AUTO_BUF PfBuf pieces = PF_BUF_INIT((size_t) 256 << 20);
        bool open;

        open = converse(bytes, n, 65536, &whole);
        check_answers(&whole);
        if (converse(bytes, n, 1 + n % 7, &pieces) != open || pieces.n != whole.n ||
            (whole.n > 0 && memcmp(pieces.data, whole.data, whole.n) != 0))
                abort();
        return 0;
}
