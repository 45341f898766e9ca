/* survey(plain, count, base_timestamp): what survey.py says, a hundred times faster.  The two pass the same tests.
   look(batch, earliest, latest, crc32c): whether a batch is of the usual kind, and what its header says then.

   Nothing is kept and nothing is copied: one walk over the bytes, with every length held against what is left. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

typedef struct {
    const uint8_t *at, *end;
} Cursor;

/* Numbers are zigzag in groups of seven bits; one of more than `bits` bits is refused, as is one that is cut short. */
static int read_number(Cursor *cursor, int bits, int64_t *number)
{
    uint64_t value = 0;
    for (int shift = 0; shift < bits; shift += 7) {
        if (cursor->at == cursor->end)
            return 0;
        uint8_t byte = *cursor->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            if (bits == 35)
                value = (uint32_t)value;
            *number = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return 1;
        }
    }
    return 0;
}

#define INT_BITS 35
#define LONG_BITS 70

/* A length and as many bytes; a negative length stands for null and is returned as it is. */
static int skip_bytes(Cursor *cursor, int64_t *length)
{
    if (!read_number(cursor, INT_BITS, length))
        return 0;
    if (*length > cursor->end - cursor->at)
        return 0;
    if (*length > 0)
        cursor->at += *length;
    return 1;
}

typedef struct {
    int64_t timestamp_delta, offset_delta, key_length;
} Seen;

static const char *read_record(Cursor *record, Seen *seen)
{
    int64_t headers, length;
    if (record->at == record->end)
        return "a record without attributes";
    record->at++;
    if (!read_number(record, LONG_BITS, &seen->timestamp_delta) || !read_number(record, INT_BITS, &seen->offset_delta))
        return "a record that is cut short";
    if (!skip_bytes(record, &seen->key_length))
        return "a key that is cut short";
    if (!skip_bytes(record, &length))
        return "a value that is cut short";
    if (!read_number(record, INT_BITS, &headers))
        return "a record that is cut short";
    if (headers < 0 || headers > record->end - record->at)
        return "more headers than bytes";
    while (headers--) {
        if (!skip_bytes(record, &length) || length < 0)
            return "a header without a key";
        if (!skip_bytes(record, &length))
            return "a header that is cut short";
    }
    return record->at == record->end ? NULL : "a record that ends early";
}

typedef struct {
    int64_t smallest, largest, first;
    long keyless, index;
    int in_order;
} Found;

/* NULL, or what is wrong with the record at `found->index`. */
static const char *walk(Cursor cursor, long count, int64_t base_timestamp, Found *found)
{
    *found = (Found){.smallest = INT64_MAX, .largest = -1, .first = -1, .keyless = -1, .in_order = 1};
    for (; found->index < count; found->index++) {
        int64_t length;
        if (!read_number(&cursor, INT_BITS, &length) || length < 0 || length > cursor.end - cursor.at)
            return "a record longer than what is left";
        Cursor record = {cursor.at, cursor.at + length};
        Seen seen;
        const char *fault = read_record(&record, &seen);
        if (fault)
            return fault;
        cursor.at = record.end;
        /* as Java adds: around the end of 64 bits */
        int64_t timestamp = (int64_t)((uint64_t)base_timestamp + (uint64_t)seen.timestamp_delta);
        if (found->index == 0)
            found->first = timestamp;
        if (timestamp > found->largest)
            found->largest = timestamp;
        if (timestamp < found->smallest && timestamp != -1)
            found->smallest = timestamp;
        if (seen.key_length < 0 && found->keyless < 0)
            found->keyless = found->index;
        found->in_order &= seen.offset_delta == found->index;
    }
    return cursor.at == cursor.end ? NULL : "bytes behind the last record";
}

