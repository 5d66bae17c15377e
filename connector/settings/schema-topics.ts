import { z } from 'zod';
import { ms, topicName } from './schema-parts.ts';

// The parts about topics of our own.

const replicationFactor = z
  .number()
  .int()
  .min(-1)
  .default(-1)
  .describe("Of the topic when it is made; -1 is the broker's default");

/** The settings of the dead-letter topic. */
export const deadLetters = z
  .strictObject({
    topic: topicName()
      .default('card-sync.dead-letters')
      .describe(
        "Topic for records that cannot be delivered; made with the source's partition count where it is missing",
      ),
    replicationFactor,
  })
  .prefault({})
  .describe('Where changes go that cannot be delivered');

/** The settings of the journal. */
export const journal = z
  .strictObject({
    topic: topicName()
      .meta({
        description:
          "Topic of the journal, compacted; made with the source's partition count where it is missing. One for each connector; without this key it is kafka.groupId and .journal",
        examples: ['card-sync.journal'],
      })
      .optional(),
    replicationFactor,
    onUnreadable: z
      .enum(['stop', 'skip'])
      .default('stop')
      .describe(
        'A record of the journal that cannot be read may hold a pending delivery. stop: nothing of its partition is delivered until it can; skip: it is skipped, and its order begins anew from its next change',
      ),
    formerly: z
      .array(z.string().min(1))
      .default([])
      .describe(
        'Consumer groups, and source topics, that this connector had before: their journal entries are its own. Those of any other stop it',
      ),
    lingerMs: ms(
      5,
      'How long the first entry waits for others to be written along with it; an order that changes again meanwhile waits too',
      0,
    ),
  })
  .prefault({})
  .describe('Where it is kept what happened to each order');

/** Before version 0.2 the default was the same for all groups: this one. */
export const formerJournalTopic = 'card-sync.journal';

/** The journal's topic where the settings name none. `groupId`: undefined where it cannot be used. */
export function derivedJournalTopic(groupId = 'card-sync'): string {
  return `${groupId}.journal`;
}
