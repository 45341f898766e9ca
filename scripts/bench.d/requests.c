/* Keeps connections to a broker busy with prepared requests, and says how many were answered and how quickly.
 *
 *   requests HOST PORT FRAMES [--connections N] [--depth D] [--seconds S] [--warm S] [--answer-bytes B] [--zero AT]...
 *
 * FRAMES is a file of whole requests as they go over the wire, length first; connection i sends number i modulo their
 * count, again and again, with a new correlation id each time.  D requests are under way on each connection.
 * An answer counts only if it is a whole frame of B bytes (any number without --answer-bytes) behind its length, for
 * the oldest request under way, with two zero bytes (an error code) at each AT, counted from behind the length.
 * Anything else ends the program with status 1 and a line that says what was wrong.
 *
 * One line of JSON: requests answered in the S seconds after warming, requests a second, microseconds from sending to
 * the answer (p50, p99, max), and all requests with those of the warming.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_ZEROS = 8, ROOM = 1 << 20, CORRELATION_AT = 8, SILENCE_MS = 20000 };

struct connection {
    int fd, depth;
    uint32_t sent, answered;    /* the correlation ids of the next request and of the next answer */
    uint32_t frame_bytes, held; /* held: bytes in `in` that are no whole answer yet */
    char *out;                  /* `depth` copies of the frame */
    char *in;
    uint64_t *since;            /* when the request under way was sent, by correlation id modulo depth */
};

static struct {
    int connections, depth, zeros;
    double seconds, warm;
    uint32_t answer_bytes, zero_at[MOST_ZEROS];
} asked = {.connections = 1, .depth = 1, .seconds = 5, .warm = 1};

static uint32_t *took_ns; /* of each request that counts */
static uint64_t counted, counted_room, all;

static void fail(const char *form, ...) {
    va_list words;
    va_start(words, form);
    fprintf(stderr, "requests: ");
    vfprintf(stderr, form, words);
    fprintf(stderr, "\n");
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static uint32_t int32_at(const char *bytes) {
    uint32_t value;
    memcpy(&value, bytes, 4);
    return ntohl(value);
}

/* `count` more requests are on their way. */
static void send_requests(struct connection *c, int count) {
    for (int i = 0; i < count; i++) {
        uint32_t id = htonl(c->sent + i);
        memcpy(c->out + (size_t)i * c->frame_bytes + CORRELATION_AT, &id, 4);
    }
    uint64_t now = now_ns();
    for (int i = 0; i < count; i++) c->since[c->sent++ % c->depth] = now;
    size_t left = (size_t)count * c->frame_bytes;
    for (const char *from = c->out; left;) {
        ssize_t put = send(c->fd, from, left, MSG_NOSIGNAL);
        if (put < 0 && errno == EAGAIN) {
            struct pollfd writable = {c->fd, POLLOUT, 0};
            if (poll(&writable, 1, SILENCE_MS) == 0) fail("the broker does not read what is sent");
            continue;
        }
        if (put <= 0) fail("cannot send: %s", strerror(errno));
        from += put;
        left -= put;
    }
}

static void fail_showing(const char *what, uint32_t got, uint32_t wanted, const char *answer, uint32_t bytes) {
    fprintf(stderr, "requests: an answer has %s %u instead of %u:", what, got, wanted);
    for (uint32_t i = 0; i < bytes && i < 100; i++) fprintf(stderr, " %02x", (unsigned char)answer[i]);
    fprintf(stderr, "\n");
    exit(1);
}

static void check(struct connection *c, const char *answer, uint32_t bytes) {
    if (bytes < 4) fail("an answer of %u bytes has no correlation id", bytes);
    if (int32_at(answer) != c->answered)
        fail_showing("correlation id", int32_at(answer), c->answered, answer, bytes);
    if (asked.answer_bytes && bytes != asked.answer_bytes)
        fail_showing("length", bytes, asked.answer_bytes, answer, bytes);
    for (int i = 0; i < asked.zeros; i++) {
        const char *at = answer + asked.zero_at[i];
        if (asked.zero_at[i] + 2 > bytes) fail("an answer of %u bytes has no error code at %u", bytes, asked.zero_at[i]);
        if (at[0] || at[1]) fail("an answer has error code %d", (int16_t)(int32_at(answer + asked.zero_at[i] - 2) & 0xFFFF));
    }
}

/* What has come is read; the number of answers. */
static int receive_answers(struct connection *c, int counts) {
    ssize_t got = recv(c->fd, c->in + c->held, ROOM - c->held, 0);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got <= 0) fail("the broker closed a connection: %s", got ? strerror(errno) : "end of stream");
    c->held += got;
    uint64_t now = now_ns();
    char *from = c->in;
    int answers = 0;
    while (c->held >= 4) {
        uint32_t bytes = int32_at(from);
        if (bytes > ROOM - 4) fail("an answer claims %u bytes", bytes);
        if (c->held < 4 + bytes) break;
        if (c->answered == c->sent) fail("an answer that nobody asked for");
        check(c, from + 4, bytes);
        if (counts) {
            if (counted == counted_room) {
                counted_room = counted_room ? 2 * counted_room : 1 << 20;
                took_ns = realloc(took_ns, counted_room * sizeof *took_ns);
                if (!took_ns) fail("no memory");
            }
            uint64_t took = now - c->since[c->answered % c->depth];
            took_ns[counted++] = took > UINT32_MAX ? UINT32_MAX : took;
        }
        c->answered++;
        all++;
        answers++;
        from += 4 + bytes;
        c->held -= 4 + bytes;
    }
    memmove(c->in, from, c->held);
    return answers;
}

