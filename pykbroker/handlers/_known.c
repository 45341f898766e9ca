/* produce, fetch and metadata(frame, version, correlation_id, client, broker): see known.py. */

#include "known.h"

#include <string.h>

#define FLEXIBLE_PRODUCE 9
#define FLEXIBLE_FETCH 12
#define LOG_START_SINCE 5       /* of Fetch */
#define COPIED_BYTES (16 * 1024) /* up to here a copy is cheaper than a call to the system of its own: usual_fetch.py */
#define NO_EPOCH -1

static PyTypeObject *produce_class, *counters_class, *fetch_class, *metadata_class, *segments_class, *producers_class;
static PyObject *append, *read_at_hand, *timestamp, *fetch_max_bytes, *copied_bytes, *refused;

static struct {
    Py_ssize_t client_id, produces, fetches, metadata, listener_name;
} in_client;
static struct {
    Py_ssize_t version, client_id, answer, base_offset_at, log_start_offset_at, place;
} in_produce;
static struct {
    Py_ssize_t version, current_leader_epoch, max_wait_ms, min_bytes, max_bytes, client_id, committed, suffix, head,
        offsets_at, tail, place;
} in_fetch;
static struct {
    Py_ssize_t version, asked, revision, config, endpoint, answer;
} in_metadata;
static struct {
    Py_ssize_t clock, config, endpoints;
} in_broker;
static struct {
    Py_ssize_t log_start_offset, hold_from, end_offset, high_watermark, segments, producers;
} in_log;
static struct {
    Py_ssize_t produce_requests, messages_in, bytes_in, fetch_requests, bytes_out;
} in_counters;
static Py_ssize_t last_abort_in_segments, unstable_in_producers;

static void add_to(PyObject *counters, Py_ssize_t slot, int64_t more)
{
    int64_t held;
    PyObject *sum = read_slot(counters, slot, &held) ? PyLong_FromLongLong(held + more) : NULL;
    if (sum)
        write_slot(counters, slot, sum);
    else
        PyErr_Clear();
}

/* The records that stand at `position` behind their length, if they and `behind` are all that is left. */
static const uint8_t *records_at(Frame frame, Py_ssize_t position, int flexible, Py_ssize_t *length)
{
    const uint8_t *at = frame.bytes + position, *end = frame.bytes + frame.size;
    if (!flexible) {
        if (end - at < 4)
            return NULL;
        *length = (Py_ssize_t)big_endian(at, 4);
        return *length == end - at - 4 ? at + 4 : NULL;
    }
    uint64_t value = 0;
    for (int shift = 0; shift < 35; shift += 7) {
        if (at == end)
            return NULL;
        value |= (uint64_t)(*at & 0x7F) << shift;
        if (*at++ < 0x80)
            break;
        if (shift == 28)
            return NULL;
    }
    *length = (Py_ssize_t)value - 1;
    if (*length < 0 || end - at != *length + 3 || memcmp(end - 3, "\0\0\0", 3))
        return NULL; /* behind them stand the tags of the partition, of the topic and of the request: none */
    return at;
}

/* [answer], with what is known of the log now. */
static PyObject *answer_to(PyObject *known, PyObject *log, int64_t correlation_id, int64_t base_offset)
{
    int64_t base_offset_at, start_at, start;
    PyObject *same = SLOT(known, in_produce.answer);
    if (!PyBytes_CheckExact(same) || !read_slot(known, in_produce.base_offset_at, &base_offset_at)
        || !read_slot(known, in_produce.log_start_offset_at, &start_at)
        || !read_slot(log, in_log.log_start_offset, &start)) {
        PyErr_SetString(PyExc_TypeError, "a KnownProduce with fields of other kinds");
        return NULL;
    }
    PyObject *chunks = as_before(same, correlation_id);
    if (!chunks)
        return NULL;
    uint8_t *bytes = (uint8_t *)PyByteArray_AS_STRING(PyList_GET_ITEM(chunks, 0));
    put_big_endian(bytes + base_offset_at, 8, base_offset);
    if (start_at >= 0)
        put_big_endian(bytes + start_at, 8, start);
    return chunks;
}

