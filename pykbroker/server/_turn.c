/* receive(connections, now, shared, answer), send(connections) and buffer(nbytes): see usual_turn.py.

   No call in here waits, so Python's lock is kept: another thread that got it in between would keep it for milliseconds. */

#include "../storage/slots.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define FRAMES_A_TURN 64
#define SIZE_BYTES 4
#define OWED_BYTES_A_TURN (256 * 1024)
#define CHUNKS_A_CALL 64

static PyTypeObject *connection_class, *inbox_class;
static PyObject *resting;
static struct {
    Py_ssize_t descriptor, client, inbox, owed, promised, unfinished, state, later, verdict, last_used_ms;
} in_connection;
static struct {
    Py_ssize_t max_bytes, view, start, end, large;
} in_inbox;

static int is_empty(PyObject *container) { return container && PyObject_Size(container) == 0; }

/* 1 if nothing of an earlier turn is left on the connection. */
static int is_fresh(PyObject *connection, PyObject *inbox, int64_t *descriptor, int64_t *max_bytes)
{
    int64_t start, end;
    return Py_IS_TYPE(inbox, inbox_class) && SLOT(inbox, in_inbox.large) == Py_None
           && read_slot(inbox, in_inbox.start, &start) && read_slot(inbox, in_inbox.end, &end) && start == end
           && read_slot(inbox, in_inbox.max_bytes, max_bytes)
           && read_slot(connection, in_connection.descriptor, descriptor)
           && is_empty(SLOT(connection, in_connection.promised)) && is_empty(SLOT(connection, in_connection.owed));
}

/* The inbox holds the bytes from `start` to `end` of `shared`. */
static int leave(PyObject *inbox, PyObject *shared, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *from = PyLong_FromSsize_t(start), *to = PyLong_FromSsize_t(end);
    if (!from || !to) {
        Py_XDECREF(from);
        Py_XDECREF(to);
        return -1;
    }
    write_slot(inbox, in_inbox.view, Py_NewRef(shared));
    write_slot(inbox, in_inbox.start, from);
    write_slot(inbox, in_inbox.end, to);
    return 0;
}

static PyObject *slice(PyObject *shared, Py_ssize_t start, Py_ssize_t end)
{
    PyObject *from = PyLong_FromSsize_t(start), *to = PyLong_FromSsize_t(end);
    PyObject *range = from && to ? PySlice_New(from, to, NULL) : NULL;
    PyObject *part = range ? PyObject_GetItem(shared, range) : NULL;
    Py_XDECREF(range);
    Py_XDECREF(to);
    Py_XDECREF(from);
    return part;
}

/* The bytes of a chunk that is in memory and no view; NULL of any other. */
static void *bytes_of(PyObject *chunk, Py_ssize_t *size)
{
    if (PyByteArray_CheckExact(chunk)) {
        *size = PyByteArray_GET_SIZE(chunk);
        return PyByteArray_AS_STRING(chunk);
    }
    if (PyBytes_CheckExact(chunk)) {
        *size = PyBytes_GET_SIZE(chunk);
        return PyBytes_AS_STRING(chunk);
    }
    return NULL;
}

/* How many bytes an answer has that is one such chunk; -1 of any other. */
static Py_ssize_t bytes_of_answer(PyObject *answer)
{
    Py_ssize_t size;
    int is_plain = PyList_CheckExact(answer) && PyList_GET_SIZE(answer) == 1;
    return is_plain && bytes_of(PyList_GET_ITEM(answer, 0), &size) ? size : -1;
}

typedef struct {
    PyObject *odd; /* the answer to the last frame, if it is not simply owed */
    Py_ssize_t at; /* where the first frame stands that was not answered */
    int is_over;   /* the turn's bound is reached */
} Answered;

/* Answers the whole frames of the `held` bytes in `shared`; -1 with the exception that an answer raised. */
static int answer_frames(PyObject *connection, PyObject *shared, const uint8_t *bytes, Py_ssize_t held,
                         int64_t max_bytes, PyObject *answer, Answered *done)
{
    PyObject *client = SLOT(connection, in_connection.client), *owed = SLOT(connection, in_connection.owed);
    Py_ssize_t owed_bytes = 0;
    for (int frames = 1; held - done->at >= SIZE_BYTES && !done->is_over && !done->odd; frames++) {
        int64_t size = big_endian(bytes + done->at, SIZE_BYTES);
        if (size < 0 || size > max_bytes || size > held - done->at - SIZE_BYTES)
            break;
        Py_ssize_t start = done->at + SIZE_BYTES;
        done->at = start + (Py_ssize_t)size;
        PyObject *frame = slice(shared, start, done->at);
        if (!frame)
            return -1;
        PyObject *arguments[] = {frame, client}, *answered = PyObject_Vectorcall(answer, arguments, 2, NULL);
        Py_DECREF(frame);
        if (!answered)
            return -1;
        Py_ssize_t nbytes = bytes_of_answer(answered);
        if (nbytes >= 0) {
            owed_bytes += nbytes;
            if (PyList_Append(owed, PyList_GET_ITEM(answered, 0))) {
                Py_DECREF(answered);
                return -1;
            }
        } else if (answered != Py_None) {
            done->odd = answered;
            continue;
        }
        Py_DECREF(answered);
        done->is_over = frames == FRAMES_A_TURN || owed_bytes > OWED_BYTES_A_TURN;
    }
    return 0;
}