static PyObject *survey(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    if (given != 3) {
        PyErr_SetString(PyExc_TypeError, "survey(plain, count, base_timestamp)");
        return NULL;
    }
    long count = PyLong_AsLong(arguments[1]);
    int64_t base_timestamp = PyLong_AsLongLong(arguments[2]);
    if (PyErr_Occurred())
        return NULL;
    Py_buffer plain;
    if (PyObject_GetBuffer(arguments[0], &plain, PyBUF_SIMPLE) < 0)
        return NULL;
    Found found;
    Cursor records = {plain.buf, (const uint8_t *)plain.buf + plain.len};
    const char *fault = walk(records, count, base_timestamp, &found);
    PyBuffer_Release(&plain);
    if (fault)
        return PyErr_Format(PyExc_ValueError, "record %ld of %ld: %s", found.index, count, fault);
    return Py_BuildValue("LLLlO", (long long)found.smallest, (long long)found.largest, (long long)found.first,
                         found.keyless, found.in_order ? Py_True : Py_False);
}

static int64_t big_endian(const uint8_t *at, int bytes)
{
    uint64_t value = at[0] & 0x80 ? UINT64_MAX : 0;
    while (bytes--)
        value = value << 8 | *at++;
    return (int64_t)value;
}

#define HEADER_BYTES 61
#define CRC_START 21

/* 1 if all but the CRC says that the batch is of the usual kind: see usual.py. */
static int is_usual(const uint8_t *batch, Py_ssize_t size, int64_t earliest, int64_t latest)
{
    if (size < HEADER_BYTES || big_endian(batch + 8, 4) != size - 12 || batch[16] != 2)
        return 0;
    int64_t count = big_endian(batch + 57, 4);
    if (big_endian(batch, 8) != 0 || big_endian(batch + 21, 2) != 0)
        return 0;
    if (count < 1 || big_endian(batch + 23, 4) != count - 1)
        return 0;
    if (big_endian(batch + 43, 8) != -1 && big_endian(batch + 53, 4) < 0)
        return 0;
    Found found;
    Cursor records = {batch + HEADER_BYTES, batch + size};
    if (walk(records, (long)count, big_endian(batch + 27, 8), &found))
        return 0;
    return found.in_order && found.largest == big_endian(batch + 35, 8) && found.smallest != INT64_MAX
           && found.smallest >= earliest && found.largest <= latest;
}

static PyObject *look(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    if (given != 4) {
        PyErr_SetString(PyExc_TypeError, "look(batch, earliest, latest, crc32c)");
        return NULL;
    }
    int64_t earliest = PyLong_AsLongLong(arguments[1]), latest = PyLong_AsLongLong(arguments[2]);
    if (PyErr_Occurred())
        return NULL;
    Py_buffer buffer;
    if (PyObject_GetBuffer(arguments[0], &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    const uint8_t *batch = buffer.buf;
    PyObject *seen = NULL, *covered = NULL, *crc = NULL;
    if (!is_usual(batch, buffer.len, earliest, latest)) {
        seen = Py_NewRef(Py_None);
        goto done;
    }
    covered = PyMemoryView_FromMemory((char *)batch + CRC_START, buffer.len - CRC_START, PyBUF_READ);
    crc = covered ? PyObject_CallOneArg(arguments[3], covered) : NULL;
    if (!crc)
        goto done;
    if (PyLong_AsUnsignedLongMask(crc) != (unsigned long)(uint32_t)big_endian(batch + 17, 4))
        seen = Py_NewRef(Py_None);
    else
        seen = Py_BuildValue("lLLll", (long)big_endian(batch + 23, 4), (long long)big_endian(batch + 35, 8),
                             (long long)big_endian(batch + 43, 8), (long)big_endian(batch + 51, 2),
                             (long)big_endian(batch + 53, 4));
done:
    Py_XDECREF(crc);
    Py_XDECREF(covered);
    PyBuffer_Release(&buffer);
    return seen;
}

static PyMethodDef methods[] = {
    {"survey", (PyCFunction)(void (*)(void))survey, METH_FASTCALL, "survey(plain, count, base_timestamp)"},
    {"look", (PyCFunction)(void (*)(void))look, METH_FASTCALL, "look(batch, earliest, latest, crc32c)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_survey", .m_doc = "survey.py and usual.py, compiled", .m_size = 0, .m_methods = methods,
};

PyMODINIT_FUNC PyInit__survey(void) { return PyModuleDef_Init(&definition); }
