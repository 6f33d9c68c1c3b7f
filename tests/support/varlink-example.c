/* SPDX-License-Identifier: MIT */
#include "tests/support/varlink-example.h"

#include <string.h>

static const char description[] = "# A service to test with.\n"
                                  "interface org.example.Test\n"
                                  "type Colour (red, green)\n"
                                  "method Echo(text: string, n: ?int, colour: ?Colour,\n"
                                  "  list: ?[]string, map: ?[string]int) -> (text: string)\n"
                                  "method Hold() -> ()\n"
                                  "method Stream(n: int) -> (i: int)\n"
                                  "method Tell() -> ()\n"
                                  "method Cached() -> (text: string)\n"
                                  "method Refuse() -> ()\n"
                                  "method Drop() -> ()\n"
                                  "method Who() -> (uid: int, pid: int, privileged: bool)\n"
                                  "error Refused(reason: string)\n";

static void echo(PfVarlinkCall *call, void *data) {
        const PfJson *parameters = pf_varlink_call_parameters(call);
        PfJson *answer = pf_json_new_object();

        (void) data;
        if (!answer ||
            pf_json_put_string(answer, "text", pf_json_get_string(parameters, "text")) < 0) {
                pf_json_free(answer);
                return pf_varlink_drop(call);
        }
        pf_varlink_reply(call, answer);
}

static void forget(Example *example, size_t i) {
        example->n_held--;
        memmove(&example->held[i], &example->held[i + 1],
                (example->n_held - i) * sizeof(example->held[0]));
}

static void on_cancel(PfVarlinkCall *call, void *data) {
        Example *example = data;

        example->n_cancelled++;
        for (size_t i = 0; i < example->n_held; i++)
                if (example->held[i] == call)
                        forget(example, i);
        pf_varlink_drop(call);
}

static void hold(PfVarlinkCall *call, void *data) {
        Example *example = data;

        if (example->n_held == EXAMPLE_HELD_MAX)
                return pf_varlink_error(call, "org.example.Test.Refused", NULL);
        example->held[example->n_held++] = call;
        pf_varlink_call_on_cancel(call, on_cancel, example);
}

void example_release(Example *example, PfJson *parameters_take) {
        PfVarlinkCall *call = example->held[0];

        forget(example, 0);
        pf_varlink_reply(call, parameters_take);
}

void example_release_all(Example *example) {
        while (example->n_held > 0)
                example_release(example, NULL);
}

static PfJson *number(int64_t i) {
        PfJson *answer = pf_json_new_object();

        if (answer && pf_json_put_uint(answer, "i", (uint64_t) i) < 0)
                return pf_json_free(answer);
        return answer;
}

static void stream(PfVarlinkCall *call, void *data) {
        const int64_t asked = pf_json_integer(pf_json_get(pf_varlink_call_parameters(call), "n"));
        const int64_t n = asked < 0 ? 0 : asked > 1000 ? 1000 : asked;

        (void) data;
        for (int64_t i = 0; i < n; i++)
                pf_varlink_reply_continues(call, number(i));
        pf_varlink_reply(call, number(n));
}

static void say(PfVarlinkCall *call, void *data) {
        Example *example = data;

        example->n_tells++;
        pf_varlink_reply(call, NULL);
}

static void cached(PfVarlinkCall *call, void *data) {
        Example *example = data;

        pf_varlink_reply_cached(call, example->cached);
}

static void refuse(PfVarlinkCall *call, void *data) {
        PfJson *parameters = pf_json_new_object();

        (void) data;
        if (parameters && pf_json_put_string(parameters, "reason", "because") < 0)
                parameters = pf_json_free(parameters);
        pf_varlink_error(call, "org.example.Test.Refused", parameters);
}

static void drop(PfVarlinkCall *call, void *data) {
        (void) data;
        pf_varlink_drop(call);
}

static void who(PfVarlinkCall *call, void *data) {
        PfJson *answer = pf_json_new_object();

        (void) data;
        if (!answer || pf_json_put_uint(answer, "uid", pf_varlink_call_uid(call)) < 0 ||
            pf_json_put_uint(answer, "pid", (uint64_t) pf_varlink_call_pid(call)) < 0 ||
            pf_json_put_bool(answer, "privileged", pf_varlink_call_is_privileged(call)) < 0) {
                pf_json_free(answer);
                return pf_varlink_drop(call);
        }
        pf_varlink_reply(call, answer);
}

