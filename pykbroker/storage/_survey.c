/* survey(plain, count, base_timestamp): what survey.py says, a hundred times faster.  The two pass the same tests.

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

    Cursor cursor = {plain.buf, (const uint8_t *)plain.buf + plain.len};
    int64_t smallest = INT64_MAX, largest = -1, first = -1;
    long keyless = -1, index = 0;
    int in_order = 1;
    const char *fault = NULL;
    for (; index < count; index++) {
        int64_t length;
        if (!read_number(&cursor, INT_BITS, &length) || length < 0 || length > cursor.end - cursor.at) {
            fault = "a record longer than what is left";
            break;
        }
        Cursor record = {cursor.at, cursor.at + length};
        Seen seen;
        fault = read_record(&record, &seen);
        if (fault)
            break;
        cursor.at = record.end;
        /* as Java adds: around the end of 64 bits */
        int64_t timestamp = (int64_t)((uint64_t)base_timestamp + (uint64_t)seen.timestamp_delta);
        if (index == 0)
            first = timestamp;
        if (timestamp > largest)
            largest = timestamp;
        if (timestamp < smallest && timestamp != -1)
            smallest = timestamp;
        if (seen.key_length < 0 && keyless < 0)
            keyless = index;
        in_order &= seen.offset_delta == index;
    }
    if (!fault && cursor.at != cursor.end)
        fault = "bytes behind the last record";
    PyBuffer_Release(&plain);
    if (fault)
        return PyErr_Format(PyExc_ValueError, "record %ld of %ld: %s", index, count, fault);
    return Py_BuildValue("LLLlO", (long long)smallest, (long long)largest, (long long)first, keyless,
                         in_order ? Py_True : Py_False);
}

static PyMethodDef methods[] = {
    {"survey", (PyCFunction)(void (*)(void))survey, METH_FASTCALL, "survey(plain, count, base_timestamp)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_survey", .m_doc = "survey.py, compiled", .m_size = 0, .m_methods = methods,
};

PyMODINIT_FUNC PyInit__survey(void) { return PyModuleDef_Init(&definition); }
