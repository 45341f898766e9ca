/* append(log, batch, leader_epoch, timestamp_ms) and fill(log, batch, slots, numbers, leader_epoch, timestamp_ms): see
   usual.py and prepared.py.

   It decides first, makes every object that it will need, writes, and then only stores: so nothing is half done when
   memory ends.  What is not the straight way, an entry of an index or somebody who waits, is left to Python. */

#include "header.h"
#include "slots.h"
#include "walk.h"

#include <string.h>
#include <sys/uio.h>

#define OWNED_BYTES 16 /* base offset, length and leader epoch: what the broker writes, before what it leaves alone */
#define WRITTEN_AT_ONCE_BYTES (16 * 1024) /* to the page cache, in less time than others take to get Python's lock */
#define SEQUENCES ((int64_t)1 << 31)
#define REMEMBERED_BATCHES 5

static PyTypeObject *log_class, *segment_class, *segments_class, *producers_class, *producer_class, *epochs_class,
    *file_class, *written_class;
static PyObject *files, *write_pieces, *writev_of_os, *crc32c, *room, *take_back;

static struct {
    Py_ssize_t broken, config, segments, end_offset, high_watermark, hold_from, watchers, producers, epochs;
} in_log;
static struct {
    Py_ssize_t size, room, file, max_timestamp, max_timestamp_offset, bytes_since_index;
} in_segment;
static struct {
    Py_ssize_t epoch, unstable_from, batches, last_timestamp;
} in_producer;
static Py_ssize_t end_offset_in_segments, by_id_in_producers, latest_in_epochs, descriptor_in_file;

/* As segment.py's Room and Bounds have them. */
enum { ROOM_CONFIG, ROOM_BYTES, ROOM_LAST_OFFSET, ROOM_UNTIL_MS, ROOM_INTERVAL_BYTES, ROOM_BOUNDS, ROOM_FIELDS };
enum { BOUNDS_BYTES, BOUNDS_BEFORE_MS, BOUNDS_AFTER_MS, BOUNDS_FIELDS };

typedef struct {
    const uint8_t *bytes;
    int64_t size, last_offset_delta, max_timestamp, producer_id, producer_epoch, base_sequence;
} Batch;

/* What the log is now, and what it becomes; references are held until the end. */
typedef struct {
    PyObject *segment, *room, *producer, *producer_id;
    int64_t base_offset, size, leader_epoch, descriptor, bytes_since_index, interval_bytes;
    PyObject *new_end_offset, *new_size, *new_bytes_since_index, *new_max_timestamp, *new_max_offset, *new_batches;
} Step;

static void let_go(Step *step)
{
    Py_XDECREF(step->segment);
    Py_XDECREF(step->room);
    Py_XDECREF(step->producer);
    Py_XDECREF(step->producer_id);
    Py_XDECREF(step->new_end_offset);
    Py_XDECREF(step->new_size);
    Py_XDECREF(step->new_bytes_since_index);
    Py_XDECREF(step->new_max_timestamp);
    Py_XDECREF(step->new_max_offset);
    Py_XDECREF(step->new_batches);
}

/* 1 if all but the CRC says that the batch is of the usual kind, with times from `earliest` to `latest`. */
static int is_usual(Batch *batch, int64_t earliest, int64_t latest)
{
    const uint8_t *bytes = batch->bytes;
    if (batch->size < HEADER_BYTES || big_endian(bytes + LENGTH_AT, 4) != batch->size - LENGTH_END
        || bytes[MAGIC_AT] != MAGIC)
        return 0;
    int64_t count = big_endian(bytes + COUNT_AT, 4);
    if (big_endian(bytes, 8) != 0 || big_endian(bytes + ATTRIBUTES_AT, 2) != 0)
        return 0;
    batch->last_offset_delta = big_endian(bytes + LAST_OFFSET_DELTA_AT, 4);
    batch->max_timestamp = big_endian(bytes + MAX_TIMESTAMP_AT, 8);
    batch->producer_id = big_endian(bytes + PRODUCER_ID_AT, 8);
    batch->producer_epoch = big_endian(bytes + PRODUCER_EPOCH_AT, 2);
    batch->base_sequence = big_endian(bytes + BASE_SEQUENCE_AT, 4);
    if (count < 1 || batch->last_offset_delta != count - 1)
        return 0;
    if (batch->producer_id != -1 && batch->base_sequence < 0)
        return 0;
    Found found;
    Cursor records = {bytes + HEADER_BYTES, bytes + batch->size};
    if (walk(records, (long)count, big_endian(bytes + BASE_TIMESTAMP_AT, 8), &found))
        return 0;
    return found.in_order && found.largest == batch->max_timestamp && found.smallest != INT64_MAX
           && found.smallest >= earliest && found.largest <= latest;
}

