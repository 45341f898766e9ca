/* LatestOffsets, and take(...): what latest.py says, compiled.  The two pass the same tests.

   The walks of LatestOffsets run without the interpreter's lock: clients are served by another thread meanwhile.  So keys are not Python's
   objects but lie one behind the other in one block, found by a table of open addressing.
   The records were surveyed before, or written by the broker: but every length is held against what is left here too. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

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

/* The next record of `cursor`, or 0 if it is cut short. */
static int next_record(Cursor *cursor, Record *record)
{
    int64_t length;
    record->start = cursor->at;
    if (!read_number(cursor, &length) || length < 1 || length > cursor->end - cursor->at)
        return 0;
    Cursor inner = {cursor->at + 1, cursor->at + length};
    record->end = cursor->at = inner.end;
    if (!read_number(&inner, &record->timestamp_delta) || !read_number(&inner, &record->offset_delta) ||
        !read_number(&inner, &record->key_length) || record->key_length > inner.end - inner.at)
        return 0;
    record->key = inner.at;
    if (record->key_length > 0)
        inner.at += record->key_length;
    if (!read_number(&inner, &record->value_length) || record->value_length > inner.end - inner.at)
        return 0;
    record->value = inner.at;
    return 1;
}

/* The table.  A slot is free while its offset is FREE. */

#define FREE INT64_MIN

typedef struct {
    uint64_t hash;
    int64_t offset;
    size_t key;
    uint32_t key_length;
} Slot;

typedef struct {
    PyObject_HEAD
    Slot *slots;
    uint8_t *keys;
    size_t slots_count, used, keys_length, keys_room; /* slots_count is a power of two */
    uint64_t seed[2];
} Offsets;

#define ROTATED(word, bits) ((word) << (bits) | (word) >> (64 - (bits)))
#define SIP_ROUND \
    do { \
        a += b; b = ROTATED(b, 13); b ^= a; a = ROTATED(a, 32); \
        c += d; d = ROTATED(d, 16); d ^= c; \
        a += d; d = ROTATED(d, 21); d ^= a; \
        c += b; b = ROTATED(b, 17); b ^= c; c = ROTATED(c, 32); \
    } while (0)

/* SipHash-1-3: no producer can choose keys that all fall into one place. */
static uint64_t hash_of(const Offsets *self, const uint8_t *key, size_t length)
{
    uint64_t a = self->seed[0] ^ 0x736f6d6570736575, b = self->seed[1] ^ 0x646f72616e646f6d;
    uint64_t c = self->seed[0] ^ 0x6c7967656e657261, d = self->seed[1] ^ 0x7465646279746573;
    uint64_t last = (uint64_t)length << 56;
    const uint8_t *end = key + (length & ~(size_t)7);
    for (; key != end; key += 8) {
        uint64_t word;
        memcpy(&word, key, 8);
        d ^= word;
        SIP_ROUND;
        a ^= word;
    }
    for (size_t index = 0; index < (length & 7); index++)
        last |= (uint64_t)key[index] << (8 * index);
    d ^= last;
    SIP_ROUND;
    a ^= last;
    c ^= 0xff;
    SIP_ROUND;
    SIP_ROUND;
    SIP_ROUND;
    return a ^ b ^ c ^ d;
}

/* The slot of the key, or the free one that it would have. */
static Slot *slot_of(const Offsets *self, uint64_t hash, const uint8_t *key, size_t length)
{
    for (size_t at = (size_t)hash & (self->slots_count - 1);; at = (at + 1) & (self->slots_count - 1)) {
        Slot *slot = self->slots + at;
        if (slot->offset == FREE || (slot->hash == hash && slot->key_length == length &&
                                     !memcmp(self->keys + slot->key, key, length)))
            return slot;
    }
}

static Slot *free_slots(size_t count)
{
    Slot *slots = PyMem_RawMalloc(count * sizeof(Slot));
    for (size_t at = 0; slots && at < count; at++)
        slots[at].offset = FREE;
    return slots;
}

