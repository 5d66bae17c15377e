import { describe, expect, it } from 'vitest';
import { brokerFault, groupConflict, isPassing } from '../../../connector/kafka/broker-fault.ts';
import { Fault } from '../../../connector/kernel/fault.ts';

/** As kafkajs puts an error of the broker: its name in `type`, wrapped once where it is not retried. */
function brokerError(type: string, text = 'the broker said so'): Error {
  return Object.assign(new Error(text), { name: 'KafkaJSProtocolError', type });
}

function wrapped(error: Error): Error {
  return Object.assign(new Error(error.message, { cause: error }), { name: 'KafkaJSNonRetriableError' });
}

function several(...errors: Error[]): Error {
  return Object.assign(new Error('Topic creation errors'), { name: 'KafkaJSAggregateError', errors });
}

describe('an error of kafkajs', () => {
  it.each([
    brokerError('TOPIC_AUTHORIZATION_FAILED'),
    wrapped(brokerError('GROUP_AUTHORIZATION_FAILED')),
    wrapped(wrapped(brokerError('CLUSTER_AUTHORIZATION_FAILED'))),
    several(brokerError('TOPIC_AUTHORIZATION_FAILED')),
    wrapped(several(brokerError('TOPIC_ALREADY_EXISTS'), brokerError('POLICY_VIOLATION'))),
    brokerError('INVALID_REPLICATION_FACTOR'),
    brokerError('INVALID_TOPIC_EXCEPTION'),
    Object.assign(new Error('SASL PLAIN authentication failed'), { name: 'KafkaJSSASLAuthenticationError' }),
  ])('that waiting does not mend is KAFKA_REFUSED: %#', error => {
    expect(brokerFault(error)).toMatchObject({ code: 'KAFKA_REFUSED', cause: error });
  });

  it('of a topic that is not there is TOPIC_MISSING', () => {
    expect(brokerFault(wrapped(brokerError('UNKNOWN_TOPIC_OR_PARTITION'))).code).toBe('TOPIC_MISSING');
  });

  it.each([
    new Error('connect ECONNREFUSED'),
    brokerError('LEADER_NOT_AVAILABLE'),
    brokerError('COORDINATOR_LOAD_IN_PROGRESS'),
    'a text',
    undefined,
  ])('that may pass is KAFKA_UNREACHABLE: %#', error => {
    expect(brokerFault(error).code).toBe('KAFKA_UNREACHABLE');
  });

  it('that holds a fault of ours is that fault', () => {
    const ours = new Fault('KAFKA_REFUSED', { detail: 'no token' });
    expect(brokerFault(wrapped(ours))).toBe(ours);
  });

  it('is told with every text in it, once', () => {
    const error = wrapped(several(brokerError('POLICY_VIOLATION', 'too many partitions')));
    expect(brokerFault(error).detail).toBe('Topic creation errors: too many partitions');
  });
});

describe('a group of another kind of client', () => {
  it('is named in a fault that says to take another group', () => {
    const error = wrapped(brokerError('INCONSISTENT_GROUP_PROTOCOL'));
    expect(groupConflict(error, 'card-sync')).toMatchObject({
      code: 'KAFKA_REFUSED',
      detail: 'group card-sync is used by another kind of client',
      remedy: 'give this connector a kafka.groupId of its own',
      cause: error,
    });
    expect(groupConflict(wrapped(brokerError('UNKNOWN_MEMBER_ID')), 'card-sync')).toBeNull();
  });
});

describe('an error passes', () => {
  const named = (name: string) => wrapped(Object.assign(new Error('x'), { name }));

  it.each([
    named('KafkaJSGroupCoordinatorNotFound'),
    named('KafkaJSConnectionError'),
    named('KafkaJSConnectionClosedError'),
    named('KafkaJSBrokerNotFound'),
    new Fault('KAFKA_UNREACHABLE', { detail: 'no token' }),
  ])('when brokers or token server are back: %#', error => {
    expect(isPassing(error)).toBe(true);
  });

  it.each([
    named('KafkaJSNotImplemented'),
    named('KafkaJSSASLAuthenticationError'),
    named('TypeError'),
    new TypeError('ours'),
    wrapped(brokerError('GROUP_AUTHORIZATION_FAILED')),
    new Fault('KAFKA_REFUSED', { detail: 'no token' }),
    'a text',
  ])('by no waiting otherwise: %#', error => {
    expect(isPassing(error)).toBe(false);
  });
});