/* (base offset, how many records), or None; NULL with an exception. */
static PyObject *put_in(PyObject *log, PyObject *place, PyObject *broker, const uint8_t *records, Py_ssize_t length)
{
    PyObject *now = PyObject_CallMethodNoArgs(SLOT(broker, in_broker.clock), timestamp);
    PyObject *batch = now ? PyMemoryView_FromMemory((char *)records, length, PyBUF_READ) : NULL;
    PyObject *put = NULL;
    if (batch) {
        PyObject *arguments[] = {log, batch, PyTuple_GET_ITEM(place, PLACE_LEADER_EPOCH), now};
        put = PyObject_Vectorcall(append, arguments, 4, NULL);
    }
    Py_XDECREF(batch);
    Py_XDECREF(now);
    return put;
}

static PyObject *put_and_answer(Frame frame, int64_t version, int64_t correlation_id, PyObject *client,
                                PyObject *broker)
{
    Py_ssize_t end = 0, length = 0;
    int64_t hold_from, end_offset, base_offset, count;
    PyObject *known = find(SLOT(client, in_client.produces), frame, version, produce_class, in_produce.version, &end);
    const uint8_t *records = known ? records_at(frame, end, version >= FLEXIBLE_PRODUCE, &length) : NULL;
    PyObject *place = records ? SLOT(known, in_produce.place) : NULL, *log = log_at(place, broker);
    if (!log || PyObject_IsTrue(PyTuple_GET_ITEM(place, PLACE_IS_INTERNAL)))
        return NULL;
    if (!read_slot(log, in_log.hold_from, &hold_from) || !read_slot(log, in_log.end_offset, &end_offset)
        || hold_from - end_offset <= length) /* no batch has more records than bytes */
        return NULL;
    Py_INCREF(known);
    Py_INCREF(place);
    PyObject *put = put_in(log, place, broker, records, length), *chunks = NULL;
    if (!put && PyErr_ExceptionMatches(refused))
        PyErr_Clear(); /* the long way finds the words */
    if (put && put != Py_None && read_int(PyTuple_GET_ITEM(put, 0), &base_offset)
        && read_int(PyTuple_GET_ITEM(put, 1), &count)) {
        PyObject *counters = PyTuple_GET_ITEM(place, PLACE_COUNTERS);
        write_slot(client, in_client.client_id, Py_NewRef(SLOT(known, in_produce.client_id)));
        if (Py_IS_TYPE(counters, counters_class)) {
            add_to(counters, in_counters.produce_requests, 1);
            add_to(counters, in_counters.messages_in, count);
            add_to(counters, in_counters.bytes_in, length);
        }
        chunks = answer_to(known, log, correlation_id, base_offset);
    }
    Py_XDECREF(put);
    Py_DECREF(place);
    Py_DECREF(known);
    return chunks;
}

/* Whether no transaction is open: then the last stable offset is the high watermark. */
static int is_all_decided(PyObject *log)
{
    PyObject *producers = SLOT(log, in_log.producers);
    return producers && Py_IS_TYPE(producers, producers_class) && SLOT(producers, unstable_in_producers) == Py_None;
}

/* Whether nothing from `offset` on was aborted. */
static int is_none_aborted(PyObject *log, int64_t offset)
{
    int64_t last_abort;
    PyObject *segments = SLOT(log, in_log.segments);
    return segments && Py_IS_TYPE(segments, segments_class)
           && read_slot(segments, last_abort_in_segments, &last_abort) && last_abort < offset;
}