static void connect_to(struct connection *c, const struct sockaddr_in *broker, const char *frame, uint32_t frame_bytes) {
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0) fail("no socket: %s", strerror(errno));
    if (connect(c->fd, (const struct sockaddr *)broker, sizeof *broker)) fail("cannot connect: %s", strerror(errno));
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    c->depth = asked.depth;
    c->frame_bytes = frame_bytes;
    c->out = malloc((size_t)asked.depth * frame_bytes);
    c->in = malloc(ROOM);
    c->since = calloc(asked.depth, sizeof *c->since);
    if (!c->out || !c->in || !c->since) fail("no memory");
    for (int i = 0; i < asked.depth; i++) memcpy(c->out + (size_t)i * frame_bytes, frame, frame_bytes);
}

static int by_size(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void run(struct connection *connections) {
    int poller = epoll_create1(0);
    for (int i = 0; i < asked.connections; i++) {
        struct epoll_event readable = {.events = EPOLLIN, .data.ptr = &connections[i]};
        epoll_ctl(poller, EPOLL_CTL_ADD, connections[i].fd, &readable);
        send_requests(&connections[i], asked.depth);
    }
    uint64_t from = now_ns() + (uint64_t)(asked.warm * 1e9), until = from + (uint64_t)(asked.seconds * 1e9);
    int under_way = asked.connections * asked.depth;
    struct epoll_event ready[256];
    while (under_way) {
        int events = epoll_wait(poller, ready, 256, SILENCE_MS);
        if (events == 0) fail("no answer for %d s", SILENCE_MS / 1000);
        uint64_t now = now_ns();
        for (int i = 0; i < events; i++) {
            int answers = receive_answers(ready[i].data.ptr, now >= from && now < until);
            if (now < until) send_requests(ready[i].data.ptr, answers);
            else under_way -= answers;
        }
    }
    if (!counted) fail("no answer in %g s", asked.seconds);
    qsort(took_ns, counted, sizeof *took_ns, by_size);
    printf("{\"requests\": %llu, \"per_second\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"all\": %llu}\n",
           (unsigned long long)counted, counted / asked.seconds, took_ns[counted / 2] / 1e3,
           took_ns[counted - 1 - counted / 100] / 1e3, took_ns[counted - 1] / 1e3, (unsigned long long)all);
}

int main(int words, char **word) {
    if (words < 4) fail("usage: requests HOST PORT FRAMES [options]");
    for (int i = 4; i + 1 < words; i += 2) {
        const char *name = word[i], *value = word[i + 1];
        if (!strcmp(name, "--connections")) asked.connections = atoi(value);
        else if (!strcmp(name, "--depth")) asked.depth = atoi(value);
        else if (!strcmp(name, "--seconds")) asked.seconds = atof(value);
        else if (!strcmp(name, "--warm")) asked.warm = atof(value);
        else if (!strcmp(name, "--answer-bytes")) asked.answer_bytes = atoi(value);
        else if (!strcmp(name, "--zero") && asked.zeros < MOST_ZEROS) asked.zero_at[asked.zeros++] = atoi(value);
        else fail("what is %s?", name);
    }
    if (asked.connections < 1 || asked.depth < 1) fail("at least one connection and one request");
    struct sockaddr_in broker = {.sin_family = AF_INET, .sin_port = htons(atoi(word[2]))};
    if (inet_pton(AF_INET, word[1], &broker.sin_addr) != 1) fail("%s is no IPv4 address", word[1]);

    static char frames[ROOM];
    FILE *file = fopen(word[3], "rb");
    if (!file) fail("%s: %s", word[3], strerror(errno));
    uint32_t held = fread(frames, 1, ROOM, file), frame_at[4096], count = 0;
    for (uint32_t at = 0; at < held; at += 4 + int32_at(frames + at)) {
        if (count == 4096 || held - at < CORRELATION_AT + 4 || held - at - 4 < int32_at(frames + at))
            fail("%s holds no whole requests", word[3]);
        frame_at[count++] = at;
    }
    if (!count) fail("%s is empty", word[3]);

    struct connection *connections = calloc(asked.connections, sizeof *connections);
    for (int i = 0; i < asked.connections; i++) {
        const char *frame = frames + frame_at[i % count];
        connect_to(&connections[i], &broker, frame, 4 + int32_at(frame));
    }
    run(connections);
    return 0;
}
