import { type Assigner, AssignerProtocol, type GroupMember } from 'kafkajs';

/** The group's name of this way of sharing: all members must have it. */
/** The name of our assigner: by it the members of a group know that they are of one kind. */
export const protocolName = 'card-sync-partition-numbers';
const protocolVersion = 0;

/** What the assigner asks of its member. */
export interface AssignerPorts {
  /** How many partitions a topic has. */
  partitionCount(topic: string): number;
  /** The partition numbers that this member has, as far as it is certain that nobody else had them meanwhile. */
  held(): readonly number[];
}

/**
 * Gives partition n of all topics to the same member: what the journal remembers of partition n is needed where partition n of
 * the source is read. The numbers are shared evenly, and stay with whom they are as far as that allows.
 */
export function partitionNumberAssigner({ partitionCount, held }: AssignerPorts): Assigner {
  return {
    name: protocolName,
    version: protocolVersion,
    protocol: ({ topics }) => ({
      name: protocolName,
      metadata: AssignerProtocol.MemberMetadata.encode({
        version: protocolVersion,
        topics,
        userData: Buffer.from(JSON.stringify({ held: held() })),
      }),
    }),
    assign: async ({ members, topics }) => {
      const counts = new Map(topics.map(topic => [topic, partitionCount(topic)]));
      const claims = new Map(members.map(member => [member.memberId, claimOf(member)]));
      const shares = shareNumbers(Math.max(0, ...counts.values()), claims);
      return [...shares].map(([memberId, numbers]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: protocolVersion,
          assignment: Object.fromEntries(
            [...counts].map(([topic, count]) => [topic, numbers.filter(number => number < count)]),
          ),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  };
}

/**
 * Shares the numbers below `count`: each goes to exactly one member, no member has two more than another, and whoever claims a
 * number keeps it where that allows. The same arguments give the same shares, in whatever order the members come.
 */
export function shareNumbers(
  count: number,
  claims: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, readonly number[]> {
  const members = [...claims.keys()].sort();
  const shares = new Map<string, number[]>(members.map(member => [member, []]));
  if (members.length === 0) return shares;
  const least = Math.floor(count / members.length);
  let larger = count % members.length;
  const free = new Set(Array.from({ length: count }, (_, number) => number));
  for (const member of members) {
    const kept = [...new Set(claims.get(member))].filter(number => free.has(number)).sort((a, b) => a - b);
    // Only so many members may have one more than the others.
    const most = kept.length > least && larger > 0 ? least + 1 : least;
    if (most > least) larger--;
    shares.set(member, kept.slice(0, most));
    for (const number of kept.slice(0, most)) free.delete(number);
  }
  const rest = [...free];
  for (const member of members) {
    const share = shares.get(member) ?? [];
    while (share.length < least) share.push(rest.shift() ?? 0);
  }
  for (const member of members) {
    const share = shares.get(member) ?? [];
    if (share.length === least && rest.length > 0) share.push(rest.shift() ?? 0);
    share.sort((a, b) => a - b);
  }
  return shares;
}

/** What a member said that it has; nothing where it says nothing that can be read. */
function claimOf({ memberMetadata }: GroupMember): readonly number[] {
  try {
    const { userData } = AssignerProtocol.MemberMetadata.decode(memberMetadata) ?? {};
    const claim: { readonly held?: unknown } = Object(JSON.parse(String(userData)));
    return Array.isArray(claim.held) ? claim.held.filter(number => Number.isInteger(number)) : [];
  } catch {
    return [];
  }
}
