/* straight(frame, client, served, broker): see straight.py. */

#include "../storage/slots.h"

#define HEADER_BYTES 8 /* api key, version and correlation id */

static PyTypeObject *served_class;
static Py_ssize_t way_in_served, requests_in_served;

static PyObject *straight(PyObject *module, PyObject *const *arguments, Py_ssize_t given)
{
    (void)module;
    if (given != 4 || !PyDict_CheckExact(arguments[2])) {
        PyErr_SetString(PyExc_TypeError, "straight(frame, client, served, broker)");
        return NULL;
    }
    Py_buffer buffer;
    if (PyObject_GetBuffer(arguments[0], &buffer, PyBUF_SIMPLE) < 0)
        return NULL;
    const uint8_t *frame = buffer.buf;
    int is_whole = buffer.len >= HEADER_BYTES;
    int64_t number = is_whole ? (uint32_t)big_endian(frame, 4) : 0, version = is_whole ? big_endian(frame + 2, 2) : 0;
    int64_t correlation_id = is_whole ? big_endian(frame + 4, 4) : 0, requests;
    PyBuffer_Release(&buffer);
    PyObject *asked = is_whole ? PyLong_FromLongLong(number) : NULL;
    PyObject *served = asked ? PyDict_GetItemWithError(arguments[2], asked) : NULL;
    Py_XDECREF(asked);
    if (!served || !Py_IS_TYPE(served, served_class) || SLOT(served, way_in_served) == Py_None
        || !read_slot(served, requests_in_served, &requests)) {
        if (PyErr_Occurred())
            return NULL;
        Py_RETURN_NONE;
    }
    PyObject *numbers[] = {PyLong_FromLongLong(version), PyLong_FromLongLong(correlation_id),
                           PyLong_FromLongLong(requests + 1)};
    PyObject *answer = NULL;
    if (numbers[0] && numbers[1] && numbers[2]) {
        PyObject *way = Py_NewRef(SLOT(served, way_in_served));
        PyObject *given_to_it[] = {arguments[0], numbers[0], numbers[1], arguments[1], arguments[3]};
        answer = PyObject_Vectorcall(way, given_to_it, 5, NULL);
        Py_DECREF(way);
    }
    Py_XDECREF(numbers[0]);
    Py_XDECREF(numbers[1]);
    if (answer && answer != Py_None)
        write_slot(served, requests_in_served, numbers[2]);
    else
        Py_XDECREF(numbers[2]);
    return answer;
}

static int bind(PyObject *module)
{
    (void)module;
    const Slot of_served[] = {{"straight", &way_in_served}, {"requests", &requests_in_served}, {NULL, NULL}};
    served_class = bind_class("pykbroker.server.served", "Served", of_served);
    return served_class ? 0 : -1;
}

static PyMethodDef methods[] = {
    {"straight", (PyCFunction)(void (*)(void))straight, METH_FASTCALL, "straight(frame, client, served, broker)"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{Py_mod_exec, bind}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "_straight", .m_doc = "straight.py, compiled", .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit__straight(void) { return PyModuleDef_Init(&definition); }
