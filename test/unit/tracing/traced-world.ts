import { Pipeline } from '../../../connector/flow/pipeline.ts';
import type { Interpreted, Owed } from '../../../connector/flow/ports.ts';
import type { RestoredFlow } from '../../../connector/journal/restore.ts';
import type { RecordHeader, SourceRecord } from '../../../connector/kernel/record.ts';
import { openMetrics } from '../../../connector/observe/exposition.ts';
import { evolve, initialState } from '../../../connector/order/state.ts';
import { type TracedParts, tracedParts, untraced } from '../../../connector/traced-parts.ts';
import { aChange, aRecord, type ChangeParts, sourceTopic } from '../../support/builders.ts';
import {
  RecordingDeadLetters,
  RecordingIntake,
  RecordingJournal,
  ScriptedDelivery,
  SteppedClock,
} from '../../support/flow-world.ts';
import { defaults, key } from '../flow/pipeline-world.ts';
import { type TracingInMemory, tracingInMemory } from './in-memory.ts';

/** A change to be fed, or what its record comes to. */
export interface FedRecord extends ChangeParts {
  readonly headers?: readonly RecordHeader[];
  readonly means?: Interpreted;
}

/** A pipeline with a journal, whose parts are traced into memory as main.ts has them traced. */
export class TracedWorld {
  readonly clock = new SteppedClock();
  readonly tracing: TracingInMemory = tracingInMemory();
  readonly scripted = new ScriptedDelivery(this.clock);
  readonly deadLetters = new RecordingDeadLetters(this.clock);
  readonly journal = new RecordingJournal(this.clock);
  readonly traced: TracedParts;
  readonly flow: RestoredFlow;
  /** What went along with each request. */
  readonly sentHeaders: Readonly<Record<string, string>>[] = [];
  readonly interpreted: SourceRecord[] = [];
  readonly #meanings = new Map<bigint, Interpreted>();

  constructor(isTraced = true) {
    const platform = { baseUrl: 'https://open.alipay.hk', path: '/sync' };
    this.traced = isTraced ? tracedParts(this.tracing, { groupId: 'cards', platform, clock: this.clock }) : untraced;
    const { attempting } = this.traced.reports({ signatureChecked: () => undefined });
    const pipeline = new Pipeline(defaults, {
      clock: this.clock,
      random: { next: () => 0.5 },
      intake: new RecordingIntake(),
      interpreter: {
        interpret: record => {
          this.interpreted.push(record);
          return this.#meanings.get(record.offset) ?? { kind: 'skipped', reason: 'ignored' };
        },
      },
      delivery: {
        deliver: async (request, signal, _, trace) => {
          const followed = trace === undefined ? null : (attempting?.(request, trace) ?? null);
          this.sentHeaders.push(followed?.headers ?? {});
          const answer = await this.scripted.deliver(request, signal);
          followed?.answered(answer);
          return answer;
        },
      },
      deadLetters: this.deadLetters,
      journal: this.journal,
      meter: this.traced.meter(openMetrics({ templates: [], topics: [sourceTopic], resultCodes: [] }, '1').meter),
    });
    this.flow = this.traced.flow(pipeline);
    this.flow.assigned([key(0)]);
  }

  /** The journal was read: it owes these. */
  restore(owed: readonly Owed[] = []): this {
    for (const one of owed) {
      const { change } = one.request;
      const { position, source } = change;
      const state = evolve(initialState, { kind: 'change-skipped', reason: 'unchanged', position, source });
      this.flow.remember(key(0), { order: change.merchantBizNo, known: { state, owed: one, at: this.clock.now() } });
    }
    this.flow.restored(key(0), { begin: 0n, end: 0n });
    return this;
  }

  feed(...fed: readonly FedRecord[]): void {
    const records = fed.map(({ headers = [], means, ...parts }) => {
      const change = aChange(parts);
      this.#meanings.set(change.position.offset, means ?? { kind: 'change', change });
      return { ...aRecord(change.position), headers };
    });
    this.flow.receive(key(0), records, records.at(-1)?.offset ?? 0n, 0n);
  }

  get spans() {
    return this.tracing.spans();
  }

  /** The spans of records; their outcomes. */
  get outcomes() {
    return this.spans
      .filter(({ kind }) => kind === 'consumer')
      .map(({ attributes }) => `${attributes['messaging.kafka.offset']} ${attributes['card_sync.outcome']}`);
  }
}
