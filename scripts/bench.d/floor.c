/* The least that a broker can do for a client that moves many bytes: a bound for the rows of throughput, and no broker.
 *
 *   floor PORT FOLDER [drain]
 *
 * It speaks one old version each of what librdkafka needs to produce and to fetch.  A topic exists once it is asked for,
 * with as many partitions as the digit says that its name ends with.  A batch gets its offset and goes into the page
 * cache as it came: no checksum, no look at its records, no index on disk.  A Fetch is answered with sendfile.  With
 * `drain` nothing is written, and nothing can be fetched.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
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
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 8 << 20, MOST_TOPICS = 64, MOST_PARTITIONS = 9, PRODUCE = 0, FETCH = 1, LIST_OFFSETS = 2, METADATA = 3, API_VERSIONS = 18 };

static const struct { int16_t key, version; } served[] = {{PRODUCE, 7}, {FETCH, 10}, {LIST_OFFSETS, 1}, {METADATA, 4}, {API_VERSIONS, 0}};
enum { SERVED = sizeof served / sizeof *served };

struct batch { int64_t base_offset, position; };
struct partition { int file; int64_t end_offset, bytes; struct batch *batches; size_t count, room; };
struct topic { char name[250]; int partitions; struct partition partition[MOST_PARTITIONS]; };
struct connection {
    int fd, file; /* what of `file` has still to be sent, at `position`, before anything else is read */
    off_t position;
    size_t held, left;
    char *in;
};
struct reader { char *at, *end; };

static struct topic topics[MOST_TOPICS];
static int topic_count, port, drains, poller;
static const char *folder;
static char answer[1 << 16];
static char *out;

static void fail(const char *form, ...) {
    va_list words;
    va_start(words, form);
    fprintf(stderr, "floor: ");
    vfprintf(stderr, form, words);
    fprintf(stderr, "\n");
    exit(1);
}

static char *take(struct reader *from, size_t bytes) {
    if ((size_t)(from->end - from->at) < bytes) fail("a request ends too early");
    return from->at += bytes, from->at - bytes;
}

static int16_t int16(struct reader *from) { int16_t v; memcpy(&v, take(from, 2), 2); return be16toh(v); }
static int32_t int32(struct reader *from) { int32_t v; memcpy(&v, take(from, 4), 4); return be32toh(v); }
static int64_t int64(struct reader *from) { int64_t v; memcpy(&v, take(from, 8), 8); return be64toh(v); }
static int32_t int32_at(const char *at) { int32_t v; memcpy(&v, at, 4); return be32toh(v); }

static void put(const void *bytes, size_t count) {
    if (out + count > answer + sizeof answer) fail("an answer is too long");
    memcpy(out, bytes, count);
    out += count;
}
static void put16(int16_t v) { v = htobe16(v); put(&v, 2); }
static void put32(int32_t v) { v = htobe32(v); put(&v, 4); }
static void put64(int64_t v) { v = htobe64(v); put(&v, 8); }
static void put_text(const char *text) { put16(strlen(text)); put(text, strlen(text)); }

static struct topic *topic_named(struct reader *from) {
    int16_t bytes = int16(from);
    char name[250] = {0};
    if (bytes < 1 || bytes > 249) fail("a topic's name has %d bytes", bytes);
    memcpy(name, take(from, bytes), bytes);
    for (int i = 0; i < topic_count; i++)
        if (!strcmp(topics[i].name, name)) return &topics[i];
    if (topic_count == MOST_TOPICS) fail("too many topics");
    struct topic *new = &topics[topic_count++];
    strcpy(new->name, name);
    new->partitions = name[bytes - 1] - '0';
    if (new->partitions < 1 || new->partitions > MOST_PARTITIONS) fail("%s ends with no number of partitions", name);
    for (int i = 0; i < new->partitions && !drains; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s-%d", folder, name, i);
        new->partition[i].file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
        if (new->partition[i].file < 0) fail("%s: %s", path, strerror(errno));
    }
    return new;
}

static struct partition *partition_of(struct topic *topic, int32_t index) {
    if (index < 0 || index >= topic->partitions) fail("%s has no partition %d", topic->name, index);
    return &topic->partition[index];
}