/* [answer]: head, length of the records, records and tail. */
static PyObject *answer_with(PyObject *known, PyObject *log, int64_t version, int64_t correlation_id, PyObject *records)
{
    int64_t offsets_at, start, high_watermark;
    PyObject *head = SLOT(known, in_fetch.head), *tail = SLOT(known, in_fetch.tail);
    if (!PyBytes_CheckExact(head) || !PyBytes_CheckExact(tail) || !read_slot(known, in_fetch.offsets_at, &offsets_at)
        || !read_slot(log, in_log.high_watermark, &high_watermark) || !read_slot(log, in_log.log_start_offset, &start)) {
        PyErr_SetString(PyExc_TypeError, "a KnownFetch with fields of other kinds");
        return NULL;
    }
    Py_ssize_t length = PyBytes_GET_SIZE(records), counted = 0;
    uint8_t count[5];
    if (version < FLEXIBLE_FETCH) {
        put_big_endian(count, 4, length);
        counted = 4;
    } else {
        Py_ssize_t rest = length + 1;
        for (; rest > 0x7F; rest >>= 7)
            count[counted++] = (uint8_t)(rest | 0x80);
        count[counted++] = (uint8_t)rest;
    }
    Py_ssize_t size = PyBytes_GET_SIZE(head) + counted + length + PyBytes_GET_SIZE(tail);
    PyObject *answer = PyByteArray_FromStringAndSize(NULL, size), *chunks = answer ? PyList_New(1) : NULL;
    if (!chunks) {
        Py_XDECREF(answer);
        return NULL;
    }
    uint8_t *bytes = (uint8_t *)PyByteArray_AS_STRING(answer), *at = bytes;
    memcpy(at, PyBytes_AS_STRING(head), (size_t)PyBytes_GET_SIZE(head));
    put_big_endian(at, 4, size - 4);
    put_big_endian(at + 4, 4, correlation_id);
    put_big_endian(at + offsets_at, 8, high_watermark);
    put_big_endian(at + offsets_at + 8, 8, high_watermark); /* the last stable offset */
    if (version >= LOG_START_SINCE)
        put_big_endian(at + offsets_at + 16, 8, start);
    at += PyBytes_GET_SIZE(head);
    memcpy(at, count, (size_t)counted);
    at += counted;
    memcpy(at, PyBytes_AS_STRING(records), (size_t)length);
    memcpy(at + length, PyBytes_AS_STRING(tail), (size_t)PyBytes_GET_SIZE(tail));
    PyList_SET_ITEM(chunks, 0, answer);
    return chunks;
}

/* The bytes from `offset` on, if they are at hand and enough. */
static PyObject *read_for(PyObject *known, PyObject *log, PyObject *broker, int64_t offset)
{
    int64_t most, wait_ms, wanted, limit;
    PyObject *most_of_broker = PyObject_GetAttr(SLOT(broker, in_broker.config), fetch_max_bytes);
    int is_read = most_of_broker && read_int(most_of_broker, &limit);
    Py_XDECREF(most_of_broker);
    if (!is_read || !read_slot(known, in_fetch.max_bytes, &most) || !read_slot(known, in_fetch.max_wait_ms, &wait_ms)
        || !read_slot(known, in_fetch.min_bytes, &wanted))
        return NULL;
    PyObject *from = PyLong_FromLongLong(offset), *up_to = PyLong_FromLongLong(most < limit ? most : limit);
    PyObject *arguments[] = {log, from, up_to, copied_bytes};
    PyObject *found = from && up_to ? PyObject_Vectorcall(read_at_hand, arguments, 4, NULL) : NULL;
    Py_XDECREF(from);
    Py_XDECREF(up_to);
    if (found && (found == Py_None || (wait_ms > 0 && PyBytes_GET_SIZE(found) < (wanted < limit ? wanted : limit))))
        Py_CLEAR(found);
    return found;
}

