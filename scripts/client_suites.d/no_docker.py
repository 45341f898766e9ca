"""In place of the docker package: the one name that aiokafka's conftest takes from it."""


class models:
    class containers:
        Container = object
