import fc from 'fast-check';
import { AssignerProtocol } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { partitionNumberAssigner, shareNumbers } from '../../../connector/kafka/assigner.ts';

/** Claims as they may be: of numbers that are not there, twice, by several members. */
const claims = fc
  .array(fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.array(fc.integer({ min: -2, max: 40 }))), {
    minLength: 1,
    maxLength: 8,
  })
  .map(entries => new Map(entries));
const counts = fc.nat({ max: 32 });

describe('the numbers', () => {
  function expectFair(count: number, claims: ReadonlyMap<string, readonly number[]>): void {
    const shares = [...shareNumbers(count, claims).values()];
    expect(shares.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, number) => number));
    const sizes = shares.map(share => share.length);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    expect(shares).toHaveLength(claims.size);
  }

  it('go each to exactly one member, evenly, whatever is claimed', () => {
    fc.assert(fc.property(counts, claims, expectFair));
  });

  it('go so also when members come to others that have shared already', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(counts, names, fc.nat({ max: 6 }), (count, names, more) => {
        const came = names.slice(0, 1 + (more % (names.length - 1)));
        const before = shareNumbers(count, new Map(came.map(name => [name, []])));
        expectFair(count, new Map(names.map(name => [name, before.get(name) ?? []])));
      }),
    );
  });

  it('are shared alike in whatever order the members come', () => {
    fc.assert(
      fc.property(counts, claims, (count, claims) => {
        expect(shareNumbers(count, new Map([...claims].reverse()))).toEqual(shareNumbers(count, claims));
      }),
    );
  });

  it('stay where they are when nobody comes or goes', () => {
    fc.assert(
      fc.property(counts, claims, (count, claims) => {
        const shares = shareNumbers(count, claims);
        expect(shareNumbers(count, shares)).toEqual(shares);
      }),
    );
  });

  it('move only as many as they must when a member comes', () => {
    const three = shareNumbers(12, new Map([...'abc'].map(member => [member, []])));
    const four = shareNumbers(12, new Map([...three, ['0', []]]));
    for (const member of 'abc')
      expect(three.get(member)).toEqual(expect.arrayContaining([...(four.get(member) ?? [])]));
    expect(four.get('0')).toHaveLength(3);
  });

  it('of a member that leaves go to the others, who keep theirs', () => {
    const three = shareNumbers(12, new Map([...'abc'].map(member => [member, []])));
    const two = shareNumbers(12, new Map([...three].filter(([member]) => member !== 'b')));
    for (const member of 'ac') expect(two.get(member)).toEqual(expect.arrayContaining([...(three.get(member) ?? [])]));
  });
});

describe('an assignment', () => {
  const topics: Readonly<Record<string, number>> = { orders: 5, bills: 3, journal: 5 };
  const assigner = partitionNumberAssigner({ partitionCount: topic => topics[topic] ?? 0, held: () => [4, 1] });

  async function assign(members: Readonly<Record<string, Buffer>>) {
    const assigned = await assigner.assign({
      members: Object.entries(members).map(([memberId, memberMetadata]) => ({ memberId, memberMetadata })),
      topics: Object.keys(topics),
    });
    return new Map(
      assigned.map(({ memberId, memberAssignment }) => [
        memberId,
        AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
      ]),
    );
  }

  it('gives the partitions of one number to one member, of each topic that has it', async () => {
    const nothing = Buffer.alloc(0);
    expect(await assign({ a: nothing, b: nothing })).toEqual(
      new Map([
        ['a', { orders: [0, 1, 4], bills: [0, 1], journal: [0, 1, 4] }],
        ['b', { orders: [2, 3], bills: [2], journal: [2, 3] }],
      ]),
    );
  });

  it('knows what a member has by what it says when it joins', async () => {
    const { metadata } = assigner.protocol({ topics: Object.keys(topics) });
    expect((await assign({ a: Buffer.alloc(0), b: metadata })).get('b')?.journal).toEqual([1, 4]);
  });

  it('takes a member that says nothing readable for one that has nothing', async () => {
    const said = (userData: string) =>
      AssignerProtocol.MemberMetadata.encode({ version: 0, topics: ['orders'], userData: Buffer.from(userData) });
    const members = {
      a: said('{"held":'),
      b: said('{"held":"all"}'),
      c: said('{"held":[0.5,null]}'),
      d: Buffer.from('x'),
    };
    const assigned = await assign(members);
    expect([...assigned.values()].flatMap(assignment => assignment?.orders ?? []).sort()).toEqual([0, 1, 2, 3, 4]);
  });
});
