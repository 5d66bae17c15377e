import { describe, expect, it } from 'vitest';
import { jsonOf, textOf } from '../../../../connector/cli/inspect/print-story.ts';
import { runProgram } from '../../../../connector/cli/program.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import type { SourceMoment, Story } from '../../../../connector/tools/inspect/story.ts';
import { dawn, sourceTopic } from '../../../support/builders.ts';
import { anEntry } from '../../journal/entries.ts';
import { leastYaml, settingsOf } from '../../settings/loading.ts';

const settings = settingsOf(leastYaml);
const change: SourceMoment = {
  kind: 'source',
  at: instant(dawn + 80),
  position: { topic: sourceTopic, partition: 3, offset: 17n },
  op: 'create',
  table: 'public.orders',
  committedAt: dawn,
  card: { template: 'PAYMENT_ORDER_DEFAULT', status: 'WAIT_PAY', ends: false },
  without: null,
  users: ['2160000000000001'],
  changed: null,
  redriven: 0,
};
const story = (parts: Partial<Story> = {}): Story => ({
  order: 'MB1',
  moments: [change],
  standing: null,
  looked: { source: 1, journal: 0, deadLetters: 0 },
  partitions: new Map([[sourceTopic, [3]]]),
  absent: [],
  ...parts,
});
const text = (told: Story, reveals = false) => textOf(told, settings, reveals, (_, painted) => painted);

describe('the text of a story', () => {
  it('tells each moment on a line, users masked unless they are asked for', () => {
    const line = `2026-11-23T00:00:00.080Z  source  ${sourceTopic}/3@17  create WAIT_PAY  committed 00:00:00.000Z, user `;
    expect(text(story())).toContain(`MB1\n\n${line}21…01\n`);
    expect(text(story(), true)).toContain(`${line}2160000000000001\n`);
    const yesterday = { ...change, committedAt: instant(dawn - 1) };
    expect(text(story({ moments: [yesterday] }))).toContain('committed 2026-11-22T23:59:59.999Z');
  });

  it('tells why there is no card, and how many dead letters are open', () => {
    const without = { reason: 'CHANGE_UNMAPPABLE', problems: ['a.yaml: orderStatus: is not in the map'] };
    const letter = {
      kind: 'dead-letter',
      at: instant(dawn + 90),
      place: { topic: 'dead', partition: 3, offset: 0n },
      source: change.position,
      reason: 'unmappable',
      code: 'CHANGE_UNMAPPABLE',
      resultCode: null,
      detail: 'orderStatus',
      disposal: null,
    } as const;
    const told = text(story({ moments: [{ ...change, card: null, without }, letter] }));
    expect(told).toContain('create CHANGE_UNMAPPABLE');
    expect(told).toContain('a.yaml: orderStatus: is not in the map');
    expect(told).toContain(`unmappable                of ${sourceTopic}/3@17, CHANGE_UNMAPPABLE, open: orderStatus`);
    expect(told).toContain(`open     1 dead letter in ${settings.deadLetters.topic}`);
  });

  it('tells how the order stands, or why that is not known', () => {
    const { state } = anEntry();
    expect(text(story({ standing: { state, owed: null } }))).toContain('now      live until 2026-11-24');
    const behind = { ...change, position: { topic: sourceTopic, partition: 0, offset: 2n } };
    const known = { state, owed: null };
    expect(text(story({ moments: [behind], standing: known }))).toContain('behind   1 change that the journal');
    const handled = { ...change, position: { topic: sourceTopic, partition: 0, offset: 1n } };
    expect(text(story({ moments: [handled], standing: known }))).not.toContain('behind');
    expect(text(story())).toContain('now      nothing was sent yet');
    expect(text(story({ absent: ['journal'] }))).toContain('now      not known: there is no journal yet');
    const place = { topic: 'journal', partition: 3, offset: 9n };
    const forgotten = { kind: 'forgotten', at: instant(dawn + 100), place } as const;
    expect(text(story({ moments: [change, forgotten] }))).toContain('now      forgotten');
  });

  it('as JSON has places and times as they are written everywhere', () => {
    const { state } = anEntry();
    const told = JSON.parse(jsonOf(story({ standing: { state, owed: null } }), false));
    expect(told.moments[0]).toMatchObject({
      at: '2026-11-23T00:00:00.080Z',
      position: `${sourceTopic}/3@17`,
      committedAt: '2026-11-23T00:00:00.000Z',
      users: ['21…01'],
    });
    expect(told).toMatchObject({
      standing: { state: 'live', through: `${sourceTopic}/0@1`, log: 'lsn 1', owed: null },
      partitions: { [sourceTopic]: [3] },
    });
  });
});

describe('inspect', () => {
  async function called(...args: readonly string[]) {
    const out: string[] = [];
    const errors: string[] = [];
    const code = await runProgram(['inspect', ...args], {
      environment: {},
      print: one => void out.push(one),
      printError: one => void errors.push(one),
      run: async () => 0,
    });
    return { code, out: out.join(''), errors: errors.join('') };
  }

  it('has a help that tells the exit codes', async () => {
    const { code, out } = await called('--help');
    expect(code).toBe(0);
    expect(out).toMatch(/Exit codes:\n {2}0/);
  });

  it.each([
    [[], "missing required argument 'merchantBizNo'"],
    [['MB1', '--since', 'yesterday'], 'It is to be like'],
    [['MB1', '--config', 'no/such.yaml'], 'no/such.yaml'],
  ])('answers bad usage %j with 2', async (args, problem) => {
    expect(await called(...args)).toMatchObject({ code: 2, errors: expect.stringContaining(problem) });
  });
});