static PyObject *crc_of(const Batch *batch)
{
    PyObject *covered = PyMemoryView_FromMemory((char *)batch->bytes + CRC_START, batch->size - CRC_START, PyBUF_READ);
    PyObject *crc = covered ? PyObject_CallOneArg(crc32c, covered) : NULL;
    Py_XDECREF(covered);
    return crc;
}

/* 1 if it holds, 0 if not, -1 with an exception. */
static int crc_holds(const Batch *batch)
{
    PyObject *crc = crc_of(batch);
    if (!crc)
        return -1;
    int holds = PyLong_AsUnsignedLongMask(crc) == (unsigned long)(uint32_t)big_endian(batch->bytes + CRC_AT, 4);
    Py_DECREF(crc);
    return holds;
}

/* From here on, 1 is go on, 0 is not usual, -1 an exception. */

static int has_room(PyObject *log, const Batch *batch, Step *step)
{
    int64_t broom, last_offset, until_ms;
    PyObject *fields = step->room;
    if (!read_int(PyTuple_GET_ITEM(fields, ROOM_BYTES), &broom)
        || !read_int(PyTuple_GET_ITEM(fields, ROOM_LAST_OFFSET), &last_offset)
        || !read_int(PyTuple_GET_ITEM(fields, ROOM_UNTIL_MS), &until_ms)
        || !read_int(PyTuple_GET_ITEM(fields, ROOM_INTERVAL_BYTES), &step->interval_bytes))
        return 0;
    int64_t latest_epoch;
    PyObject *epochs = SLOT(log, in_log.epochs);
    if (!epochs || !Py_IS_TYPE(epochs, epochs_class) || !read_slot(epochs, latest_in_epochs, &latest_epoch))
        return 0;
    return step->base_offset + batch->last_offset_delta <= last_offset && step->size <= broom - batch->size
           && batch->max_timestamp <= until_ms && step->leader_epoch == latest_epoch;
}

/* The active segment, of which something is there, with its file open and what it takes. */
static int find_segment(PyObject *log, Step *step)
{
    PyObject *broken = SLOT(log, in_log.broken), *segments = SLOT(log, in_log.segments);
    if (!broken || PyObject_IsTrue(broken) || !segments || !Py_IS_TYPE(segments, segments_class)
        || !PyList_GET_SIZE(segments) || !read_slot(log, in_log.end_offset, &step->base_offset))
        return 0;
    PyObject *segment = PyList_GET_ITEM(segments, PyList_GET_SIZE(segments) - 1);
    if (!Py_IS_TYPE(segment, segment_class) || !read_slot(segment, in_segment.size, &step->size) || !step->size
        || !read_slot(segment, in_segment.bytes_since_index, &step->bytes_since_index))
        return 0;
    step->segment = Py_NewRef(segment);
    PyObject *file = SLOT(segment, in_segment.file), *config = SLOT(log, in_log.config);
    if (!file || !Py_IS_TYPE(file, file_class) || !read_slot(file, descriptor_in_file, &step->descriptor) || !config)
        return 0;
    PyObject *known = SLOT(segment, in_segment.room);
    if (known && PyTuple_Check(known) && PyTuple_GET_ITEM(known, ROOM_CONFIG) == config)
        step->room = Py_NewRef(known);
    else
        step->room = PyObject_CallMethodOneArg(segment, room, config);
    if (!step->room)
        return -1;
    return PyTuple_Check(step->room) && PyTuple_GET_SIZE(step->room) == ROOM_FIELDS;
}

