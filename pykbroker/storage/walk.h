/* One walk over the records of a batch: nothing is kept and nothing copied, and every length is held against what is
   left.  What it finds: survey.py. */

#ifndef PYKBROKER_WALK_H
#define PYKBROKER_WALK_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *at, *end;
} Cursor;

/* Numbers are zigzag in groups of seven bits; one of more than `bits` bits is refused, as is one that is cut short. */
static int read_number(Cursor *cursor, int bits, int64_t *number)
{
    uint64_t value = 0;
    for (int shift = 0; shift < bits; shift += 7) {
        if (cursor->at == cursor->end)
            return 0;
        uint8_t byte = *cursor->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) {
            if (bits == 35)
                value = (uint32_t)value;
            *number = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return 1;
        }
    }
    return 0;
}

#define INT_BITS 35
#define LONG_BITS 70

/* A length and as many bytes; a negative length stands for null and is returned as it is. */
static int skip_bytes(Cursor *cursor, int64_t *length)
{
    if (!read_number(cursor, INT_BITS, length))
        return 0;
    if (*length > cursor->end - cursor->at)
        return 0;
    if (*length > 0)
        cursor->at += *length;
    return 1;
}

typedef struct {
    int64_t timestamp_delta, offset_delta, key_length;
} Seen;

static const char *read_record(Cursor *record, Seen *seen)
{
    int64_t headers, length;
    if (record->at == record->end)
        return "a record without attributes";
    record->at++;
    if (!read_number(record, LONG_BITS, &seen->timestamp_delta) || !read_number(record, INT_BITS, &seen->offset_delta))
        return "a record that is cut short";
    if (!skip_bytes(record, &seen->key_length))
        return "a key that is cut short";
    if (!skip_bytes(record, &length))
        return "a value that is cut short";
    if (!read_number(record, INT_BITS, &headers))
        return "a record that is cut short";
    if (headers < 0 || headers > record->end - record->at)
        return "more headers than bytes";
    while (headers--) {
        if (!skip_bytes(record, &length) || length < 0)
            return "a header without a key";
        if (!skip_bytes(record, &length))
            return "a header that is cut short";
    }
    return record->at == record->end ? NULL : "a record that ends early";
}

typedef struct {
    int64_t smallest, largest, first;
    long keyless, index;
    int in_order;
} Found;

/* NULL, or what is wrong with the record at `found->index`. */
static const char *walk(Cursor cursor, long count, int64_t base_timestamp, Found *found)
{
    *found = (Found){.smallest = INT64_MAX, .largest = -1, .first = -1, .keyless = -1, .in_order = 1};
    for (; found->index < count; found->index++) {
        int64_t length;
        if (!read_number(&cursor, INT_BITS, &length) || length < 0 || length > cursor.end - cursor.at)
            return "a record longer than what is left";
        Cursor record = {cursor.at, cursor.at + length};
        Seen seen;
        const char *fault = read_record(&record, &seen);
        if (fault)
            return fault;
        cursor.at = record.end;
        /* as Java adds: around the end of 64 bits */
        int64_t timestamp = (int64_t)((uint64_t)base_timestamp + (uint64_t)seen.timestamp_delta);
        if (found->index == 0)
            found->first = timestamp;
        if (timestamp > found->largest)
            found->largest = timestamp;
        if (timestamp < found->smallest && timestamp != -1)
            found->smallest = timestamp;
        if (seen.key_length < 0 && found->keyless < 0)
            found->keyless = found->index;
        found->in_order &= seen.offset_delta == found->index;
    }
    return cursor.at == cursor.end ? NULL : "bytes behind the last record";
}

#endif