static const PfVarlinkMethod methods[] = {
        { "Echo", echo, false }, { "Hold", hold, false },     { "Stream", stream, true },
        { "Tell", say, false },  { "Cached", cached, false }, { "Refuse", refuse, false },
        { "Drop", drop, false }, { "Who", who, false },
};

const PfVarlinkInterface example_interface = {
        .name = "org.example.Test",
        .description = description,
        .methods = methods,
        .n_methods = PF_ELEMENTS(methods),
};

static Memory *memory_of(const PfVarlinkConnection *connection) {
        return (Memory *) connection;
}

static int memory_send(PfVarlinkConnection *connection, PfVarlinkBytes *bytes) {
        Memory *memory = memory_of(connection);
        const char *data = pf_varlink_bytes_data(bytes);
        size_t n = pf_varlink_bytes_n(bytes);
        size_t now = memory->queue.n > 0 ? 0 : n < memory->room ? n : memory->room;
        int r;

        if (memory->failing)
                return -EPIPE;
        if (memory->queue.n > 0 && memory->queue.n + n > connection->service->config.queue_max)
                return -ENOBUFS;
        memory->room -= now;
        r = pf_buf_add(&memory->sent, data, now);
        return r < 0 ? r : pf_buf_add(&memory->queue, data + now, n - now);
}

static size_t memory_unsent(const PfVarlinkConnection *connection) {
        return memory_of(connection)->queue.n;
}

static void memory_pause(PfVarlinkConnection *connection, bool paused) {
        memory_of(connection)->paused = paused;
}

static void memory_closed(PfVarlinkConnection *connection) {
        memory_of(connection)->closed = true;
}

static uint64_t memory_now_ms(const PfVarlinkConnection *connection) {
        return memory_of(connection)->now_ms;
}

static void memory_wait(PfVarlinkConnection *connection) {
        memory_of(connection)->waited = true;
}

static const PfVarlinkTransport transport = {
        .send = memory_send,
        .unsent = memory_unsent,
        .pause = memory_pause,
        .close = memory_closed,
        .now_ms = memory_now_ms,
        .wait = memory_wait,
};

void memory_open(Memory *memory, PfVarlinkService *service) {
        const PfPeer peer = { .uid = 1000, .gid = 1000, .pid = 4711 };

        *memory = (Memory){
                .sent = PF_BUF_INIT((size_t) 64 << 20),
                .queue = PF_BUF_INIT((size_t) 64 << 20),
                .room = SIZE_MAX / 2,
                .now_ms = 1,
        };
        pf_varlink_connection_init(&memory->connection, service, &transport, &peer, false);
}

void memory_close(Memory *memory) {
        pf_varlink_connection_close(&memory->connection);
        pf_varlink_connection_deinit(&memory->connection);
        pf_buf_deinit(&memory->sent);
        pf_buf_deinit(&memory->queue);
}

void memory_drain(Memory *memory) {
        memory->room = SIZE_MAX / 2;
        while (memory->queue.n > 0) {
                if (pf_buf_add(&memory->sent, memory->queue.data, memory->queue.n) < 0)
                        abort();
                pf_buf_consume(&memory->queue, memory->queue.n);
                pf_varlink_connection_sent(&memory->connection);
        }
}

void memory_say(Memory *memory, const char *text) {
        pf_varlink_connection_receive(&memory->connection, text, strlen(text) + 1);
}

const char *memory_answers(Memory *memory) {
        static PfBuf answers = PF_BUF_INIT((size_t) 64 << 20);

        pf_buf_deinit(&answers);
        if (pf_buf_add(&answers, memory->sent.data, memory->sent.n) < 0)
                abort();
        pf_buf_consume(&memory->sent, memory->sent.n);
        for (size_t i = 0; i < answers.n; i++)
                if (answers.data[i] == '\0')
                        answers.data[i] = '\n';
        return answers.data;
}