static PyObject *read_and_answer(Frame frame, int64_t version, int64_t correlation_id, PyObject *client,
                                 PyObject *broker)
{
    Py_ssize_t end = 0;
    int64_t epoch, latest_epoch;
    PyObject *known = find(SLOT(client, in_client.fetches), frame, version, fetch_class, in_fetch.version, &end);
    PyObject *suffix = known ? SLOT(known, in_fetch.suffix) : NULL;
    if (!suffix || !PyBytes_CheckExact(suffix) || frame.size - end != 8 + PyBytes_GET_SIZE(suffix)
        || memcmp(frame.bytes + end + 8, PyBytes_AS_STRING(suffix), (size_t)PyBytes_GET_SIZE(suffix)))
        return NULL;
    int64_t offset = big_endian(frame.bytes + end, 8);
    PyObject *place = SLOT(known, in_fetch.place), *log = log_at(place, broker);
    if (!log || !read_slot(known, in_fetch.current_leader_epoch, &epoch)
        || !read_int(PyTuple_GET_ITEM(place, PLACE_LEADER_EPOCH), &latest_epoch)
        || (epoch != NO_EPOCH && epoch != latest_epoch)
        || !is_all_decided(log) || (SLOT(known, in_fetch.committed) != Py_False && !is_none_aborted(log, offset)))
        return NULL;
    Py_INCREF(known);
    Py_INCREF(place);
    PyObject *records = read_for(known, log, broker, offset), *chunks = NULL;
    if (records) {
        PyObject *counters = PyTuple_GET_ITEM(place, PLACE_COUNTERS);
        write_slot(client, in_client.client_id, Py_NewRef(SLOT(known, in_fetch.client_id)));
        if (Py_IS_TYPE(counters, counters_class)) {
            add_to(counters, in_counters.fetch_requests, 1);
            add_to(counters, in_counters.bytes_out, PyBytes_GET_SIZE(records));
        }
        chunks = answer_with(known, log, version, correlation_id, records);
        Py_DECREF(records);
    }
    Py_DECREF(place);
    Py_DECREF(known);
    return chunks;
}

/* Whether the client of that listener hears of the endpoint that it heard of before. */
static int is_same_endpoint(PyObject *known, PyObject *client, PyObject *broker)
{
    PyObject *endpoint = SLOT(known, in_metadata.endpoint), *endpoints = SLOT(broker, in_broker.endpoints);
    return endpoint == Py_None
           || (endpoint && endpoints && PyDict_Check(endpoints)
               && PyDict_GetItemWithError(endpoints, SLOT(client, in_client.listener_name)) == endpoint);
}

static PyObject *answer_as_before(Frame frame, int64_t version, int64_t correlation_id, PyObject *client,
                                  PyObject *broker)
{
    int64_t of;
    PyObject *known = SLOT(client, in_client.metadata);
    if (!known || !Py_IS_TYPE(known, metadata_class) || !read_slot(known, in_metadata.version, &of) || of != version)
        return NULL;
    PyObject *asked = SLOT(known, in_metadata.asked), *same = SLOT(known, in_metadata.answer);
    if (!PyBytes_CheckExact(asked) || !PyBytes_CheckExact(same) || frame.size - SAME_FROM != PyBytes_GET_SIZE(asked)
        || memcmp(frame.bytes + SAME_FROM, PyBytes_AS_STRING(asked), (size_t)PyBytes_GET_SIZE(asked))
        || SLOT(broker, in_broker.config) != SLOT(known, in_metadata.config)
        || !is_at(SLOT(known, in_metadata.revision), broker) || !is_same_endpoint(known, client, broker))
        return NULL;
    return as_before(same, correlation_id);
}

static PyObject *produce(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    return answer_straight(arguments, given, put_and_answer);
}

static PyObject *fetch(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    return answer_straight(arguments, given, read_and_answer);
}

static PyObject *metadata(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    return answer_straight(arguments, given, answer_as_before);
}

