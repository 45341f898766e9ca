"""One question to two brokers: raw requests, and their answers in a form in which two brokers' can be compared."""
