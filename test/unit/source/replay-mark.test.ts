import { describe, expect, it } from 'vitest';
import { replayHeaders, replayMarkOf } from '../../../connector/source/replay-mark.ts';
import { aRecord } from '../../support/builders.ts';

describe('the mark of a replay', () => {
  const other = { name: 'card_sync.redrive_count', value: Buffer.from('1') };

  it('names the run and the count, among whatever other headers the record has', () => {
    const mark = { run: '7f3a', count: 3, origin: null };
    expect(replayMarkOf({ ...aRecord(), headers: [other, ...replayHeaders(mark)] })).toEqual(mark);
    expect(replayMarkOf({ ...aRecord(), headers: [other] })).toBeNull();
  });

  it.each(['', '0', '-1', 'x', '99999999'])('takes %j for a count of 1', count => {
    const [run] = replayHeaders({ run: '7f3a', count: 1, origin: null });
    const headers = [...(run ? [run] : []), { name: 'card_sync.replay_count', value: Buffer.from(count) }];
    expect(replayMarkOf({ ...aRecord(), headers })).toEqual({ run: '7f3a', count: 1, origin: null });
  });
});
