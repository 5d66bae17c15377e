import { describe, expect, it } from 'vitest';
import { ensureJournal } from '../../../connector/journal/topic.ts';
import type { TopicAdmin } from '../../../connector/kafka/admin.ts';
import type { TopicPlan } from '../../../connector/kafka/inspection/create-topic.ts';
import { Fault } from '../../../connector/kernel/fault.ts';

const plan = { topic: 'journal', formerTopic: null, partitions: 3, replicationFactor: -1 };

function adminWith(partitions: number, policy: string, mayAlter = true, existing: readonly string[] = []) {
  const plans: TopicPlan[] = [];
  const grown: string[] = [];
  const admin: Pick<TopicAdmin, 'ensureTopic' | 'existing' | 'growTopic' | 'settingOf'> = {
    ensureTopic: async plan => {
      plans.push(plan);
      return partitions;
    },
    existing: async topics => new Set(topics.filter(topic => existing.includes(topic))),
    growTopic: async (topic, count) => {
      if (!mayAlter) throw new Fault('KAFKA_REFUSED', { detail: 'not authorized' });
      grown.push(`${topic} ${count}`);
    },
    settingOf: async (_, name) => (name === 'cleanup.policy' ? policy : null),
  };
  return { admin: admin as TopicAdmin, plans, grown };
}

describe('the journal', () => {
  it('is made compacted, with the partition count of the source', async () => {
    const { admin, plans } = adminWith(3, 'compact');
    await ensureJournal(admin, plan);
    expect(plans).toMatchObject([
      { topic: 'journal', partitions: 3, replicationFactor: -1, config: { 'cleanup.policy': 'compact' } },
    ]);
  });

  it('gets the partitions that the source has more, and keeps its records', async () => {
    const { admin, grown } = adminWith(2, 'compact');
    await ensureJournal(admin, plan);
    expect(grown).toEqual(['journal 3']);
  });

  it.each([
    [['card-sync.journal'], 'tickets.journal', true],
    [['card-sync.journal', 'tickets.journal'], 'tickets.journal', false],
    [[], 'tickets.journal', false],
    [['card-sync.journal'], 'card-sync.journal', false],
  ])(
    'with a topic by default is refused while only the former default %j exists beside %s: %s',
    async (existing, topic, isRefused) => {
      const { admin, plans } = adminWith(3, 'compact', true, existing);
      const made = ensureJournal(admin, { ...plan, topic, formerTopic: 'card-sync.journal' });
      if (isRefused) {
        await expect(made).rejects.toMatchObject({
          code: 'JOURNAL_MISMATCH',
          remedy: 'set journal.topic: to card-sync.journal where this connector has used it, else to tickets.journal',
        });
      } else await made;
      expect(plans).toHaveLength(isRefused ? 0 : 1);
    },
  );

  it('that we may not alter is refused, with the command that keeps what is pending', async () => {
    const { admin } = adminWith(2, 'compact', false);
    await expect(ensureJournal(admin, plan)).rejects.toMatchObject({
      code: 'JOURNAL_MISMATCH',
      remedy: 'kafka-topics --alter --topic journal --partitions 3 (pending deliveries are kept)',
    });
  });

  it.each([
    [4, 'compact', 'journal has 4 partitions, the source has 3'],
    [3, 'delete', 'journal has cleanup.policy delete, which would forget what is owed; it must be compact'],
    [3, 'compact,delete', 'journal has cleanup.policy compact,delete, which would forget'],
  ])('that is there and does not fit is refused: %i partitions, %s', async (partitions, policy, detail) => {
    const { admin } = adminWith(partitions, policy);
    await expect(ensureJournal(admin, plan)).rejects.toMatchObject({
      code: 'JOURNAL_MISMATCH',
      detail: expect.stringContaining(detail),
    });
  });
});
