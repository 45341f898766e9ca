/* Fields of our own classes with __slots__, reached where they lie in the object, as the interpreter does it.

   The classes stay the only home of what they know, and Python the only place that says what they are: a class that
   lost such a field, or made something else of it, cannot be imported together with the extension. */

#ifndef PYKBROKER_SLOTS_H
#define PYKBROKER_SLOTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <structmember.h>

#define SLOT(object, offset) (*(PyObject **)((char *)(object) + (offset)))

typedef struct {
    const char *name;
    Py_ssize_t *offset;
} Slot;

static inline PyObject *attribute_of(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *found = module ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return found;
}

/* The class of that name, a new reference, and where its fields lie; `slots` ends with a NULL. */
static PyTypeObject *bind_class(const char *module_name, const char *class_name, const Slot *slots)
{
    PyObject *class = attribute_of(module_name, class_name);
    for (; class && slots->name; slots++) {
        PyObject *found = PyObject_GetAttrString(class, slots->name);
        if (found && Py_IS_TYPE(found, &PyMemberDescr_Type)
            && ((PyMemberDescrObject *)found)->d_member->type == T_OBJECT_EX)
            *slots->offset = ((PyMemberDescrObject *)found)->d_member->offset;
        else {
            PyErr_Format(PyExc_ImportError, "%s.%s has no slot %s", module_name, class_name, slots->name);
            Py_CLEAR(class);
        }
        Py_XDECREF(found);
    }
    return (PyTypeObject *)class;
}

/* The number that an int stands for, or the end of 64 bits on its side; 0 if it is no int. */
static inline int read_int(PyObject *held, int64_t *number)
{
    int beyond;
    if (!held || !PyLong_Check(held))
        return 0;
    *number = PyLong_AsLongLongAndOverflow(held, &beyond);
    if (beyond)
        *number = beyond > 0 ? INT64_MAX : INT64_MIN;
    return 1;
}

static inline int read_slot(PyObject *object, Py_ssize_t offset, int64_t *number)
{
    return read_int(SLOT(object, offset), number);
}

/* The slot holds `value` from now on, whose reference it takes. */
static inline void write_slot(PyObject *object, Py_ssize_t offset, PyObject *value)
{
    PyObject *held = SLOT(object, offset);
    SLOT(object, offset) = value;
    Py_XDECREF(held);
}

static inline int64_t big_endian(const uint8_t *at, int bytes)
{
    uint64_t value = at[0] & 0x80 ? UINT64_MAX : 0;
    while (bytes--)
        value = value << 8 | *at++;
    return (int64_t)value;
}

static inline void put_big_endian(uint8_t *at, int bytes, int64_t number)
{
    for (uint64_t value = (uint64_t)number; bytes--; value >>= 8)
        at[bytes] = (uint8_t)value;
}

#endif
