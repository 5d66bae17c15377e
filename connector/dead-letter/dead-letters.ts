import type { DeadLetters } from '../flow/ports.ts';
import type { RecordProducer } from '../kafka/producer.ts';
import { Fault, messageOf } from '../kernel/fault.ts';
import type { Clock, DurationMs } from '../kernel/time.ts';
import { deadLetterHeaders } from './headers.ts';

/** Where dead letters go. */
export interface DeadLetterOptions {
  readonly topic: string;
  /** Of that topic: a letter keeps its record's partition where there are enough. */
  readonly partitions: number;
  /** Name of this connector in the headers. */
  readonly connectorName: string;
  /** The topic cannot be written; told at each try. */
  readonly onUnwritable: (fault: Fault) => void;
}

const retryMs: DurationMs = 1_000;

/** The dead-letter topic: key, value and headers of the record byte for byte, its story in further headers. */
export function openDeadLetters(
  producer: Pick<RecordProducer, 'write'>,
  options: DeadLetterOptions,
  clock: Clock,
): DeadLetters {
  return {
    async publish(letter, signal) {
      const { record } = letter;
      const headers = deadLetterHeaders(letter, options.connectorName);
      const partition = record.partition < options.partitions ? record.partition : null;
      while (!signal.aborted) {
        try {
          return await producer.write({
            topic: options.topic,
            partition,
            key: record.key,
            value: record.value,
            headers,
          });
        } catch (error) {
          options.onUnwritable(
            new Fault('DEAD_LETTER_UNWRITABLE', { detail: messageOf(error), at: record, cause: error }),
          );
          await clock.sleep(retryMs, signal);
        }
      }
      throw new Fault('DEAD_LETTER_UNWRITABLE', {
        detail: 'the partition was taken away before it was written',
        at: record,
      });
    },
  };
}
