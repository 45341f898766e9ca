/* commit(frame, version, correlation_id, client, broker): see known.py. */

#include "known.h"

#include <string.h>

#define MOST_OFFSETS 64 /* of a request that goes the straight way */

static PyTypeObject *commit_class, *batch_class, *committed_class;
static PyObject *fill, *refused, *timestamp, *machine, *may_commit, *look, *replay_offset, *group_id;

static struct {
    Py_ssize_t client_id, commits;
} in_client;
static struct {
    Py_ssize_t clock, groups;
} in_broker;
static struct {
    Py_ssize_t version, client_id, request, behind, committed, batch, answer, place;
} in_commit;
static struct {
    Py_ssize_t batch, slots;
} in_batch;

/* As records.py's Committed has them. */
enum { OFFSET, LEADER_EPOCH, METADATA, COMMIT_TIMESTAMP, EXPIRE_TIMESTAMP, TOPIC_ID, COMMITTED_FIELDS };

/* How many offsets stand in the frame from `position` on, each with the bytes behind it that are known; 0 if the frame
   is another one. */
static Py_ssize_t read_offsets(Frame frame, Py_ssize_t position, PyObject *behind, int64_t *offsets)
{
    if (!behind || !PyList_CheckExact(behind) || PyList_GET_SIZE(behind) > MOST_OFFSETS)
        return 0;
    Py_ssize_t count = PyList_GET_SIZE(behind);
    for (Py_ssize_t each = 0; each < count; each++) {
        PyObject *same = PyList_GET_ITEM(behind, each);
        if (!PyBytes_CheckExact(same) || frame.size - position < 8 + PyBytes_GET_SIZE(same))
            return 0;
        offsets[each] = big_endian(frame.bytes + position, 8);
        position += 8;
        if (memcmp(frame.bytes + position, PyBytes_AS_STRING(same), (size_t)PyBytes_GET_SIZE(same)))
            return 0;
        position += PyBytes_GET_SIZE(same);
    }
    return position == frame.size ? count : 0;
}

/* 1 if the group takes it, 0 if not, -1 with an exception. */
static int is_taken(PyObject *broker, PyObject *request, int64_t version)
{
    PyObject *groups = SLOT(broker, in_broker.groups), *rules = PyObject_GetAttr(groups, machine), *taken = NULL;
    PyObject *question = rules ? PyObject_GetAttr(rules, may_commit) : NULL, *number = PyLong_FromLongLong(version);
    if (question && number) {
        PyObject *arguments[] = {groups, question, request, number};
        taken = PyObject_VectorcallMethod(look, arguments, 4, NULL);
    }
    Py_XDECREF(number);
    Py_XDECREF(question);
    Py_XDECREF(rules);
    int is = taken ? taken == Py_True : -1;
    Py_XDECREF(taken);
    return is;
}

/* 1 if the batch stands in the log, with the offsets and the time in its slots; 0 if not, -1 with an exception. */
static int is_written(PyObject *known, PyObject *log, const int64_t *offsets, Py_ssize_t count, PyObject *now)
{
    PyObject *batch = SLOT(known, in_commit.batch), *numbers = PyList_New(2 * count), *written = NULL;
    if (!numbers)
        return -1;
    for (Py_ssize_t each = 0; each < count; each++) {
        PyObject *offset = PyLong_FromLongLong(offsets[each]);
        if (!offset) {
            Py_DECREF(numbers);
            return -1;
        }
        PyList_SET_ITEM(numbers, 2 * each, offset);
        PyList_SET_ITEM(numbers, 2 * each + 1, Py_NewRef(now));
    }
    PyObject *epoch = PyTuple_GET_ITEM(SLOT(known, in_commit.place), PLACE_LEADER_EPOCH);
    PyObject *arguments[] = {log, SLOT(batch, in_batch.batch), SLOT(batch, in_batch.slots), numbers, epoch, now};
    written = PyObject_Vectorcall(fill, arguments, 6, NULL);
    Py_DECREF(numbers);
    int is = written ? written == Py_True : -1;
    Py_XDECREF(written);
    return is;
}

/* What is committed now where `before` was; NULL with an exception. */
static PyObject *committed_at(PyObject *before, int64_t offset, PyObject *now)
{
    if (!Py_IS_TYPE(before, committed_class)) {
        PyErr_SetString(PyExc_TypeError, "a KnownCommit with fields of other kinds");
        return NULL;
    }
    PyObject *values = Py_BuildValue("(LOOOOO)", (long long)offset, PyTuple_GET_ITEM(before, LEADER_EPOCH),
                                     PyTuple_GET_ITEM(before, METADATA), now,
                                     PyTuple_GET_ITEM(before, EXPIRE_TIMESTAMP), PyTuple_GET_ITEM(before, TOPIC_ID));
    PyObject *given = values ? PyTuple_Pack(1, values) : NULL;
    PyObject *committed = given ? PyTuple_Type.tp_new(committed_class, given, NULL) : NULL;
    Py_XDECREF(given);
    Py_XDECREF(values);
    return committed;
}