/* The batch's producer, if it has one, and that it is its turn. */
static int is_in_turn(PyObject *log, const Batch *batch, Step *step)
{
    if (batch->producer_id < 0)
        return 1;
    PyObject *producers = SLOT(log, in_log.producers);
    PyObject *by_id = producers && Py_IS_TYPE(producers, producers_class) ? SLOT(producers, by_id_in_producers) : NULL;
    if (!by_id || !PyDict_CheckExact(by_id))
        return 0;
    step->producer_id = PyLong_FromLongLong(batch->producer_id);
    PyObject *producer = step->producer_id ? PyDict_GetItemWithError(by_id, step->producer_id) : NULL;
    if (!producer)
        return PyErr_Occurred() ? -1 : 0;
    if (!Py_IS_TYPE(producer, producer_class))
        return 0;
    step->producer = Py_NewRef(producer);
    int64_t epoch, unstable_from, last_sequence;
    PyObject *batches = SLOT(producer, in_producer.batches);
    if (!read_slot(producer, in_producer.epoch, &epoch) || epoch != batch->producer_epoch
        || !read_slot(producer, in_producer.unstable_from, &unstable_from) || unstable_from >= 0 || !batches
        || !PyTuple_Check(batches) || !PyTuple_GET_SIZE(batches))
        return 0;
    PyObject *last = PyTuple_GET_ITEM(batches, PyTuple_GET_SIZE(batches) - 1);
    return PyTuple_Check(last) && read_int(PyTuple_GET_ITEM(last, 0), &last_sequence)
           && batch->base_sequence == last_sequence + 1;
}

/* The producer's newest batches, with this one: see producers.py's Written. */
static PyObject *with_newest(const Batch *batch, const Step *step)
{
    int64_t last_sequence = (batch->base_sequence + batch->last_offset_delta) % SEQUENCES;
    PyObject *values = Py_BuildValue("(LLLO)", (long long)last_sequence,
                                     (long long)(step->base_offset + batch->last_offset_delta),
                                     (long long)batch->last_offset_delta, step->new_max_timestamp);
    PyObject *given = values ? PyTuple_Pack(1, values) : NULL;
    PyObject *written = given ? PyTuple_Type.tp_new(written_class, given, NULL) : NULL;
    Py_XDECREF(given);
    Py_XDECREF(values);
    if (!written)
        return NULL;
    PyObject *batches = SLOT(step->producer, in_producer.batches);
    Py_ssize_t known = PyTuple_GET_SIZE(batches), kept = known < REMEMBERED_BATCHES ? known : REMEMBERED_BATCHES - 1;
    PyObject *newest = PyTuple_New(kept + 1);
    if (!newest) {
        Py_DECREF(written);
        return NULL;
    }
    for (Py_ssize_t each = 0; each < kept; each++)
        PyTuple_SET_ITEM(newest, each, Py_NewRef(PyTuple_GET_ITEM(batches, known - kept + each)));
    PyTuple_SET_ITEM(newest, kept, written);
    return newest;
}

static int prepare(const Batch *batch, Step *step)
{
    int64_t last_offset = step->base_offset + batch->last_offset_delta, latest;
    if (!read_slot(step->segment, in_segment.max_timestamp, &latest))
        return 0;
    step->new_end_offset = PyLong_FromLongLong(last_offset + 1);
    step->new_size = PyLong_FromLongLong(step->size + batch->size);
    step->new_bytes_since_index = PyLong_FromLongLong(step->bytes_since_index + batch->size);
    step->new_max_timestamp = PyLong_FromLongLong(batch->max_timestamp);
    if (!step->new_end_offset || !step->new_size || !step->new_bytes_since_index || !step->new_max_timestamp)
        return -1;
    if (batch->max_timestamp > latest && !(step->new_max_offset = PyLong_FromLongLong(last_offset)))
        return -1;
    if (step->producer && !(step->new_batches = with_newest(batch, step)))
        return -1;
    return 1;
}

