/* read(log, offset, max_bytes, most_bytes): see at_hand.py. */

#include "header.h"
#include "slots.h"

#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES (16 * 1024)
#define ENTRY_BYTES 8 /* of the offset index: an offset, relative to the segment's, and a position */

static PyTypeObject *log_class, *segment_class, *segments_class, *index_class, *file_class;
static PyObject *floor_position;
static struct {
    Py_ssize_t segments, start_offset, end_offset, high_watermark;
} in_log;
static struct {
    Py_ssize_t base_offset, size, file, offset_index;
} in_segment;
static struct {
    Py_ssize_t recent, on_file;
} in_index;
static Py_ssize_t caught_up_in_segments, descriptor_in_file;

typedef struct {
    PyObject *segments, *segment;
    int64_t end_offset, base_offset, size, descriptor;
} Active;

/* The active segment, if it is open and all of the log up to its end may be read; 0 if not. */
static int find_active(PyObject *log, int64_t offset, Active *active)
{
    int64_t start_offset, high_watermark;
    PyObject *segments = active->segments = SLOT(log, in_log.segments);
    if (!read_slot(log, in_log.start_offset, &start_offset) || !read_slot(log, in_log.end_offset, &active->end_offset)
        || !read_slot(log, in_log.high_watermark, &high_watermark) || high_watermark != active->end_offset
        || offset < start_offset || offset >= high_watermark || !segments || !Py_IS_TYPE(segments, segments_class)
        || !PyList_GET_SIZE(segments))
        return 0;
    PyObject *segment = active->segment = PyList_GET_ITEM(segments, PyList_GET_SIZE(segments) - 1);
    if (!Py_IS_TYPE(segment, segment_class) || !read_slot(segment, in_segment.base_offset, &active->base_offset)
        || active->base_offset > offset || !read_slot(segment, in_segment.size, &active->size))
        return 0;
    PyObject *file = SLOT(segment, in_segment.file);
    return file && Py_IS_TYPE(file, file_class) && read_slot(file, descriptor_in_file, &active->descriptor);
}

/* Where the last of the newest index entries up to `target` says that its batch lies; -1 if an older one has to. */
static int64_t floor_of(const uint8_t *entries, Py_ssize_t nbytes, int64_t target)
{
    Py_ssize_t low = 0, high = nbytes / ENTRY_BYTES;
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (big_endian(entries + middle * ENTRY_BYTES, 4) <= target)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? big_endian(entries + (low - 1) * ENTRY_BYTES + 4, 4) : -1;
}

/* Where the walk for `offset` begins; -1 with an exception. */
static int64_t first_position(const Active *active, int64_t offset)
{
    int64_t position, on_file = 1;
    PyObject *caught_up = SLOT(active->segments, caught_up_in_segments);
    if (caught_up && PyTuple_Check(caught_up) && PyTuple_GET_ITEM(caught_up, 1) == active->segment
        && read_int(PyTuple_GET_ITEM(caught_up, 0), &position) && position == offset
        && read_int(PyTuple_GET_ITEM(caught_up, 2), &position))
        return position;
    PyObject *index = SLOT(active->segment, in_segment.offset_index);
    if (index && Py_IS_TYPE(index, index_class) && read_slot(index, in_index.on_file, &on_file)) {
        PyObject *recent = SLOT(index, in_index.recent);
        if (recent && PyByteArray_CheckExact(recent))
            position = floor_of((uint8_t *)PyByteArray_AS_STRING(recent), PyByteArray_GET_SIZE(recent),
                                offset - active->base_offset);
        else
            position = -1;
        if (position >= 0 || !on_file)
            return position >= 0 ? position : 0;
    }
    PyObject *argument = PyLong_FromLongLong(offset);
    PyObject *found = argument ? PyObject_CallMethodOneArg(active->segment, floor_position, argument) : NULL;
    Py_XDECREF(argument);
    if (!found || !read_int(found, &position))
        position = -1;
    Py_XDECREF(found);
    return position;
}

static ssize_t read_at(int64_t descriptor, void *into, size_t nbytes, int64_t position)
{
    ssize_t held;
    Py_BEGIN_ALLOW_THREADS
    held = pread((int)descriptor, into, nbytes, (off_t)position);
    Py_END_ALLOW_THREADS
    return held;
}

/* Where in `block` the first batch lies that ends at or after `offset`, and its size; -1 if it is not seen there.
   Behind the block's start, `left` bytes of the segment follow. */
static Py_ssize_t find_batch(const uint8_t *block, Py_ssize_t held, int64_t left, int64_t offset, int64_t *size)
{
    for (Py_ssize_t at = 0; at + HEADER_BYTES <= held; at += (Py_ssize_t)*size) {
        const uint8_t *batch = block + at;
        int64_t delta = big_endian(batch + LAST_OFFSET_DELTA_AT, 4);
        *size = big_endian(batch + LENGTH_AT, 4) + LENGTH_END;
        if (*size < HEADER_BYTES || *size > left - at || batch[MAGIC_AT] != MAGIC || delta < 0)
            return -1;
        if (big_endian(batch, 8) + delta >= offset)
            return at;
    }
    return -1;
}