/* The groups know of the offsets that are in the log; -1 with an exception. */
static int tell_groups(PyObject *known, PyObject *broker, const int64_t *offsets, Py_ssize_t count, PyObject *now)
{
    PyObject *rules = PyObject_GetAttr(SLOT(broker, in_broker.groups), machine);
    PyObject *group = rules ? PyObject_GetAttr(SLOT(known, in_commit.request), group_id) : NULL;
    PyObject *places = SLOT(known, in_commit.committed);
    int failed = !group || !PyList_CheckExact(places) || PyList_GET_SIZE(places) != count;
    for (Py_ssize_t each = 0; !failed && each < count; each++) {
        PyObject *place = PyList_GET_ITEM(places, each); /* topic, partition, what was committed */
        PyObject *committed = committed_at(PyTuple_GET_ITEM(place, 2), offsets[each], now), *done = NULL;
        if (committed) {
            PyObject *arguments[] = {rules, group, PyTuple_GET_ITEM(place, 0), PyTuple_GET_ITEM(place, 1), committed};
            done = PyObject_VectorcallMethod(replay_offset, arguments, 5, NULL);
            Py_DECREF(committed);
        }
        Py_XDECREF(done);
        failed = !done;
    }
    Py_XDECREF(group);
    Py_XDECREF(rules);
    return failed ? -1 : 0;
}

static PyObject *commit_and_answer(Frame frame, int64_t version, int64_t correlation_id, PyObject *client,
                                   PyObject *broker)
{
    Py_ssize_t end = 0;
    int64_t offsets[MOST_OFFSETS];
    PyObject *known = find(SLOT(client, in_client.commits), frame, version, commit_class, in_commit.version, &end);
    Py_ssize_t count = known ? read_offsets(frame, end, SLOT(known, in_commit.behind), offsets) : 0;
    PyObject *log = count ? log_at(SLOT(known, in_commit.place), broker) : NULL, *chunks = NULL;
    if (!log || !Py_IS_TYPE(SLOT(known, in_commit.batch), batch_class))
        return NULL;
    Py_INCREF(known);
    Py_INCREF(log);
    PyObject *now = PyObject_CallMethodNoArgs(SLOT(broker, in_broker.clock), timestamp);
    int done = now ? is_taken(broker, SLOT(known, in_commit.request), version) : -1;
    if (done > 0)
        done = is_written(known, log, offsets, count, now);
    if (done < 0 && PyErr_Occurred() && PyErr_ExceptionMatches(refused)) {
        PyErr_Clear(); /* the long way finds the words */
        done = 0;
    }
    if (done > 0 && !tell_groups(known, broker, offsets, count, now)) {
        write_slot(client, in_client.client_id, Py_NewRef(SLOT(known, in_commit.client_id)));
        chunks = as_before(SLOT(known, in_commit.answer), correlation_id);
    }
    Py_XDECREF(now);
    Py_DECREF(log);
    Py_DECREF(known);
    return chunks;
}

static PyObject *commit(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    return answer_straight(arguments, given, commit_and_answer);
}

static int bind(PyObject *module)
{
    (void)module;
    const Slot of_client[] = {{"client_id", &in_client.client_id}, {"commits", &in_client.commits}, {NULL, NULL}};
    const Slot of_broker[] = {{"clock", &in_broker.clock}, {"groups", &in_broker.groups}, {NULL, NULL}};
    const Slot of_commit[] = {{"version", &in_commit.version}, {"client_id", &in_commit.client_id},
                              {"request", &in_commit.request}, {"behind", &in_commit.behind},
                              {"committed", &in_commit.committed}, {"batch", &in_commit.batch},
                              {"answer", &in_commit.answer}, {"place", &in_commit.place}, {NULL, NULL}};
    const Slot of_batch[] = {{"_batch", &in_batch.batch}, {"_slots", &in_batch.slots}, {NULL, NULL}};
    const Slot none[] = {{NULL, NULL}};
    if (bind_shared(of_broker, of_client, none)
        || !(commit_class = bind_class("pykbroker.handlers.known", "KnownCommit", of_commit))
        || !(batch_class = bind_class("pykbroker.storage.prepared", "PreparedBatch", of_batch))
        || !(committed_class = bind_class("pykbroker.groups.records", "Committed", none))
        || !(refused = attribute_of("pykbroker_protocol.errors", "Refused"))
        || !(fill = attribute_of("pykbroker.storage._usual", "fill")))
        return -1;
    timestamp = PyUnicode_InternFromString("timestamp");
    machine = PyUnicode_InternFromString("machine");
    may_commit = PyUnicode_InternFromString("may_commit");
    look = PyUnicode_InternFromString("look");
    replay_offset = PyUnicode_InternFromString("replay_offset");
    group_id = PyUnicode_InternFromString("group_id");
    return timestamp && machine && may_commit && look && replay_offset && group_id ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"commit", (PyCFunction)(void (*)(void))commit, METH_FASTCALL,
     "commit(frame, version, correlation_id, client, broker)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, bind}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_known_commit", .m_doc = "the straight way of OffsetCommit, compiled",
    .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__known_commit(void) { return PyModuleDef_Init(&definition); }