/* How many bytes were written, by whom files.py says: the system's call if that is it, or else what took its place. */
static int64_t write_pieces_of(const Step *step, uint8_t *owned, const Batch *batch)
{
    PyObject *writes = PyObject_GetAttr(files, write_pieces);
    if (writes == writev_of_os && batch->size <= WRITTEN_AT_ONCE_BYTES) {
        struct iovec parts[] = {{owned, OWNED_BYTES},
                                {(void *)(batch->bytes + OWNED_BYTES), (size_t)batch->size - OWNED_BYTES}};
        Py_DECREF(writes);
        return writev((int)step->descriptor, parts, 2);
    }
    int64_t written = -1;
    PyObject *head = PyBytes_FromStringAndSize((char *)owned, OWNED_BYTES);
    PyObject *rest = PyMemoryView_FromMemory((char *)batch->bytes + OWNED_BYTES, batch->size - OWNED_BYTES, PyBUF_READ);
    PyObject *pieces = head && rest ? PyList_New(2) : NULL, *descriptor = PyLong_FromLongLong(step->descriptor);
    if (pieces) {
        PyList_SET_ITEM(pieces, 0, Py_NewRef(head));
        PyList_SET_ITEM(pieces, 1, Py_NewRef(rest));
        if (writes && descriptor) {
            PyObject *taken = PyObject_CallFunctionObjArgs(writes, descriptor, pieces, NULL);
            if (taken)
                read_int(taken, &written);
            Py_XDECREF(taken);
        }
    }
    Py_XDECREF(descriptor);
    Py_XDECREF(pieces);
    Py_XDECREF(rest);
    Py_XDECREF(head);
    Py_XDECREF(writes);
    return written;
}