/* What is left goes to the next turn, or to Python, which sees to an answer that is not simply owed. */
static PyObject *leave_rest(PyObject *connection, PyObject *inbox, PyObject *shared, Py_ssize_t held, Answered *done)
{
    if (leave(inbox, shared, done->at, held))
        return NULL;
    if (done->odd)
        return PyTuple_Pack(1, done->odd);
    if (!done->is_over)
        return PyTuple_Pack(1, Py_None);
    PyObject *kept = PyObject_CallMethod(inbox, "keep", NULL);
    Py_XDECREF(kept);
    if (!kept)
        return NULL;
    write_slot(connection, in_connection.unfinished, Py_NewRef(Py_True));
    return Py_NewRef(Py_True);
}

/* What is left to do: see usual_turn.py. */
static PyObject *turn(PyObject *connection, PyObject *shared, PyObject *answer)
{
    PyObject *inbox = SLOT(connection, in_connection.inbox);
    int64_t descriptor, max_bytes;
    if (!is_fresh(connection, inbox, &descriptor, &max_bytes))
        Py_RETURN_NONE;
    Py_buffer buffer;
    if (PyObject_GetBuffer(shared, &buffer, PyBUF_WRITABLE) < 0)
        return NULL;
    ssize_t held = recv((int)descriptor, buffer.buf, (size_t)buffer.len, MSG_DONTWAIT);
    Answered done = {0};
    PyObject *left = NULL;
    if (held < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        left = Py_NewRef(Py_False);
    else if (held <= 0)
        left = Py_NewRef(Py_None); /* asked again on the long way, which knows how connections end */
    else if (!answer_frames(connection, shared, buffer.buf, held, max_bytes, answer, &done)) {
        if (done.at < held || done.odd)
            left = leave_rest(connection, inbox, shared, held, &done);
        else
            left = PyBool_FromLong(!is_empty(SLOT(connection, in_connection.owed)));
    }
    Py_XDECREF(done.odd);
    PyBuffer_Release(&buffer);
    return left;
}

/* The first `sent` bytes are not owed any more; some are. */
static int cut(PyObject *owed, Py_ssize_t sent)
{
    Py_ssize_t gone = 0, size = 0;
    while (bytes_of(PyList_GET_ITEM(owed, gone), &size) && size <= sent) {
        sent -= size;
        gone++;
    }
    PyObject *whole = PyMemoryView_FromObject(PyList_GET_ITEM(owed, gone));
    PyObject *rest = whole ? slice(whole, sent, size) : NULL;
    Py_XDECREF(whole);
    return rest ? PyList_SetItem(owed, gone, rest) || PyList_SetSlice(owed, 0, gone, NULL) : -1;
}

/* 1 if all that is owed has gone out; 0 if some is left, or it is not simply bytes; -1 with an exception. */
static int send_owed(PyObject *connection)
{
    int64_t descriptor;
    PyObject *owed = SLOT(connection, in_connection.owed);
    struct iovec parts[CHUNKS_A_CALL];
    Py_ssize_t count = PyList_GET_SIZE(owed), total = 0, size;
    if (!count || count > CHUNKS_A_CALL || !read_slot(connection, in_connection.descriptor, &descriptor))
        return 0;
    for (Py_ssize_t each = 0; each < count; each++) {
        void *bytes = bytes_of(PyList_GET_ITEM(owed, each), &size);
        if (!bytes)
            return 0;
        parts[each] = (struct iovec){bytes, (size_t)size};
        total += size;
    }
    ssize_t sent;
    if (count == 1)
        sent = send((int)descriptor, parts[0].iov_base, parts[0].iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
    else {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        sent = sendmsg((int)descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    if (sent < total)
        return sent > 0 && cut(owed, sent) ? -1 : 0;
    return PyList_SetSlice(owed, 0, count, NULL) ? -1 : 1;
}

/* Whether nothing but a send is left to do. */
static int has_only_to_send(PyObject *connection)
{
    return SLOT(connection, in_connection.state) == resting && SLOT(connection, in_connection.later) == Py_None
           && SLOT(connection, in_connection.verdict) == Py_None
           && SLOT(connection, in_connection.unfinished) == Py_False && is_empty(SLOT(connection, in_connection.promised));
}

static int add(PyObject *rest, PyObject *connection, PyObject *left, int first)
{
    PyObject *pair = PyTuple_Pack(2, connection, left);
    int failed = pair ? first ? PyList_Insert(rest, 0, pair) : PyList_Append(rest, pair) : -1;
    Py_XDECREF(pair);
    return failed;
}

/* What its answer raised is why the connection will be closed; -1 if it is nothing that costs a connection only. */
static int condemn(PyObject *connection)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception))
        return -1;
    PyObject *kind, *why, *trace;
    PyErr_Fetch(&kind, &why, &trace);
    PyErr_NormalizeException(&kind, &why, &trace);
    if (trace)
        PyException_SetTraceback(why, trace);
    Py_XDECREF(kind);
    Py_XDECREF(trace);
    write_slot(connection, in_connection.verdict, why);
    return 0;
}

/* Whether bytes stand in the inbox; they are in `shared`, until somebody else receives. */
static int holds_bytes(PyObject *connection)
{
    int64_t start, end;
    PyObject *inbox = SLOT(connection, in_connection.inbox);
    return read_slot(inbox, in_inbox.start, &start) && read_slot(inbox, in_inbox.end, &end) && start != end;
}

static int receive_all(PyObject *connections, PyObject *now, PyObject *shared, PyObject *answer, PyObject *answered,
                       PyObject *rest)
{
    int is_shared_used = 0;
    for (Py_ssize_t each = 0; each < PyList_GET_SIZE(connections); each++) {
        PyObject *connection = PyList_GET_ITEM(connections, each), *left;
        if (is_shared_used || !Py_IS_TYPE(connection, connection_class)
            || SLOT(connection, in_connection.state) != resting
            || SLOT(connection, in_connection.unfinished) != Py_False) {
            if (add(rest, connection, Py_None, 0))
                return -1;
            continue;
        }
        write_slot(connection, in_connection.last_used_ms, Py_NewRef(now));
        left = turn(connection, shared, answer);
        if (!left) {
            if (condemn(connection))
                return -1;
            left = Py_NewRef(Py_True);
        }
        int failed = 0;
        if (left == Py_True)
            failed = PyList_Append(answered, connection);
        else if (left != Py_False) {
            is_shared_used = PyTuple_Check(left) && holds_bytes(connection);
            failed = add(rest, connection, left, is_shared_used);
        }
        Py_DECREF(left);
        if (failed)
            return -1;
    }
    return 0;
}

static PyObject *receive(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    if (given != 4 || !PyList_CheckExact(arguments[0])) {
        PyErr_SetString(PyExc_TypeError, "receive(connections, now, shared, answer)");
        return NULL;
    }
    PyObject *answered = PyList_New(0), *rest = PyList_New(0), *both = NULL;
    if (answered && rest && !receive_all(arguments[0], arguments[1], arguments[2], arguments[3], answered, rest))
        both = PyTuple_Pack(2, answered, rest);
    Py_XDECREF(answered);
    Py_XDECREF(rest);
    return both;
}

static PyObject *send_all(PyObject *module, PyObject *connections)
{
    (void)module;
    if (!PyList_CheckExact(connections)) {
        PyErr_SetString(PyExc_TypeError, "send(connections)");
        return NULL;
    }
    PyObject *rest = PyList_New(0);
    for (Py_ssize_t each = 0; rest && each < PyList_GET_SIZE(connections); each++) {
        PyObject *connection = PyList_GET_ITEM(connections, each);
        int sent = Py_IS_TYPE(connection, connection_class) && has_only_to_send(connection) ? send_owed(connection) : 0;
        if (sent < 0 || (!sent && PyList_Append(rest, connection)))
            Py_CLEAR(rest);
    }
    return rest;
}

static PyObject *buffer(PyObject *module, PyObject *nbytes)
{
    (void)module;
    Py_ssize_t size = PyLong_AsSsize_t(nbytes);
    return size == -1 && PyErr_Occurred() ? NULL : PyByteArray_FromStringAndSize(NULL, size);
}

static int bind_all(PyObject *module)
{
    (void)module;
    const Slot of_connection[] = {{"descriptor", &in_connection.descriptor}, {"client", &in_connection.client},
                                  {"inbox", &in_connection.inbox}, {"owed", &in_connection.owed},
                                  {"promised", &in_connection.promised}, {"unfinished", &in_connection.unfinished},
                                  {"state", &in_connection.state}, {"later", &in_connection.later},
                                  {"verdict", &in_connection.verdict},
                                  {"last_used_ms", &in_connection.last_used_ms}, {NULL, NULL}};
    const Slot of_inbox[] = {{"_max_bytes", &in_inbox.max_bytes}, {"_view", &in_inbox.view},
                             {"_start", &in_inbox.start}, {"_end", &in_inbox.end}, {"_large", &in_inbox.large},
                             {NULL, NULL}};
    connection_class = bind_class("pykbroker.server.connection", "Connection", of_connection);
    inbox_class = connection_class ? bind_class("pykbroker.server.framing", "Inbox", of_inbox) : NULL;
    PyObject *states = inbox_class ? attribute_of("pykbroker.server.connection", "State") : NULL;
    resting = states ? PyObject_GetAttrString(states, "RESTING") : NULL;
    Py_XDECREF(states);
    return resting ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"receive", (PyCFunction)(void (*)(void))receive, METH_FASTCALL, "receive(connections, now, shared, answer)"},
    {"send", send_all, METH_O, "send(connections)"},
    {"buffer", buffer, METH_O, "buffer(nbytes)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, bind_all}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_turn", .m_doc = "a usual turn, compiled", .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__turn(void) { return PyModuleDef_Init(&definition); }
