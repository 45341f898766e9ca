"""The log engine: record batches in Kafka's own files.  Time is handed in; nothing here waits."""
