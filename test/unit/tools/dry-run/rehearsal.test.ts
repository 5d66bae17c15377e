import { describe, expect, it } from 'vitest';
import type { JournalEntry, Owed } from '../../../../connector/flow/ports.ts';
import { instant } from '../../../../connector/kernel/time.ts';
import type { CardChange } from '../../../../connector/order/change.ts';
import { decide } from '../../../../connector/order/decide.ts';
import { initialState } from '../../../../connector/order/state.ts';
import { Rehearsal } from '../../../../connector/tools/dry-run/rehearsal.ts';
import { aChange, aPolicy, aRecord, dawn } from '../../../support/builders.ts';
import { anEntry } from '../../journal/entries.ts';

const now = instant(dawn + 60_000);

function rehearsal(known: JournalEntry | null, asOf: typeof now | null = now): (change: CardChange) => string {
  const one = new Rehearsal({ requestIdForm: 'uuid', entryOf: () => known, asOf });
  return change => {
    const fate = one.play(change);
    switch (fate.kind) {
      case 'request':
        return `${fate.request.command} ${fate.request.bizDate - dawn}`;
      case 'owed':
        return `owed, ${fate.attempts} attempts, ${fate.request.requestId}`;
      case 'skipped':
        return `${fate.reason}, alone ${fate.alone === null ? 'nothing' : `${fate.alone.command} ${fate.alone.bizDate - dawn}`}`;
      default:
        return fate.kind;
    }
  };
}

describe('a rehearsal', () => {
  it('without a journal plays each change as if the one before was accepted', () => {
    const play = rehearsal(null, null);
    expect(play(aChange({ n: 1, creates: true, text: 'a' }))).toBe('SEND 1');
    expect(play(aChange({ n: 2, text: 'b' }))).toBe('UPDATE 2');
    expect(play(aChange({ n: 3, text: 'b' }))).toBe('unchanged, alone nothing');
    // The database's clock stood still: later by a millisecond all the same.
    expect(play(aChange({ n: 4, bizDate: instant(dawn + 2), text: 'c' }))).toBe('UPDATE 3');
    expect(play(aChange({ n: 5, text: 'c', ends: true }))).toBe('UPDATE 5');
  });

  it('with the journal decides upon what that has, and shows beside a skip what would be by itself', () => {
    const play = rehearsal(anEntry({ n: 5 }));
    expect(play(aChange({ n: 4, creates: true, text: 'a' }))).toBe('duplicate, alone SEND 4');
    expect(play(aChange({ n: 5, text: 'b' }))).toBe('duplicate, alone UPDATE 5');
    expect(play(aChange({ n: 6, text: 'text 5' }))).toBe('unchanged, alone UPDATE 6');
    expect(play(aChange({ n: 7, text: 'c' }))).toBe('UPDATE 7');
  });

  it('takes a card for over now that was not when its change came', () => {
    const endDate = instant(dawn + 1_000);
    const change = aChange({ n: 1, creates: true, endDate });
    expect(rehearsal(null, null)(change)).toBe('SEND 1');
    expect(rehearsal(null)(change)).toBe('expired, alone SEND 1');
  });

  it('repeats what is owed as it is; a newer change takes its place, over what may have been sent', () => {
    const change = aChange({ n: 6, text: 'owed' });
    const decision = decide(initialState, change, aPolicy());
    if (decision.kind !== 'deliver') throw new Error('it is delivered');
    const at = instant(dawn + 6);
    const owed: Owed = {
      record: aRecord({ offset: 6n }),
      request: { ...decision.request, bizDate: instant(dawn + 40) },
      heals: 0,
      attempts: 4,
      failures: 4,
      waitedMs: 6_000,
      firstAttemptAt: at,
      lastAttemptAt: at,
      dueAt: instant(now + 600_000),
    };
    const play = rehearsal(anEntry({ n: 5, owed }));
    expect(play(change)).toBe(`owed, 4 attempts, ${decision.request.requestId}`);
    // Equal to the card before, but it is not known whether that is what shows.
    expect(play(aChange({ n: 7, text: 'text 5' }))).toBe('UPDATE 41');
    expect(play(aChange({ n: 8, text: 'text 5' }))).toBe('unchanged, alone nothing');
  });

  it('keeps orders apart', () => {
    const play = rehearsal(null, null);
    expect(play(aChange({ n: 1, order: 'A', creates: true }))).toBe('SEND 1');
    expect(play(aChange({ n: 2, order: 'B', creates: true }))).toBe('SEND 2');
  });
});
