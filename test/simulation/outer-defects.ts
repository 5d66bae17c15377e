import { type Defect, misled, unleased } from './defect.ts';

/** Of the membership in the group, and of the journal. */
export const outerDefects: Readonly<Record<string, Defect>> = {
  'has a lease during a join': {
    file: 'connector/kafka/membership.ts',
    replace: {
      'if (this.#requestedAt !== null || this.#renewedAt === null) return false;':
        'if (this.#renewedAt === null) return false;',
    },
    breaks: unleased,
    elusive: true,
  },
  'measures the lease by the wall clock': {
    file: 'connector/kafka/membership.ts',
    replace: {
      'return Math.max(passed, clock.now() - this.#renewedAt.wall) < sessionTimeout;':
        'return clock.now() - this.#renewedAt.wall < sessionTimeout;',
    },
    breaks: unleased,
    elusive: true,
  },
  'has a lease for two sessions': {
    file: 'connector/kafka/membership.ts',
    replace: {
      'return Math.max(passed, clock.now() - this.#renewedAt.wall) < sessionTimeout;':
        'return passed < 2 * sessionTimeout;',
    },
    breaks: unleased,
  },
  'keeps what it had over a join that it missed': {
    file: 'connector/kafka/membership.ts',
    replace: { 'const unbroken = memberId === this.#memberId && this.#requests === 1;': 'const unbroken = true;' },
    breaks: misled,
  },
  'claims what it had after a join that it missed': {
    file: 'connector/kafka/membership.ts',
    replace: { 'return this.#requests === 1 ? this.#ports.held() : [];': 'return this.#ports.held();' },
    breaks: misled,
    elusive: true,
  },
  'commits partitions that are not its own': {
    file: 'connector/kafka/consumer.ts',
    replace: { 'const ours = [...offsets].filter(([key]) => this.#handover.has(key));': 'const ours = [...offsets];' },
    breaks: misled,
    elusive: true,
  },
  'gives a partition to two members': {
    file: 'connector/kafka/assigner.ts',
    replace: { 'for (const number of kept.slice(0, most)) free.delete(number);': '' },
    breaks: unleased,
  },
  'writes the journal without a lease': {
    file: 'connector/journal/writer.ts',
    replace: { 'if (!this.#options.leased()) {': 'if (false) {' },
    breaks: unleased,
  },
  'writes dead letters without a lease': {
    file: 'connector/dead-letter/dead-letters.ts',
    replace: { 'if (!options.leased()) {': 'if (false) {' },
    breaks: unleased,
    elusive: true,
  },
  'lets tombstones overtake entries': {
    file: 'connector/journal/writer.ts',
    replace: {
      'queue.waiting.push(waiting);':
        'if (record.value === null) queue.waiting.unshift(waiting); else queue.waiting.push(waiting);',
    },
    breaks: misled,
    elusive: true,
  },
  'lets entries overtake tombstones': {
    file: 'connector/journal/append.ts',
    replace: {
      'forget: (partition, order, signal) => writer':
        'forget: async (partition, order, signal) => (await options.clock.sleep(40), writer)',
    },
    breaks: misled,
    elusive: true,
  },
  'queues a failed batch again behind the others': {
    file: 'connector/journal/writer.ts',
    replace: {
      'queue.paused = true;': 'queue.paused = true; queue.waiting.push(...(queue.batch ?? [])); queue.batch = null;',
    },
    breaks: misled,
  },
  'adds entries to a batch that is repeated': {
    file: 'connector/journal/partition-queue.ts',
    replace: { 'this.batch ??= this.#nextBatch();': 'this.batch = [...(this.batch ?? []), ...this.#nextBatch()];' },
    breaks: misled,
  },
  'takes a batch without an answer for written': {
    file: 'connector/journal/writer.ts',
    replace: { 'void this.#failed(queue, result.problem);': 'queue.written();' },
    breaks: misled,
  },
  'accepts late writes of a former owner': {
    file: 'test/simulation/journal.ts',
    replace: { "if (epoch < known.epoch) return 'fenced';": '' },
    breaks: misled,
    elusive: true,
  },
  'restores to an end that was asked for before the claim': {
    file: 'connector/journal/restore.ts',
    replace: { 'restore.claimed && restore.needsEnd': 'restore.needsEnd' },
    breaks: misled,
    elusive: true,
  },
  'keeps the end of a former assignment': {
    file: 'connector/journal/restore.ts',
    replace: {
      'restore.ends(journal.low, journal.end);':
        'const kept = (this.kept ??= new Map()); if (!kept.has(number)) kept.set(number, journal.end); restore.ends(journal.low, kept.get(number));',
    },
    breaks: misled,
    elusive: true,
  },
  'restores all but the last entries': {
    file: 'connector/journal/partition-restore.ts',
    replace: { 'this.#toldTo < this.#end': 'this.#toldTo + 2n < this.#end' },
    breaks: misled,
    elusive: true,
  },
  'leaves the last commit out of the journal': {
    file: 'connector/journal/encode.ts',
    replace: { "source.kind === 'lsn' ? source.commitLsn : undefined": 'undefined' },
    breaks: misled,
  },
};
