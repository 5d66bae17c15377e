import { Fault, messageOf } from '../kernel/fault.ts';

// Errors of the broker that waiting does not mend, by kafkajs' names of them.
const refusals =
  /AUTHORIZATION_FAILED|SASL|AUTHENTICATION|SECURITY_DISABLED|INVALID_REPLICATION_FACTOR|INVALID_PARTITIONS|INVALID_CONFIG|INVALID_TOPIC|POLICY_VIOLATION/;

/** The fault in an error of kafkajs: KAFKA_REFUSED where waiting does not mend it, TOPIC_MISSING, or else KAFKA_UNREACHABLE. */
export function brokerFault(error: unknown): Fault {
  const chain = chainOf(error);
  // Ours already, thrown from within (authentication.ts).
  const own = chain.find(one => one instanceof Fault);
  if (own) return own;
  const kinds = chain.map(kindOf).join(' ');
  const detail = [...new Set(chain.map(messageOf))].join(': ');
  if (refusals.test(kinds)) return new Fault('KAFKA_REFUSED', { detail, cause: error });
  const missing = kinds.includes('UNKNOWN_TOPIC_OR_PARTITION');
  return new Fault(missing ? 'TOPIC_MISSING' : 'KAFKA_UNREACHABLE', { detail, cause: error });
}

/**
 * The fault where the members of a group are of another kind: Kafka Connect, Kafka Streams, or consumers that assign partitions in
 * another way. Null for any other error.
 */
export function groupConflict(error: unknown, groupId: string): Fault | null {
  const kinds = chainOf(error).map(kindOf).join(' ');
  if (!kinds.includes('INCONSISTENT_GROUP_PROTOCOL')) return null;
  return new Fault('KAFKA_REFUSED', {
    detail: `group ${groupId} is used by another kind of client`,
    remedy: 'give this connector a kafka.groupId of its own',
    cause: error,
  });
}

// kafkajs' names of errors that pass when the brokers are back.
const passing =
  /^KafkaJS(?:Connection(?:Closed)?Error|GroupCoordinatorNotFound|BrokerNotFound|NoBrokerAvailableError|RequestTimeoutError|LockTimeout)$/;

/** Does this pass when the brokers (or the token server) are back, though kafkajs may have given up at it? */
export function isPassing(error: unknown): boolean {
  return chainOf(error).some(
    one =>
      one instanceof Error && (passing.test(one.name) || (one instanceof Fault && one.code === 'KAFKA_UNREACHABLE')),
  );
}

/** kafkajs wraps an error that it does not retry, and puts those of several topics into one: only inside is the broker's word. */
function chainOf(error: unknown): readonly unknown[] {
  if (!(error instanceof Error)) return [error];
  const inside = 'errors' in error && Array.isArray(error.errors) ? error.errors : [];
  return [error, ...[error.cause, ...inside].filter(one => one !== undefined).flatMap(chainOf)];
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const type = 'type' in error ? String(error.type) : '';
  return `${type} ${error.name === 'KafkaJSSASLAuthenticationError' ? 'SASL' : ''}`;
}
