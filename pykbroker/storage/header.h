/* Where the fields of a batch's header stand: pykbroker_protocol/records/batch.py. */

#ifndef PYKBROKER_HEADER_H
#define PYKBROKER_HEADER_H

#define LENGTH_AT 8
#define LENGTH_END 12
#define MAGIC_AT 16
#define CRC_AT 17
#define CRC_START 21
#define ATTRIBUTES_AT 21
#define LAST_OFFSET_DELTA_AT 23
#define BASE_TIMESTAMP_AT 27
#define MAX_TIMESTAMP_AT 35
#define PRODUCER_ID_AT 43
#define PRODUCER_EPOCH_AT 51
#define BASE_SEQUENCE_AT 53
#define COUNT_AT 57
#define HEADER_BYTES 61

#define MAGIC 2

#endif
