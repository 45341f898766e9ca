/* note(...), kept(...) and take(...): what latest.py says, compiled.  The two pass the same tests.

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
    const uint8_t *start, *end, *key, *value;
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
    if (!read_number(&inner, &record->value_length) || record->value_length > inner.end - inner.at)
        goto cut;
    record->value = inner.at;
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

enum { LENGTH_END = 12, MAGIC_AT = 16, ATTRIBUTES_AT = 21, COUNT_AT = 57, HEADER_SIZE = 61 };
enum { MAGIC = 2, PLAIN_MASK = 0x37 }; /* neither compressed nor transactional nor control */

static uint32_t int32_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The end of the batch at `batch`; NULL unless it is whole and plain. */
static const uint8_t *end_of_plain(const uint8_t *batch, const uint8_t *end)
{
    if (end - batch < HEADER_SIZE || batch[MAGIC_AT] != MAGIC || batch[ATTRIBUTES_AT + 1] & PLAIN_MASK)
        return NULL;
    uint32_t length = int32_at(batch + LENGTH_END - 4);
    if (length < HEADER_SIZE - LENGTH_END || length > (size_t)(end - batch - LENGTH_END))
        return NULL;
    return batch + LENGTH_END + length;
}

/* 0, or -1 with an exception */
static int take_record(const Record *record, PyObject *values)
{
    if (record->key_length < 0)
        return 0;
    PyObject *key = PyBytes_FromStringAndSize((const char *)record->key, (Py_ssize_t)record->key_length);
    PyObject *value = NULL;
    int failed = !key;
    if (key && record->value_length >= 0) {
        value = PyBytes_FromStringAndSize((const char *)record->value, (Py_ssize_t)record->value_length);
        failed = !value || PyDict_SetItem(values, key, value) < 0;
    } else if (key) {
        int there = PyDict_Contains(values, key);
        failed = there < 0 || (there && PyDict_DelItem(values, key) < 0);
    }
    Py_XDECREF(key);
    Py_XDECREF(value);
    return failed ? -1 : 0;
}

/* take(block, values) -> how many bytes were taken */
static PyObject *take(PyObject *module, PyObject *args)
{
    Py_buffer block;
    PyObject *values;
    (void)module;
    if (!PyArg_ParseTuple(args, "y*O!", &block, &PyDict_Type, &values))
        return NULL;
    const uint8_t *start = block.buf, *end = start + block.len, *batch = start, *next;
    int failed = 0;
    while (!failed && (next = end_of_plain(batch, end))) {
        Cursor cursor = {batch + HEADER_SIZE, next};
        for (int32_t left = (int32_t)int32_at(batch + COUNT_AT); left > 0 && !failed; left--) {
            Record record;
            failed = !next_record(&cursor, &record) || take_record(&record, values) < 0;
        }
        batch = next;
    }
    PyBuffer_Release(&block);
    return failed ? NULL : PyLong_FromSsize_t(batch - start);
}

static PyMethodDef methods[] = {
    {"note", note, METH_VARARGS, "note(plain, count, base_offset, offsets)"},
    {"kept", kept, METH_VARARGS, "kept(plain, count, base_offset, base_timestamp, offsets, tombstones)"},
    {"take", take, METH_VARARGS, "take(block, values)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_latest", .m_doc = "latest.py, compiled", .m_size = 0, .m_methods = methods,
};

PyMODINIT_FUNC PyInit__latest(void) { return PyModuleDef_Init(&definition); }