/* A consumer that asks next for the end of the log finds it here: see segments.py. */
static int remember_end(const Active *active)
{
    int64_t known;
    PyObject *caught_up = SLOT(active->segments, caught_up_in_segments);
    if (caught_up && PyTuple_Check(caught_up) && PyTuple_GET_ITEM(caught_up, 1) == active->segment
        && read_int(PyTuple_GET_ITEM(caught_up, 2), &known) && known == active->size)
        return 0;
    caught_up = Py_BuildValue("(LOL)", (long long)active->end_offset, active->segment, (long long)active->size);
    if (!caught_up)
        return -1;
    write_slot(active->segments, caught_up_in_segments, caught_up);
    return 0;
}

/* A new reference to the bytes; NULL, perhaps with an exception, if they are not at hand. */
static PyObject *find_bytes(const Active *active, int64_t offset, int64_t max_bytes, int64_t most_bytes)
{
    uint8_t block[BLOCK_BYTES];
    int64_t size, position = first_position(active, offset);
    if (position < 0)
        return NULL;
    int64_t left = active->size - position;
    /* All that is between here and there is one interval of the index, as a rule. */
    if ((left < max_bytes ? left : max_bytes) > most_bytes + BLOCK_BYTES)
        return NULL;
    ssize_t held = read_at(active->descriptor, block, (size_t)(left < BLOCK_BYTES ? left : BLOCK_BYTES), position);
    Py_ssize_t at = find_batch(block, held, left, offset, &size);
    if (at < 0)
        return NULL;
    int64_t length = left -= at;
    if (length > max_bytes)
        length = size > max_bytes ? size : max_bytes;
    if (length > most_bytes)
        return NULL;
    if (length == left && remember_end(active))
        return NULL;
    if (at + length <= held)
        return PyBytes_FromStringAndSize((char *)block + at, (Py_ssize_t)length);
    PyObject *found = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)length);
    if (found && read_at(active->descriptor, PyBytes_AS_STRING(found), (size_t)length, position + at) != length)
        Py_CLEAR(found);
    return found;
}

static PyObject *read_bytes(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    int64_t offset, max_bytes, most_bytes;
    if (given != 4 || !read_int(arguments[1], &offset) || !read_int(arguments[2], &max_bytes)
        || !read_int(arguments[3], &most_bytes)) {
        PyErr_SetString(PyExc_TypeError, "read(log, offset, max_bytes, most_bytes)");
        return NULL;
    }
    Active active;
    if (!Py_IS_TYPE(arguments[0], log_class) || !find_active(arguments[0], offset, &active))
        Py_RETURN_NONE;
    Py_INCREF(active.segments);
    Py_INCREF(active.segment);
    PyObject *found = find_bytes(&active, offset, max_bytes, most_bytes);
    Py_DECREF(active.segment);
    Py_DECREF(active.segments);
    if (found || PyErr_Occurred())
        return found;
    Py_RETURN_NONE;
}

static int bind(PyObject *module)
{
    (void)module;
    const Slot of_log[] = {{"segments", &in_log.segments}, {"log_start_offset", &in_log.start_offset},
                           {"log_end_offset", &in_log.end_offset}, {"high_watermark", &in_log.high_watermark},
                           {NULL, NULL}};
    const Slot of_segment[] = {{"base_offset", &in_segment.base_offset}, {"size", &in_segment.size},
                               {"_file", &in_segment.file}, {"offset_index", &in_segment.offset_index}, {NULL, NULL}};
    const Slot of_segments[] = {{"_caught_up", &caught_up_in_segments}, {NULL, NULL}};
    const Slot of_index[] = {{"_recent", &in_index.recent}, {"_on_file", &in_index.on_file}, {NULL, NULL}};
    const Slot of_file[] = {{"_descriptor", &descriptor_in_file}, {NULL, NULL}};
    log_class = bind_class("pykbroker.storage.partition_log", "PartitionLog", of_log);
    segment_class = log_class ? bind_class("pykbroker.storage.segment", "Segment", of_segment) : NULL;
    segments_class = segment_class ? bind_class("pykbroker.storage.segments", "Segments", of_segments) : NULL;
    index_class = segments_class ? bind_class("pykbroker.storage.index", "Index", of_index) : NULL;
    file_class = index_class ? bind_class("pykbroker.storage.files", "File", of_file) : NULL;
    floor_position = file_class ? PyUnicode_InternFromString("floor_position") : NULL;
    return floor_position ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"read", (PyCFunction)(void (*)(void))read_bytes, METH_FASTCALL, "read(log, offset, max_bytes, most_bytes)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, bind}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_at_hand", .m_doc = "at_hand.py, compiled", .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__at_hand(void) { return PyModuleDef_Init(&definition); }
