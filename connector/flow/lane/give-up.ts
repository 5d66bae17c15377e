import { Fault, type FaultCode } from '../../kernel/fault.ts';
import type { Clock } from '../../kernel/time.ts';
import { distrustOf } from '../../order/verdict.ts';
import type { Accounts } from '../accounts.ts';
import type { DeadLetter, DeadLetterReason, DeadLetters, Meter } from '../ports.ts';
import type { Entry } from './lane.ts';
import { type Carried, resultCodeOf } from './lane-worker.ts';

/** What giving up needs of the world. */
export interface GiveUpParts {
  readonly clock: Clock;
  readonly deadLetters: DeadLetters;
  readonly meter: Meter;
  readonly accounts: Accounts;
}

/**
 * Gives a change up: resolves when its record lies in the dead-letter topic and is accounted for, or when its partition was
 * taken away, whose new owner then gives it up.
 */
export async function giveUp(
  entry: Entry,
  carried: Carried,
  reason: DeadLetterReason,
  detail: string,
  parts: GiveUpParts,
): Promise<void> {
  const { deadLetters, meter, accounts } = parts;
  const { position, source } = entry.change;
  const letter = letterOf(entry, carried, reason, detail, parts);
  if (await publishedUnlessRevoked(deadLetters, letter, entry.partition.signal)) {
    meter.deadLettered(letter);
    if (reason === 'retries-exhausted') accounts.doubt(entry);
    accounts.remember(entry, { kind: 'delivery-dead-lettered', position, source });
    const event = reason === 'rejected' ? 'rejected' : 'dead-lettered';
    const note = { event, request: carried.request, detail: resultCodeOf(carried.answer) } as const;
    await accounts.conclude(entry, note, 'dead-lettered');
  }
  accounts.uncount(entry);
}

function letterOf(
  entry: Entry,
  carried: Carried,
  reason: DeadLetterReason,
  detail: string,
  { clock }: GiveUpParts,
): DeadLetter {
  const now = clock.now();
  const code = reason === 'rejected' ? 'CARD_REJECTED' : exhaustedBy(carried);
  return {
    record: entry.record,
    reason,
    fault: new Fault(code, { detail, at: entry.change.position }),
    attempts: {
      count: entry.attempts,
      firstAt: entry.firstAttemptAt ?? now,
      lastAt: entry.lastAttemptAt ?? now,
      request: carried.request,
      lastAnswer: carried.answer,
    },
  };
}

/** That answers are not believed is no failure of the platform. */
function exhaustedBy({ verdict, answer }: Carried): FaultCode {
  if (verdict.kind !== 'retry' || verdict.cause !== 'signature') return 'RETRIES_EXHAUSTED';
  return distrustOf(answer) === 'unsigned' ? 'REFUSALS_UNSIGNED' : 'ANSWERS_UNVERIFIED';
}

/** True once the broker has it; false when its partition was taken away meanwhile. */
export async function publishedUnlessRevoked(
  deadLetters: DeadLetters,
  letter: DeadLetter,
  revocation: AbortSignal,
): Promise<boolean> {
  try {
    await deadLetters.publish(letter, revocation);
    return true;
  } catch (error) {
    if (revocation.aborted) return false;
    throw error;
  }
}
