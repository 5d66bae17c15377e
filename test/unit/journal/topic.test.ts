import { describe, expect, it } from 'vitest';
import { ensureJournal } from '../../../connector/journal/topic.ts';
import type { TopicAdmin, TopicPlan } from '../../../connector/kafka/admin.ts';

const plan = { topic: 'journal', partitions: 3, replicationFactor: -1 };

function adminWith(partitions: number, policy: string): { readonly admin: TopicAdmin; readonly plans: TopicPlan[] } {
  const plans: TopicPlan[] = [];
  const admin: Pick<TopicAdmin, 'ensureTopic' | 'settingOf'> = {
    ensureTopic: async plan => {
      plans.push(plan);
      return partitions;
    },
    settingOf: async (_, name) => (name === 'cleanup.policy' ? policy : null),
  };
  return { admin: admin as TopicAdmin, plans };
}

describe('the journal', () => {
  it('is made compacted, with the partition count of the source', async () => {
    const { admin, plans } = adminWith(3, 'compact');
    await ensureJournal(admin, plan);
    expect(plans).toMatchObject([{ ...plan, config: { 'cleanup.policy': 'compact' } }]);
  });

  it.each([
    [2, 'compact', 'journal has 2 partitions, the source has 3'],
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