/* There is room for one key more, of that length; 0 if there is no memory for it. */
static int make_room(Offsets *self, size_t length)
{
    if (self->keys_length + length > self->keys_room) {
        size_t room = 2 * self->keys_room + length;
        uint8_t *keys = PyMem_RawRealloc(self->keys, room);
        if (!keys)
            return 0;
        self->keys = keys;
        self->keys_room = room;
    }
    if (4 * (self->used + 1) <= 3 * self->slots_count)
        return 1;
    Slot *before = self->slots, *slots = free_slots(2 * self->slots_count);
    if (!slots)
        return 0;
    size_t count = self->slots_count;
    self->slots = slots;
    self->slots_count = 2 * count;
    for (size_t at = 0; at < count; at++) {
        size_t to = (size_t)before[at].hash & (self->slots_count - 1);
        if (before[at].offset == FREE)
            continue;
        while (slots[to].offset != FREE)
            to = (to + 1) & (self->slots_count - 1);
        slots[to] = before[at];
    }
    PyMem_RawFree(before);
    return 1;
}

typedef enum { DONE, CUT, NO_MEMORY } Outcome;

static PyObject *failed(Outcome outcome)
{
    if (outcome == NO_MEMORY)
        return PyErr_NoMemory();
    PyErr_SetString(PyExc_ValueError, "a record that is cut short");
    return NULL;
}

static Outcome note_all(Offsets *self, Cursor cursor, long count, int64_t base_offset)
{
    for (long index = 0; index < count; index++) {
        Record record;
        if (!next_record(&cursor, &record))
            return CUT;
        if (record.key_length < 0)
            continue;
        size_t length = (size_t)record.key_length;
        if (!make_room(self, length))
            return NO_MEMORY;
        uint64_t hash = hash_of(self, record.key, length);
        Slot *slot = slot_of(self, hash, record.key, length);
        if (slot->offset == FREE) {
            memcpy(self->keys + self->keys_length, record.key, length);
            slot->hash = hash;
            slot->key = self->keys_length;
            slot->key_length = (uint32_t)length;
            self->keys_length += length;
            self->used++;
        }
        slot->offset = (int64_t)((uint64_t)base_offset + (uint64_t)record.offset_delta);
    }
    return DONE;
}

static PyObject *note(Offsets *self, PyObject *args)
{
    Py_buffer plain;
    long count;
    long long base_offset;
    Outcome outcome;
    if (!PyArg_ParseTuple(args, "y*lL", &plain, &count, &base_offset))
        return NULL;
    Cursor cursor = {plain.buf, (const uint8_t *)plain.buf + plain.len};
    Py_BEGIN_ALLOW_THREADS
    outcome = note_all(self, cursor, count, base_offset);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&plain);
    if (outcome != DONE)
        return failed(outcome);
    Py_RETURN_NONE;
}

typedef struct {
    uint8_t *into, *end;
    long left;
    int64_t largest;
    int has_tombstones;
} Kept;

static Outcome keep(const Offsets *self, Cursor cursor, long count, int64_t base_offset, int64_t base_timestamp,
                    int tombstones, Kept *kept)
{
    for (long index = 0; index < count; index++) {
        Record record;
        if (!next_record(&cursor, &record))
            return CUT;
        if (record.key_length < 0 || (record.value_length < 0 && !tombstones))
            continue;
        size_t length = (size_t)record.key_length;
        Slot *slot = slot_of(self, hash_of(self, record.key, length), record.key, length);
        if (slot->offset != FREE && (int64_t)((uint64_t)base_offset + (uint64_t)record.offset_delta) < slot->offset)
            continue;
        memcpy(kept->end, record.start, (size_t)(record.end - record.start));
        kept->end += record.end - record.start;
        kept->left++;
        kept->has_tombstones |= record.value_length < 0;
        int64_t timestamp = (int64_t)((uint64_t)base_timestamp + (uint64_t)record.timestamp_delta);
        if (timestamp > kept->largest)
            kept->largest = timestamp;
    }
    return DONE;
}

static PyObject *kept(Offsets *self, PyObject *args)
{
    Py_buffer plain;
    long count;
    long long base_offset, base_timestamp;
    int tombstones;
    Outcome outcome = NO_MEMORY;
    if (!PyArg_ParseTuple(args, "y*lLLp", &plain, &count, &base_offset, &base_timestamp, &tombstones))
        return NULL;
    Cursor cursor = {plain.buf, (const uint8_t *)plain.buf + plain.len};
    Kept kept = {PyMem_RawMalloc(plain.len ? (size_t)plain.len : 1), NULL, 0, -1, 0};
    kept.end = kept.into;
    if (kept.into) {
        Py_BEGIN_ALLOW_THREADS
        outcome = keep(self, cursor, count, base_offset, base_timestamp, tombstones, &kept);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&plain);
    PyObject *body = NULL;
    if (outcome != DONE)
        failed(outcome);
    else if (kept.left == count)
        body = Py_NewRef(Py_None);
    else
        body = PyBytes_FromStringAndSize((const char *)kept.into, kept.end - kept.into);
    PyMem_RawFree(kept.into);
    if (!body)
        return NULL;
    return Py_BuildValue("NlLO", body, kept.left, (long long)kept.largest, kept.has_tombstones ? Py_True : Py_False);
}

