/* survey(plain, count, base_timestamp): what survey.py says, a hundred times faster.  The two pass the same tests. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "walk.h"

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

static PyMethodDef methods[] = {
    {"survey", (PyCFunction)(void (*)(void))survey, METH_FASTCALL, "survey(plain, count, base_timestamp)"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_survey", .m_doc = "survey.py, compiled", .m_size = 0, .m_methods = methods,
};

PyMODINIT_FUNC PyInit__survey(void) { return PyModuleDef_Init(&definition); }
