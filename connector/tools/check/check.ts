import type { DurationMs } from '../../kernel/time.ts';
import type { SettingsProblem } from '../../settings/problems.ts';
import type { Settings } from '../../settings/settings.ts';
import { checkJournal } from './check-journal.ts';
import { checkKafka } from './check-kafka.ts';
import { checkTopic } from './check-topic.ts';
import { Examination, type ExaminationProgress, type Step } from './examination.ts';
import type { Finding } from './finding.ts';
import { checkAnswersSeen } from './looks/answers.ts';
import { lookAtClocks } from './looks/clocks.ts';
import { lookAtEndpoint } from './looks/endpoint.ts';
import { lookAtRegistry } from './looks/schemas.ts';
import { lookAtKeys, lookAtMappings, lookAtSettings } from './looks/settings.ts';
import type { CheckParts } from './parts.ts';

/** What is to be checked. */
export interface CheckOrder {
  /** The settings file. */
  readonly file: string;
  readonly problems: readonly SettingsProblem[];
  /** The parts of the settings that have no problem: all, where there are none. */
  readonly settings: Partial<Settings>;
  /** How many of the newest records of each partition are looked at. */
  readonly records: number;
  /** All is given up after this long. */
  readonly limitMs: DurationMs;
  /** Aborted when nobody waits any more: what is not done then is skipped. */
  readonly stop: AbortSignal;
}

/**
 * Looks at all that the connector needs, as it would use it, and changes nothing: no record is written, no topic made, no schema
 * registered, no card sent. Never rejects: what cannot be looked at is a finding too.
 */
export async function check(
  { file, problems, settings, records, limitMs, stop }: CheckOrder,
  parts: CheckParts,
  onProgress: (progress: ExaminationProgress) => void = () => undefined,
): Promise<readonly Finding[]> {
  const examination = new Examination(parts.clock, limitMs, stop, onProgress);
  const giveUp = new AbortController();
  const given = <P extends keyof Settings>(part: P): Step<Settings[P]> => ({
    title: `the part ${part} of the settings`,
    value: Promise.resolve(settings[part] ?? null),
  });
  examination.look({ group: 'Settings', id: 'settings', title: 'settings', limitMs: 5_000 }, [], () =>
    lookAtSettings(file, problems),
  );
  const mapping = examination.look(
    { group: 'Settings', id: 'mapping', title: 'mappings compile', limitMs: 5_000 },
    [given('mapping')],
    lookAtMappings,
  );
  examination.look({ group: 'Keys', id: 'keys', title: 'keys', limitMs: 5_000 }, [given('platform')], lookAtKeys);
  examination.look(
    { group: 'AlipayHK', id: 'platform.connection', title: 'the address can be reached', limitMs: 8_000 },
    [given('platform')],
    platform => lookAtEndpoint(platform, parts.probe),
  );

  const { signal } = giveUp;
  const openedRegistry = settings.registry === undefined ? null : parts.openRegistry(settings.registry);
  const registryParts = { title: 'the part registry of the settings', value: Promise.resolve(openedRegistry) };
  const registry = examination.look(
    { group: 'Schemas', id: 'registry', title: 'the registry answers', limitMs: 8_000 },
    [given('registry'), registryParts],
    ({ url }, { subjects }) => lookAtRegistry(subjects, url, settings.kafka?.topics[0] ?? 'card-sync', signal),
  );
  const kafka = checkKafka(examination, settings, parts);
  const topics = (settings.kafka?.topics ?? []).map(topic =>
    checkTopic(examination, { topic, records, signal }, { ...kafka, registry, registryParts, mapping, given }),
  );
  examination.look(
    { group: 'Rows', id: 'rows.clocks', title: 'clocks agree', limitMs: 5_000 },
    topics.map(({ rows }) => rows),
    (...seen) => lookAtClocks(seen, parts.clock.now()),
  );
  examination.look(
    { group: 'AlipayHK', id: 'platform.signs', title: 'AlipayHK signs its answers', limitMs: 5_000 },
    [given('platform'), given('journal'), kafka.offsets],
    (platform, { topic }, offsets) => checkAnswersSeen(platform, topic, offsets),
  );
  checkJournal(examination, { ...kafka, given });
  try {
    return await examination.findings();
  } finally {
    giveUp.abort();
    await kafka.close();
  }
}