static PyObject *forget_from(Offsets *self, PyObject *argument)
{
    long long offset = PyLong_AsLongLong(argument);
    if (offset == -1 && PyErr_Occurred())
        return NULL;
    Slot *before = self->slots, *slots = free_slots(self->slots_count);
    if (!slots)
        return PyErr_NoMemory();
    self->slots = slots;
    self->used = 0;
    for (size_t at = 0; at < self->slots_count; at++) {
        Slot *slot = before + at;
        if (slot->offset == FREE || slot->offset >= offset)
            continue;
        *slot_of(self, slot->hash, self->keys + slot->key, slot->key_length) = *slot;
        self->used++;
    }
    PyMem_RawFree(before);
    Py_RETURN_NONE;
}

static Py_ssize_t length(Offsets *self) { return (Py_ssize_t)self->used; }

static PyObject *used_bytes(Offsets *self, void *closure)
{
    (void)closure;
    return PyLong_FromSize_t(self->used * 2 * sizeof(Slot) + self->keys_length); /* a table is half full, more or less */
}

static PyObject *new_offsets(PyTypeObject *type, PyObject *args, PyObject *names)
{
    const char *seed;
    Py_ssize_t seed_length;
    (void)names;
    if (!PyArg_ParseTuple(args, "y#", &seed, &seed_length))
        return NULL;
    Offsets *self = (Offsets *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    memcpy(self->seed, seed, seed_length < 16 ? (size_t)seed_length : 16);
    self->slots_count = 1024;
    self->keys_room = 16384;
    self->slots = free_slots(self->slots_count);
    self->keys = PyMem_RawMalloc(self->keys_room);
    if (!self->slots || !self->keys) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static void dealloc(Offsets *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyMem_RawFree(self->slots);
    PyMem_RawFree(self->keys);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"note", (PyCFunction)note, METH_VARARGS, "note(plain, count, base_offset)"},
    {"kept", (PyCFunction)kept, METH_VARARGS, "kept(plain, count, base_offset, base_timestamp, tombstones)"},
    {"forget_from", (PyCFunction)forget_from, METH_O, "forget_from(offset)"},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"used_bytes", (getter)used_bytes, NULL, "the memory that it takes", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot type_slots[] = {
    {Py_tp_doc, "LatestOffsets(seed)"}, {Py_tp_new, new_offsets},  {Py_tp_dealloc, dealloc},
    {Py_tp_methods, methods},           {Py_tp_getset, properties}, {Py_mp_length, length},
    {0, NULL},
};

static PyType_Spec type_spec = {
    .name = "pykbroker.storage._latest.LatestOffsets",
    .basicsize = sizeof(Offsets),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = type_slots,
};

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
    int stopped = 0;
    while (!stopped && (next = end_of_plain(batch, end))) {
        Cursor cursor = {batch + HEADER_SIZE, next};
        for (int32_t left = (int32_t)int32_at(batch + COUNT_AT); left > 0 && !stopped; left--) {
            Record record;
            int is_whole = next_record(&cursor, &record);
            if (!is_whole)
                failed(CUT);
            stopped = !is_whole || take_record(&record, values) < 0;
        }
        batch = next;
    }
    PyBuffer_Release(&block);
    return stopped ? NULL : PyLong_FromSsize_t(batch - start);
}

static PyMethodDef functions[] = {
    {"take", take, METH_VARARGS, "take(block, values)"},
    {NULL, NULL, 0, NULL},
};

static int add_type(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&type_spec);
    int added = type ? PyModule_AddObjectRef(module, "LatestOffsets", type) : -1;
    Py_XDECREF(type);
    return added;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, add_type}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_latest", .m_doc = "latest.py, compiled", .m_size = 0, .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__latest(void) { return PyModuleDef_Init(&definition); }
