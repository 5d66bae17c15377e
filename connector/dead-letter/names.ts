// The names of the headers that tell a dead letter's story, shared by those who write and read it.

/** All headers of ours begin with it. */
export const ownPrefix = 'card_sync.';

/** Kafka Connect's (DeadLetterQueueReporter): tools for its dead letters know them. */
export const connectPrefix = '__connect.errors.';

/** Where the record of a letter lies. Always those of the letter's own record, whatever headers that brings. */
export const sourceHeaders = {
  topic: 'card_sync.source.topic',
  partition: 'card_sync.source.partition',
  offset: 'card_sync.source.offset',
} as const;

/** How often a record has been put back into its topic: travels with it. */
export const redriveCountHeader = 'card_sync.redrive_count';

/** The offset that a redriven record had before, in the same partition. */
export const redriveOriginHeader = 'card_sync.redrive_origin';

/** Its letter is without the record's value, which was too large; says where that lies, and how large it is. */
export const valueOmittedHeader = 'card_sync.value_omitted';

/** Makes a record of the dead-letter topic no letter, but the note that one was dealt with. */
export const markerHeader = 'card_sync.marker';

/** Which letter a marker is about: its offset, in the marker's own partition. */
export const markedOffsetHeader = 'card_sync.marked.offset';
