import type { DeadLetters, Delivery, Intake, Interpreter, Journal, Restoration } from '../../connector/flow/ports.ts';
import type { Clock } from '../../connector/kernel/time.ts';

/** The ports of one instance. */
export interface Ports {
  readonly intake: Intake;
  readonly delivery: Delivery;
  readonly deadLetters: DeadLetters;
  readonly interpreter: Interpreter;
  readonly journal: Journal;
  /** The flow itself, as whoever reads the journal sees it. */
  readonly restoration: Restoration;
  readonly clock: Clock;
}