/* The batch's base offset. */
static int64_t append(struct partition *log, char *batch, size_t bytes) {
    int64_t base = log->end_offset, big = htobe64(base);
    memcpy(batch, &big, 8);
    log->end_offset += int32_at(batch + 23) + 1;
    if (drains) return base;
    if (log->count == log->room) {
        log->room = log->room ? 2 * log->room : 1024;
        if (!(log->batches = realloc(log->batches, log->room * sizeof *log->batches))) fail("no memory");
    }
    log->batches[log->count++] = (struct batch){base, log->bytes};
    if (write(log->file, batch, bytes) != (ssize_t)bytes) fail("cannot write: %s", strerror(errno));
    log->bytes += bytes;
    return base;
}

static void produce(struct reader *from) {
    if (int16(from) >= 0) fail("a transaction");
    int16(from), int32(from);
    int32_t count = int32(from);
    put32(count);
    while (count-- > 0) {
        struct topic *topic = topic_named(from);
        put_text(topic->name);
        int32_t partitions = int32(from);
        put32(partitions);
        while (partitions-- > 0) {
            int32_t index = int32(from), bytes = int32(from);
            if (bytes < 61) fail("no batch");
            put32(index), put16(0), put64(append(partition_of(topic, index), take(from, bytes), bytes)), put64(-1), put64(0);
        }
    }
    put32(0);
}

static void metadata(struct reader *from) {
    int32_t count = int32(from);
    put32(0), put32(1), put32(1), put_text("127.0.0.1"), put32(port), put16(-1), put_text("floor"), put32(1);
    put32(count < 0 ? 0 : count);
    while (count-- > 0) {
        struct topic *topic = topic_named(from);
        put16(0), put_text(topic->name), put("", 1), put32(topic->partitions);
        for (int i = 0; i < topic->partitions; i++) put16(0), put32(i), put32(1), put32(1), put32(1), put32(1), put32(1);
    }
}

static void list_offsets(struct reader *from) {
    int32(from);
    int32_t count = int32(from);
    put32(count);
    while (count-- > 0) {
        struct topic *topic = topic_named(from);
        put_text(topic->name);
        int32_t partitions = int32(from);
        put32(partitions);
        while (partitions-- > 0) {
            int32_t index = int32(from);
            int64_t timestamp = int64(from);
            put32(index), put16(0), put64(-1), put64(timestamp == -2 ? 0 : partition_of(topic, index)->end_offset);
        }
    }
}

static void api_versions(int16_t version) {
    put16(version ? 35 : 0), put32(SERVED); /* UNSUPPORTED_VERSION: the client asks again with version 0 */
    for (int i = 0; i < SERVED; i++) put16(served[i].key), put16(served[i].version), put16(served[i].version);
}

static void wait_writable(int fd) {
    struct pollfd writable = {fd, POLLOUT, 0};
    poll(&writable, 1, -1);
}

static void send_all(int fd, const char *from, size_t left) {
    while (left) {
        ssize_t put = send(fd, from, left, MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN) return;
        if (put < 0) wait_writable(fd);
        else from += put, left -= put;
    }
}

/* As much as the socket takes; the rest when it is writable again, so that one client does not hold up the others. */
static void send_file(struct connection *c) {
    while (c->left) {
        ssize_t put = sendfile(c->fd, c->file, &c->position, c->left);
        if (put < 0 && errno == EAGAIN) break;
        if (put <= 0) c->left = 0; /* the client is gone: reading says so */
        else c->left -= put;
    }
    struct epoll_event wanted = {.events = c->left ? EPOLLOUT : EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_MOD, c->fd, &wanted);
}

/* Where whole batches from `offset` on lie, at most `most` bytes of them but at least one batch. */
static size_t found(struct partition *log, int64_t offset, size_t most, off_t *position) {
    size_t low = 0, high = log->count;
    if (offset >= log->end_offset) return *position = 0;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (log->batches[middle].base_offset <= offset) low = middle;
        else high = middle;
    }
    *position = log->batches[low].position;
    size_t end = low + 1;
    while (end < log->count && log->batches[end].position + 1 - *position < (int64_t)most) end++;
    return (end < log->count ? log->batches[end].position : log->bytes) - *position;
}

