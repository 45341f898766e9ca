/* note(...) and kept(...): what latest.py says, compiled.  The two pass the same tests.

   The records were surveyed before, or written by the broker: but every length is held against what is left here too. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

typedef struct {
    const uint8_t *at, *end;
} Cursor;

static int read_number(Cursor *cursor, int64_t *number)
{
    uint64_t value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (cursor->at == cursor->end)
            return 0;
        uint8_t byte = *cursor->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            *number = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return 1;
        }
    }
    return 0;
}

typedef struct {
    const uint8_t *start, *end, *key;
    int64_t timestamp_delta, offset_delta, key_length, value_length;
} Record;

/* The next record of `cursor`, or 0 with an exception. */
static int next_record(Cursor *cursor, Record *record)
{
    int64_t length;
    record->start = cursor->at;
    if (!read_number(cursor, &length) || length < 1 || length > cursor->end - cursor->at)
        goto cut;
    Cursor inner = {cursor->at + 1, cursor->at + length};
    record->end = cursor->at = inner.end;
    if (!read_number(&inner, &record->timestamp_delta) || !read_number(&inner, &record->offset_delta) ||
        !read_number(&inner, &record->key_length) || record->key_length > inner.end - inner.at)
        goto cut;
    record->key = inner.at;
    if (record->key_length > 0)
        inner.at += record->key_length;
    if (!read_number(&inner, &record->value_length))
        goto cut;
    return 1;
cut:
    PyErr_SetString(PyExc_ValueError, "a record that is cut short");
    return 0;
}

/* note(plain, count, base_offset, offsets) -> bytes of the keys that are new */
static PyObject *note(PyObject *module, PyObject *args)
{
    Py_buffer plain;
    long count;
    long long base_offset;
    PyObject *offsets;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*lLO!", &plain, &count, &base_offset, &PyDict_Type, &offsets))
        return NULL;
    Cursor cursor = {plain.buf, (const uint8_t *)plain.buf + plain.len};
    Py_ssize_t fresh = 0;
    for (long index = 0; index < count; index++) {
        Record record;
        if (!next_record(&cursor, &record))
            goto failed;
        if (record.key_length < 0)
            continue;
        PyObject *key = PyBytes_FromStringAndSize((const char *)record.key, (Py_ssize_t)record.key_length);
        PyObject *offset = PyLong_FromLongLong(base_offset + record.offset_delta);
        Py_ssize_t before = PyDict_GET_SIZE(offsets);
        int wrong = !key || !offset || PyDict_SetItem(offsets, key, offset) < 0;
        Py_XDECREF(key);
        Py_XDECREF(offset);
        if (wrong)
            goto failed;
        if (PyDict_GET_SIZE(offsets) > before)
            fresh += (Py_ssize_t)record.key_length;
    }
    PyBuffer_Release(&plain);
    return PyLong_FromSsize_t(fresh);
failed:
    PyBuffer_Release(&plain);
    return NULL;
}

/* 1: the record stays, 0: it goes, -1: an exception */
static int stays(const Record *record, long long base_offset, PyObject *offsets, int tombstones)
{
    if (record->key_length < 0 || (record->value_length < 0 && !tombstones))
        return 0;
    PyObject *key = PyBytes_FromStringAndSize((const char *)record->key, (Py_ssize_t)record->key_length);
    if (!key)
        return -1;
    PyObject *latest = PyDict_GetItemWithError(offsets, key);
    Py_DECREF(key);
    if (!latest)
        return PyErr_Occurred() ? -1 : 1;
    return base_offset + record->offset_delta >= PyLong_AsLongLong(latest);
}

/* kept(plain, count, base_offset, base_timestamp, offsets, tombstones) -> (body or None, count, largest, tombstones) */
static PyObject *kept(PyObject *module, PyObject *args)
{
    Py_buffer plain;
    long count, left = 0;
    long long base_offset, base_timestamp, largest = -1;
    int tombstones, has_tombstones = 0;
    PyObject *offsets, *body = NULL;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*lLLO!p", &plain, &count, &base_offset, &base_timestamp, &PyDict_Type, &offsets,
                          &tombstones))
        return NULL;
    Cursor cursor = {plain.buf, (const uint8_t *)plain.buf + plain.len};
    uint8_t *into = PyMem_Malloc(plain.len ? (size_t)plain.len : 1), *end = into;
    if (!into) {
        PyErr_NoMemory();
        goto failed;
    }
    for (long index = 0; index < count; index++) {
        Record record;
        if (!next_record(&cursor, &record))
            goto failed;
        int keep = stays(&record, base_offset, offsets, tombstones);
        if (keep < 0)
            goto failed;
        if (!keep)
            continue;
        memcpy(end, record.start, (size_t)(record.end - record.start));
        end += record.end - record.start;
        left++;
        has_tombstones |= record.value_length < 0;
        long long timestamp = (long long)((uint64_t)base_timestamp + (uint64_t)record.timestamp_delta);
        if (timestamp > largest)
            largest = timestamp;
    }
    body = left == count ? Py_NewRef(Py_None) : PyBytes_FromStringAndSize((const char *)into, end - into);
failed:
    PyMem_Free(into);
    PyBuffer_Release(&plain);
    if (!body)
        return NULL;
    return Py_BuildValue("NlLO", body, left, largest, has_tombstones ? Py_True : Py_False);
}

static PyMethodDef methods[] = {
    {"note", note, METH_VARARGS, "note(plain, count, base_offset, offsets)"},
    {"kept", kept, METH_VARARGS, "kept(plain, count, base_offset, base_timestamp, offsets, tombstones)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_latest", .m_doc = "latest.py, compiled", .m_size = 0, .m_methods = methods,
};

PyMODINIT_FUNC PyInit__latest(void) { return PyModuleDef_Init(&definition); }