/* The batch stands in the file, with its offset and epoch; 0 if it does not, and the file is as it was. */
static int write_batch(PyObject *log, const Batch *batch, const Step *step)
{
    uint8_t owned[OWNED_BYTES];
    put_big_endian(owned, 8, step->base_offset);
    put_big_endian(owned + LENGTH_AT, 4, batch->size - LENGTH_END);
    put_big_endian(owned + LENGTH_END, 4, step->leader_epoch);
    int64_t written = write_pieces_of(step, owned, batch);
    if (PyErr_Occurred()) {
        if (!PyErr_ExceptionMatches(PyExc_OSError))
            return -1;
        PyErr_Clear(); /* it comes again on the long way, which has the words for it */
    }
    if (written == batch->size)
        return 1;
    PyObject *done = PyObject_CallMethodOneArg(log, take_back, step->segment);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* The log knows of the batch that was written. */
static int store(PyObject *log, const Batch *batch, Step *step)
{
    int64_t end_offset = step->base_offset + batch->last_offset_delta + 1, hold_from = 0;
    PyObject *segment = step->segment, *done;
    write_slot(segment, in_segment.size, Py_NewRef(step->new_size));
    if (step->bytes_since_index > step->interval_bytes) {
        done = PyObject_CallMethod(segment, "indexed", "LLLLL", (long long)step->size, (long long)batch->size,
                                   (long long)(end_offset - 1), (long long)batch->max_timestamp,
                                   (long long)step->interval_bytes);
        if (!done)
            return -1;
        Py_DECREF(done);
    } else {
        write_slot(segment, in_segment.bytes_since_index, Py_NewRef(step->new_bytes_since_index));
        if (step->new_max_offset) {
            write_slot(segment, in_segment.max_timestamp, Py_NewRef(step->new_max_timestamp));
            write_slot(segment, in_segment.max_timestamp_offset, Py_NewRef(step->new_max_offset));
        }
    }
    if (step->producer) {
        write_slot(step->producer, in_producer.batches, Py_NewRef(step->new_batches));
        write_slot(step->producer, in_producer.last_timestamp, Py_NewRef(step->new_max_timestamp));
    }
    write_slot(SLOT(log, in_log.segments), end_offset_in_segments, Py_NewRef(step->new_end_offset));
    write_slot(log, in_log.end_offset, Py_NewRef(step->new_end_offset));
    PyObject *watchers = SLOT(log, in_log.watchers);
    if (read_slot(log, in_log.hold_from, &hold_from) && end_offset < hold_from
        && (watchers == Py_None || (PySet_Check(watchers) && !PySet_GET_SIZE(watchers)))) {
        write_slot(log, in_log.high_watermark, Py_NewRef(step->new_end_offset));
        return 1;
    }
    done = PyObject_CallMethod(log, "arrived", "LL", (long long)end_offset, (long long)batch->size);
    Py_XDECREF(done);
    return done ? 1 : -1;
}

static int take(PyObject *log, Batch *batch, int64_t timestamp, Step *step)
{
    int usual = find_segment(log, step);
    if (usual < 1)
        return usual;
    int64_t most_bytes, before_ms, after_ms;
    PyObject *bounds = PyTuple_GET_ITEM(step->room, ROOM_BOUNDS);
    if (!PyTuple_Check(bounds) || PyTuple_GET_SIZE(bounds) != BOUNDS_FIELDS
        || !read_int(PyTuple_GET_ITEM(bounds, BOUNDS_BYTES), &most_bytes)
        || !read_int(PyTuple_GET_ITEM(bounds, BOUNDS_BEFORE_MS), &before_ms)
        || !read_int(PyTuple_GET_ITEM(bounds, BOUNDS_AFTER_MS), &after_ms))
        return 0;
    if (batch->size > most_bytes || !is_usual(batch, timestamp - before_ms, timestamp + after_ms)
        || !has_room(log, batch, step))
        return 0;
    if ((usual = crc_holds(batch)) < 1 || (usual = is_in_turn(log, batch, step)) < 1
        || (usual = prepare(batch, step)) < 1 || (usual = write_batch(log, batch, step)) < 1)
        return usual;
    return store(log, batch, step);
}

/* 1 if the numbers, and the time, stand in the batch, and its CRC fits. */
static int fill_in(Batch *batch, PyObject *slots, PyObject *numbers)
{
    uint8_t *bytes = (uint8_t *)batch->bytes;
    if (batch->size < HEADER_BYTES || !PyList_CheckExact(slots) || !PyList_CheckExact(numbers)
        || PyList_GET_SIZE(slots) != PyList_GET_SIZE(numbers)) {
        PyErr_SetString(PyExc_ValueError, "a batch with a number for each slot");
        return -1;
    }
    for (Py_ssize_t each = 0; each < PyList_GET_SIZE(slots); each++) {
        int64_t at, number;
        if (!read_int(PyList_GET_ITEM(slots, each), &at) || !read_int(PyList_GET_ITEM(numbers, each), &number) || at < 0
            || at > batch->size - 8) {
            PyErr_SetString(PyExc_ValueError, "a slot outside of the batch");
            return -1;
        }
        put_big_endian(bytes + at, 8, number);
    }
    put_big_endian(bytes + BASE_TIMESTAMP_AT, 8, batch->max_timestamp);
    put_big_endian(bytes + MAX_TIMESTAMP_AT, 8, batch->max_timestamp);
    int64_t crc = 0;
    PyObject *computed = crc_of(batch);
    if (!computed)
        return -1;
    read_int(computed, &crc);
    Py_DECREF(computed);
    put_big_endian(bytes + CRC_AT, 4, crc);
    return 1;
}

static int take_own(PyObject *log, Batch *batch, PyObject *slots, PyObject *numbers, Step *step)
{
    int64_t hold_from;
    int usual = find_segment(log, step);
    if (usual < 1)
        return usual;
    if (!has_room(log, batch, step) || !read_slot(log, in_log.hold_from, &hold_from)
        || step->base_offset + batch->last_offset_delta + 1 >= hold_from)
        return 0;
    if ((usual = fill_in(batch, slots, numbers)) < 1 || (usual = prepare(batch, step)) < 1
        || (usual = write_batch(log, batch, step)) < 1)
        return usual;
    return store(log, batch, step);
}

static PyObject *fill(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    Step step = {0};
    Batch batch = {.producer_id = -1};
    if (given != 6 || !PyBytes_CheckExact(arguments[1]) || PyBytes_GET_SIZE(arguments[1]) < HEADER_BYTES
        || !read_int(arguments[4], &step.leader_epoch) || !read_int(arguments[5], &batch.max_timestamp)) {
        PyErr_SetString(PyExc_TypeError, "fill(log, batch, slots, numbers, leader_epoch, timestamp_ms)");
        return NULL;
    }
    if (!Py_IS_TYPE(arguments[0], log_class))
        Py_RETURN_FALSE;
    batch.size = PyBytes_GET_SIZE(arguments[1]);
    PyObject *filled = PyBytes_FromStringAndSize(PyBytes_AS_STRING(arguments[1]), (Py_ssize_t)batch.size);
    if (!filled)
        return NULL;
    batch.bytes = (uint8_t *)PyBytes_AS_STRING(filled);
    batch.last_offset_delta = big_endian(batch.bytes + LAST_OFFSET_DELTA_AT, 4);
    int taken = take_own(arguments[0], &batch, arguments[2], arguments[3], &step);
    Py_DECREF(filled);
    let_go(&step);
    return taken < 0 ? NULL : PyBool_FromLong(taken);
}

static PyObject *append(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    int64_t timestamp;
    Step step = {0};
    if (given != 4 || !read_int(arguments[2], &step.leader_epoch) || !read_int(arguments[3], &timestamp)) {
        PyErr_SetString(PyExc_TypeError, "append(log, batch, leader_epoch, timestamp_ms)");
        return NULL;
    }
    PyObject *log = arguments[0];
    if (!Py_IS_TYPE(log, log_class))
        Py_RETURN_NONE;
    Py_buffer buffer;
    if (PyObject_GetBuffer(arguments[1], &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    Batch batch = {.bytes = buffer.buf, .size = buffer.len};
    int taken = take(log, &batch, timestamp, &step);
    PyBuffer_Release(&buffer);
    let_go(&step);
    if (taken < 0)
        return NULL;
    if (!taken)
        Py_RETURN_NONE;
    return Py_BuildValue("LL", (long long)step.base_offset, (long long)(batch.last_offset_delta + 1));
}

static int bind(PyObject *module)
{
    (void)module;
    const char *producers = "pykbroker.storage.producers";
    const Slot of_log[] = {{"broken", &in_log.broken}, {"config", &in_log.config}, {"segments", &in_log.segments},
                           {"log_end_offset", &in_log.end_offset}, {"high_watermark", &in_log.high_watermark},
                           {"hold_from", &in_log.hold_from}, {"_watchers", &in_log.watchers},
                           {"producers", &in_log.producers}, {"_epochs", &in_log.epochs}, {NULL, NULL}};
    const Slot of_segment[] = {{"size", &in_segment.size}, {"_room", &in_segment.room}, {"_file", &in_segment.file},
                               {"max_timestamp", &in_segment.max_timestamp},
                               {"max_timestamp_offset", &in_segment.max_timestamp_offset},
                               {"_bytes_since_index", &in_segment.bytes_since_index}, {NULL, NULL}};
    const Slot of_producer[] = {{"producer_epoch", &in_producer.epoch},
                                {"transaction_first_offset", &in_producer.unstable_from},
                                {"batches", &in_producer.batches}, {"last_timestamp", &in_producer.last_timestamp},
                                {NULL, NULL}};
    const Slot of_segments[] = {{"end_offset", &end_offset_in_segments}, {NULL, NULL}};
    const Slot of_producers[] = {{"_by_id", &by_id_in_producers}, {NULL, NULL}};
    const Slot of_epochs[] = {{"latest", &latest_in_epochs}, {NULL, NULL}};
    const Slot of_file[] = {{"_descriptor", &descriptor_in_file}, {NULL, NULL}};
    const Slot of_written[] = {{NULL, NULL}};
    log_class = bind_class("pykbroker.storage.partition_log", "PartitionLog", of_log);
    segment_class = log_class ? bind_class("pykbroker.storage.segment", "Segment", of_segment) : NULL;
    segments_class = segment_class ? bind_class("pykbroker.storage.segments", "Segments", of_segments) : NULL;
    epochs_class = segments_class ? bind_class("pykbroker.storage.epochs", "LeaderEpochs", of_epochs) : NULL;
    file_class = epochs_class ? bind_class("pykbroker.storage.files", "File", of_file) : NULL;
    producers_class = file_class ? bind_class(producers, "Producers", of_producers) : NULL;
    producer_class = producers_class ? bind_class(producers, "Producer", of_producer) : NULL;
    written_class = producer_class ? bind_class(producers, "Written", of_written) : NULL;
    files = written_class ? PyImport_ImportModule("pykbroker.storage.files") : NULL;
    crc32c = files ? attribute_of("pykbroker.storage.checksum", "crc32c") : NULL;
    writev_of_os = crc32c ? attribute_of("os", "writev") : NULL;
    write_pieces = PyUnicode_InternFromString("write_pieces");
    room = PyUnicode_InternFromString("room");
    take_back = PyUnicode_InternFromString("take_back");
    return writev_of_os && write_pieces && room && take_back ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"append", (PyCFunction)(void (*)(void))append, METH_FASTCALL, "append(log, batch, leader_epoch, timestamp_ms)"},
    {"fill", (PyCFunction)(void (*)(void))fill, METH_FASTCALL,
     "fill(log, batch, slots, numbers, leader_epoch, timestamp_ms)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, bind}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_usual", .m_doc = "usual.py, compiled", .m_methods = methods, .m_slots = slots,
};

PyMODINIT_FUNC PyInit__usual(void) { return PyModuleDef_Init(&definition); }