/* One partition in each request: what a consumer of one partition asks for. */
static void fetch(struct reader *from, struct connection *c) {
    int32(from), int32(from), int32(from), int32(from), take(from, 1), int32(from), int32(from);
    int32_t count = int32(from);
    put32(0), put16(0), put32(0), put32(count ? 1 : 0);
    if (count > 1) fail("a fetch of %d topics", count);
    size_t bytes = 0;
    off_t position = 0;
    struct partition *log = NULL;
    if (count) {
        struct topic *topic = topic_named(from);
        if (int32(from) != 1) fail("a fetch of several partitions");
        int32_t index = int32(from);
        int32(from);
        int64_t offset = int64(from);
        int64(from);
        log = partition_of(topic, index);
        bytes = found(log, offset, int32(from), &position);
        put_text(topic->name), put32(1), put32(index), put16(0), put64(log->end_offset), put64(log->end_offset), put64(0), put32(0), put32(bytes);
    }
    int32_t all = htobe32(out - answer - 4 + bytes);
    memcpy(answer, &all, 4);
    send_all(c->fd, answer, out - answer);
    if (bytes) {
        c->file = log->file, c->position = position, c->left = bytes;
        send_file(c);
    }
}

static void answer_frame(struct connection *c, char *frame, size_t bytes) {
    struct reader from = {frame, frame + bytes};
    int16_t key = int16(&from), version = int16(&from);
    int32_t correlation_id = int32(&from);
    int16_t client_id = int16(&from);
    take(&from, client_id < 0 ? 0 : client_id);
    out = answer + 4;
    put32(correlation_id);
    switch (key) {
    case PRODUCE: produce(&from); break;
    case FETCH: fetch(&from, c); return;
    case LIST_OFFSETS: list_offsets(&from); break;
    case METADATA: metadata(&from); break;
    case API_VERSIONS: api_versions(version); break;
    default: fail("request %d", key);
    }
    int32_t all = htobe32(out - answer - 4);
    memcpy(answer, &all, 4);
    send_all(c->fd, answer, out - answer);
}

/* Zero when the client is gone. */
static int serve(struct connection *c) {
    if (c->left) send_file(c);
    if (c->left) return 1;
    ssize_t got = recv(c->fd, c->in + c->held, ROOM - c->held, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return 0;
    c->held += got > 0 ? got : 0;
    char *from = c->in;
    while (!c->left && c->held >= 4 && c->held >= 4 + (size_t)int32_at(from)) {
        size_t bytes = int32_at(from);
        answer_frame(c, from + 4, bytes);
        from += 4 + bytes;
        c->held -= 4 + bytes;
    }
    if (c->held >= 4 && (size_t)int32_at(from) > ROOM - 4) fail("a request of %d bytes", int32_at(from));
    if (from != c->in) memmove(c->in, from, c->held);
    return 1;
}

static void accept_client(int listener) {
    int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0) return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *c = calloc(1, sizeof *c);
    if (!c || !(c->in = malloc(ROOM))) fail("no memory");
    c->fd = fd;
    struct epoll_event readable = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &readable);
}

int main(int words, char **word) {
    if (words < 3) fail("usage: floor PORT FOLDER [drain]");
    port = atoi(word[1]), folder = word[2], drains = words > 3 && !strcmp(word[3], "drain");
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    poller = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 100)) fail("port %d: %s", port, strerror(errno));
    struct epoll_event readable = {.events = EPOLLIN, .data.ptr = NULL}, ready[64];
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &readable);
    printf("Kafka Server started: the least that a broker can do\n");
    fflush(stdout);
    for (;;) {
        int events = epoll_wait(poller, ready, 64, -1);
        for (int i = 0; i < events; i++) {
            struct connection *c = ready[i].data.ptr;
            if (!c) accept_client(listener);
            else if (!serve(c)) close(c->fd), free(c->in), free(c);
        }
    }
}
