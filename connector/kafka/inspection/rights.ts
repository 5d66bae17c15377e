/** What a client may do with a topic, a group or the cluster, by Kafka's numbers of the operations (AclOperation.java). */
const operations = {
  read: 3,
  write: 4,
  create: 5,
  describe: 8,
  describeConfigs: 10,
} as const;

/** One of the operations that matter here. */
export type Operation = keyof typeof operations;

/** Our own rights to a thing; null where the broker does not tell them. */
export type Rights = ReadonlySet<Operation> | null;

/** No bit but the sign: the broker was not asked, or is older than Kafka 2.3. */
const notTold = -2_147_483_648;

/** Reads an answer's field `authorized_operations`: a bit for each operation. */
export function rightsOf(bits: number): Rights {
  if (bits === notTold) return null;
  const names = Object.keys(operations) as Operation[];
  return new Set(names.filter(name => (bits & (1 << operations[name])) !== 0));
}
