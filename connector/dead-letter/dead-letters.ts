import type { DeadLetter, DeadLetters } from '../flow/ports.ts';
import type { OutgoingRecord, RecordProducer } from '../kafka/producer.ts';
import { Fault, messageOf } from '../kernel/fault.ts';
import { formatPosition } from '../kernel/position.ts';
import type { RecordHeader } from '../kernel/record.ts';
import type { Clock, DurationMs } from '../kernel/time.ts';
import { deadLetterHeaders } from './headers.ts';
import { valueOmittedHeader } from './names.ts';
import { isTooLarge } from './too-large.ts';

/** Where dead letters go. */
export interface DeadLetterOptions {
  readonly topic: string;
  /** Of that topic: a letter keeps its record's partition where there are enough. */
  readonly partitions: number;
  /** Name of this connector in the headers. */
  readonly connectorName: string;
  /** Whether the partitions are certainly ours still; while they are not, nothing is written. */
  readonly leased: () => boolean;
  /** The topic cannot be written, which is told at each try; or not whole, as the letter is too large for it. */
  readonly onUnwritable: (fault: Fault) => void;
}

const retryMs: DurationMs = 1_000;
const holdMs: DurationMs = 50;

/**
 * The dead-letter topic: key, value and headers of the record byte for byte, its story in further headers. A letter that is larger
 * than the topic takes is written without its value, which would never be taken; a header then says where the record lies.
 */
export function openDeadLetters(
  producer: Pick<RecordProducer, 'write'>,
  options: DeadLetterOptions,
  clock: Clock,
): DeadLetters {
  return {
    async publish(letter, signal) {
      const forms = formsOf(letter, options);
      let form = forms.next();
      while (!signal.aborted && !form.done) {
        // Without a lease its partition may have a new owner, who gives the record up, or delivers it.
        if (!options.leased()) {
          await clock.sleep(holdMs, signal);
          continue;
        }
        try {
          return await producer.write(form.value);
        } catch (error) {
          const smaller = isTooLarge(error) ? forms.next() : form;
          const code = smaller === form ? 'DEAD_LETTER_UNWRITABLE' : 'DEAD_LETTER_TOO_LARGE';
          options.onUnwritable(new Fault(code, { detail: messageOf(error), at: letter.record, cause: error }));
          // Of the least form there is nothing left to take away: perhaps the topic's limit is raised.
          if (smaller === form || smaller.done) await clock.sleep(retryMs, signal);
          if (!smaller.done) form = smaller;
        }
      }
      throw new Fault('DEAD_LETTER_UNWRITABLE', {
        detail: 'the partition was taken away before it was written',
        at: letter.record,
      });
    },
  };
}

/** The letter whole; without its value; and without what else the record brings. */
function* formsOf(letter: DeadLetter, options: DeadLetterOptions): Generator<OutgoingRecord, undefined> {
  const { record } = letter;
  const { topic, partitions, connectorName } = options;
  const partition = record.partition < partitions ? record.partition : null;
  const headers = deadLetterHeaders(letter, connectorName);
  // Of a batch that could not be decompressed nothing is known, and a redrive reads the record where it lies.
  const isHere = record.unreadable === undefined && !record.valueOmitted;
  if (isHere) yield { topic, partition, key: record.key, value: record.value, headers };
  const omitted = omission(letter);
  yield { topic, partition, key: record.key, value: null, headers: [...headers, omitted] };
  const story = deadLetterHeaders({ ...letter, record: { ...record, headers: [] } }, connectorName);
  yield { topic, partition, key: null, value: null, headers: [...story, omitted] };
}

function omission({ record }: DeadLetter): RecordHeader {
  const at = formatPosition(record);
  const text =
    record.unreadable !== undefined
      ? `the batch was not decompressed: read the record at ${at}`
      : record.valueOmitted
        ? `too large for the journal: read it at ${at}`
        : `${record.value?.length ?? 0} bytes, too large for this topic: read them at ${at}`;
  return { name: valueOmittedHeader, value: new TextEncoder().encode(text) };
}
