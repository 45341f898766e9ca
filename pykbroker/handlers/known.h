/* What a known request is found by, and its place: prefixes.py and places.py.  NULL without an exception, in here, is
   what None is there. */

#ifndef PYKBROKER_KNOWN_H
#define PYKBROKER_KNOWN_H

#include "../storage/slots.h"

#define SAME_FROM 8 /* api key, version and correlation id stand before: prefixes.py */

static PyTypeObject *broker_class, *client_class, *prefixes_class, *log_class;
static PyObject *revision, *no_use;
static Py_ssize_t meanings_in_prefixes, ends_in_prefixes, catalog_in_broker, broken_in_log, unused_looks_in_log;

/* As places.py's Place has them. */
enum { PLACE_REVISION, PLACE_LOG, PLACE_LEADER_EPOCH, PLACE_IS_INTERNAL, PLACE_COUNTERS, PLACE_FIELDS };

typedef struct {
    const uint8_t *bytes;
    Py_ssize_t size;
} Frame;

/* What the frame's prefix means, borrowed, and where it ends; NULL, perhaps with an exception, if nothing is known. */
static PyObject *find(PyObject *prefixes, Frame frame, int64_t version, PyTypeObject *class, Py_ssize_t version_at,
                      Py_ssize_t *end)
{
    if (!prefixes || !Py_IS_TYPE(prefixes, prefixes_class))
        return NULL;
    PyObject *meanings = SLOT(prefixes, meanings_in_prefixes), *ends = SLOT(prefixes, ends_in_prefixes);
    if (!meanings || !ends || !PyDict_CheckExact(meanings) || !PyList_CheckExact(ends))
        return NULL;
    for (Py_ssize_t each = 0; each < PyList_GET_SIZE(ends); each++) {
        int64_t at, of;
        if (!read_int(PyList_GET_ITEM(ends, each), &at) || at < SAME_FROM || at > frame.size)
            continue;
        PyObject *same = PyBytes_FromStringAndSize((const char *)frame.bytes + SAME_FROM, at - SAME_FROM);
        PyObject *found = same ? PyDict_GetItemWithError(meanings, same) : NULL;
        Py_XDECREF(same);
        if (found && Py_IS_TYPE(found, class) && read_slot(found, version_at, &of) && of == version) {
            *end = at;
            return found;
        }
        if (PyErr_Occurred())
            return NULL;
    }
    return NULL;
}

/* Whether the catalog is at that revision; if not, perhaps with an exception. */
static int is_at(PyObject *held, PyObject *broker)
{
    int64_t now, then;
    PyObject *catalog = SLOT(broker, catalog_in_broker), *changes = catalog ? PyObject_GetAttr(catalog, revision) : NULL;
    int same = changes && read_int(changes, &now) && read_int(held, &then) && now == then;
    Py_XDECREF(changes);
    return same;
}

/* The log of a place that is one still; NULL, perhaps with an exception. */
static PyObject *log_at(PyObject *place, PyObject *broker)
{
    if (!place || !PyTuple_Check(place) || PyTuple_GET_SIZE(place) != PLACE_FIELDS
        || !is_at(PyTuple_GET_ITEM(place, PLACE_REVISION), broker))
        return NULL;
    PyObject *log = PyTuple_GET_ITEM(place, PLACE_LOG);
    if (!Py_IS_TYPE(log, log_class))
        return NULL;
    PyObject *broken = SLOT(log, broken_in_log);
    if (!broken || PyObject_IsTrue(broken))
        return NULL;
    write_slot(log, unused_looks_in_log, Py_NewRef(no_use));
    return log;
}

/* [the answer that was given before], with another correlation id. */
static inline PyObject *as_before(PyObject *same, int64_t correlation_id)
{
    PyObject *answer = PyByteArray_FromStringAndSize(PyBytes_AS_STRING(same), PyBytes_GET_SIZE(same));
    PyObject *chunks = answer ? PyList_New(1) : NULL;
    if (!chunks) {
        Py_XDECREF(answer);
        return NULL;
    }
    put_big_endian((uint8_t *)PyByteArray_AS_STRING(answer) + 4, 4, correlation_id);
    PyList_SET_ITEM(chunks, 0, answer);
    return chunks;
}

typedef PyObject *(*Straight)(Frame frame, int64_t version, int64_t correlation_id, PyObject *client,
                              PyObject *broker);

static PyObject *answer_straight(PyObject *const *arguments, Py_ssize_t given, Straight straight)
{
    int64_t version, correlation_id;
    if (given != 5 || !read_int(arguments[1], &version) || !read_int(arguments[2], &correlation_id)
        || !Py_IS_TYPE(arguments[3], client_class) || !Py_IS_TYPE(arguments[4], broker_class)) {
        PyErr_SetString(PyExc_TypeError, "(frame, version, correlation_id, client, broker)");
        return NULL;
    }
    Py_buffer buffer;
    if (PyObject_GetBuffer(arguments[0], &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    Frame frame = {buffer.buf, buffer.len};
    PyObject *chunks = straight(frame, version, correlation_id, arguments[3], arguments[4]);
    PyBuffer_Release(&buffer);
    if (chunks || PyErr_Occurred())
        return chunks;
    Py_RETURN_NONE;
}

/* 0, or -1 with an exception: where all these fields lie, and those of the caller. */
static int bind_shared(const Slot *of_broker, const Slot *of_client, const Slot *of_log)
{
    const Slot of_prefixes[] = {{"_meanings", &meanings_in_prefixes}, {"_ends", &ends_in_prefixes}, {NULL, NULL}};
    const Slot catalog[] = {{"catalog", &catalog_in_broker}, {NULL, NULL}};
    const Slot use[] = {{"broken", &broken_in_log}, {"unused_looks", &unused_looks_in_log}, {NULL, NULL}};
    const char *log = "pykbroker.storage.partition_log", *broker = "pykbroker.handlers.broker";
    if (!bind_class(broker, "Broker", catalog) || !(broker_class = bind_class(broker, "Broker", of_broker))
        || !(client_class = bind_class("pykbroker.handlers.client", "Client", of_client))
        || !(prefixes_class = bind_class("pykbroker.handlers.prefixes", "Prefixes", of_prefixes))
        || !bind_class(log, "PartitionLog", use) || !(log_class = bind_class(log, "PartitionLog", of_log)))
        return -1;
    revision = PyUnicode_InternFromString("revision");
    no_use = PyLong_FromLong(0);
    return revision && no_use ? 0 : -1;
}

#endif