static int bind(PyObject *module)
{
    (void)module;
    const Slot of_client[] = {{"client_id", &in_client.client_id}, {"produces", &in_client.produces},
                              {"fetches", &in_client.fetches}, {"metadata", &in_client.metadata},
                              {"listener_name", &in_client.listener_name}, {NULL, NULL}};
    const Slot of_produce[] = {{"version", &in_produce.version}, {"client_id", &in_produce.client_id},
                               {"answer", &in_produce.answer}, {"base_offset_at", &in_produce.base_offset_at},
                               {"log_start_offset_at", &in_produce.log_start_offset_at},
                               {"place", &in_produce.place}, {NULL, NULL}};
    const Slot of_fetch[] = {{"version", &in_fetch.version}, {"current_leader_epoch", &in_fetch.current_leader_epoch},
                             {"max_wait_ms", &in_fetch.max_wait_ms}, {"min_bytes", &in_fetch.min_bytes},
                             {"max_bytes", &in_fetch.max_bytes}, {"client_id", &in_fetch.client_id},
                             {"committed", &in_fetch.committed}, {"suffix", &in_fetch.suffix},
                             {"head", &in_fetch.head}, {"offsets_at", &in_fetch.offsets_at}, {"tail", &in_fetch.tail},
                             {"place", &in_fetch.place}, {NULL, NULL}};
    const Slot of_metadata[] = {{"version", &in_metadata.version}, {"asked", &in_metadata.asked},
                                {"revision", &in_metadata.revision}, {"config", &in_metadata.config},
                                {"endpoint", &in_metadata.endpoint}, {"answer", &in_metadata.answer}, {NULL, NULL}};
    const Slot of_broker[] = {{"clock", &in_broker.clock}, {"config", &in_broker.config},
                              {"endpoints", &in_broker.endpoints}, {NULL, NULL}};
    const Slot of_log[] = {{"log_start_offset", &in_log.log_start_offset},
                           {"hold_from", &in_log.hold_from}, {"log_end_offset", &in_log.end_offset},
                           {"high_watermark", &in_log.high_watermark}, {"segments", &in_log.segments},
                           {"producers", &in_log.producers}, {NULL, NULL}};
    const Slot of_counters[] = {{"produce_requests", &in_counters.produce_requests},
                                {"messages_in", &in_counters.messages_in}, {"bytes_in", &in_counters.bytes_in},
                                {"fetch_requests", &in_counters.fetch_requests},
                                {"bytes_out", &in_counters.bytes_out}, {NULL, NULL}};
    const Slot of_segments[] = {{"last_abort", &last_abort_in_segments}, {NULL, NULL}};
    const Slot of_producers[] = {{"first_unstable_offset", &unstable_in_producers}, {NULL, NULL}};
    if (bind_shared(of_broker, of_client, of_log))
        return -1;
    produce_class = bind_class("pykbroker.handlers.known", "KnownProduce", of_produce);
    counters_class = produce_class ? bind_class("pykbroker.handlers.counters", "TopicCounters", of_counters) : NULL;
    fetch_class = counters_class ? bind_class("pykbroker.handlers.known", "KnownFetch", of_fetch) : NULL;
    metadata_class = fetch_class ? bind_class("pykbroker.handlers.known", "KnownMetadata", of_metadata) : NULL;
    segments_class = metadata_class ? bind_class("pykbroker.storage.segments", "Segments", of_segments) : NULL;
    producers_class = segments_class ? bind_class("pykbroker.storage.producers", "Producers", of_producers) : NULL;
    if (!producers_class || !(refused = attribute_of("pykbroker_protocol.errors", "Refused"))
        || !(append = attribute_of("pykbroker.storage._usual", "append"))
        || !(read_at_hand = attribute_of("pykbroker.storage._at_hand", "read")))
        return -1;
    timestamp = PyUnicode_InternFromString("timestamp");
    fetch_max_bytes = PyUnicode_InternFromString("fetch_max_bytes");
    copied_bytes = PyLong_FromLong(COPIED_BYTES);
    return timestamp && fetch_max_bytes && copied_bytes ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"produce", (PyCFunction)(void (*)(void))produce, METH_FASTCALL,
     "produce(frame, version, correlation_id, client, broker)"},
    {"fetch", (PyCFunction)(void (*)(void))fetch, METH_FASTCALL,
     "fetch(frame, version, correlation_id, client, broker)"},
    {"metadata", (PyCFunction)(void (*)(void))metadata, METH_FASTCALL,
     "metadata(frame, version, correlation_id, client, broker)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, bind}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_known", .m_doc = "the straight way of the shortcuts, compiled",
    .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__known(void) { return PyModuleDef_Init(&definition); }
