"""What any Kafka broker must say: messages, error codes and record formats, declared once with construct."""
