import { formatPosition, type Position } from './position.ts';

/**
 * Every operating fault: what it means and what to do. The codes are stable: alerts and runbooks may name them.
 * The error table of the documentation is compared with this one by a test.
 */
export const faultTable = {
  SETTINGS_INVALID: { meaning: 'the settings have problems', remedy: 'mend each listed key and start again' },
  MAPPING_INVALID: { meaning: 'a mapping has problems', remedy: 'mend each listed expression and start again' },
  KEY_INVALID: { meaning: 'a key file cannot be used', remedy: 'give the key in the named form' },
  KAFKA_UNREACHABLE: { meaning: 'no broker answers', remedy: 'check kafka.brokers, the network, TLS and SASL' },
  KAFKA_REFUSED: {
    meaning: 'the broker refuses a request',
    remedy: 'check the rights of the Kafka user (read, write, describe, group)',
  },
  KAFKA_CONSUMER_STOPPED: {
    meaning: 'the consumer stopped and does not restart',
    remedy: 'see the cause; the process ends so that its supervisor starts it anew',
  },
  TOPIC_MISSING: {
    meaning: 'a source topic does not exist',
    remedy: 'start the Debezium connector first, or correct kafka.topics',
  },
  REGISTRY_UNREACHABLE: {
    meaning: 'the schema registry does not answer',
    remedy: 'check registry.url and its credentials; intake waits until it is back',
  },
  SCHEMA_REFUSED: {
    meaning: 'the schema registry refuses our schema',
    remedy: "check the subject's compatibility rule and the rights of the registry's user",
  },
  SOURCE_RECORDS_LOST: {
    meaning: 'records were removed from a source topic before they were read',
    remedy: "raise the topic's retention; compare the cards of the orders changed in that time with the database",
  },
  SOURCE_TOPIC_REMADE: {
    meaning: 'a source topic ends before what was read of it: it was made anew, or lost records',
    remedy:
      'it is read from its beginning; was it made anew, name a new journal.topic, for the old one knows its old offsets',
  },
  JOURNAL_MISMATCH: {
    meaning: 'the journal topic does not fit this connector',
    remedy:
      "give each connector a journal.topic of its own. If the group or topic that is named was this connector's before, name it in journal.formerly. A new topic begins without the pending deliveries of the old one",
  },
  JOURNAL_UNWRITABLE: {
    meaning: 'the journal cannot be written',
    remedy: 'check that journal.topic may be written and its brokers are well; offsets are not committed before',
  },
  JOURNAL_UNREADABLE: {
    meaning: 'a record of the journal cannot be read',
    remedy:
      'it may hold a pending delivery, so nothing of its partition is delivered. If a later version wrote it, run that version; if something else did, set journal.onUnreadable to skip, and the order begins anew from its next change',
  },
  JOURNAL_ENTRY_TOO_LARGE: {
    meaning: 'an entry is larger than the journal topic takes, and is written without the value of its record',
    remedy:
      'raise max.message.bytes of journal.topic above that of the source topics; a dead letter of the record would have no value either',
  },
  RECORD_UNDECODABLE: {
    meaning: 'the bytes of a record cannot be read',
    remedy: 'look at the dead letter; check the converter of the Debezium connector',
  },
  SCHEMA_UNKNOWN: {
    meaning: 'the registry does not know the schema id of a record',
    remedy:
      'check that registry.url is the registry of the producer, and was not wiped; an id of Apicurio must be a contentId (use-id), not a globalId',
  },
  CHANGE_UNMAPPABLE: {
    meaning: 'the mapping cannot make a card of a row',
    remedy: 'mend the mapping or the row; then redrive the dead letter',
  },
  CARD_REJECTED: {
    meaning: 'the platform refuses a card for good',
    remedy: 'read the result code and message; mend the mapping or the row; then redrive',
  },
  RETRIES_EXHAUSTED: {
    meaning: 'a delivery failed at every attempt',
    remedy: 'look at the last answer; redrive when the platform is well',
  },
  CREDENTIALS_REFUSED: {
    meaning: 'the platform refuses our client id, key or rights',
    remedy: 'check platform.clientId, platform.privateKeyFile and platform.keyVersion; intake waits and probes',
  },
  PLATFORM_UNREACHABLE: {
    meaning: 'most deliveries fail',
    remedy: 'check platform.baseUrl and the network; intake waits and probes',
  },
  ANSWERS_UNVERIFIED: {
    meaning: 'answers have a signature that the public key of AlipayHK does not verify',
    remedy:
      "check platform.publicKeyFile: AlipayHK's public key of the version in use (card-sync keys check prints it); intake waits and probes",
  },
  REFUSALS_UNSIGNED: {
    meaning: 'refusals come without a signature',
    remedy:
      'a gateway that signs only success? Ask AlipayHK; platform.verifyAnswers: warn believes unsigned answers, for which TLS alone vouches then',
  },
  REFUSALS_UNEXPLAINED: {
    meaning: 'order after order is refused with a result code that is not known',
    remedy:
      'ask AlipayHK what the code means; say in platform.verdicts that it is about us (halt) or about each order (reject); intake waits and probes',
  },
  MAPPING_FITS_NOTHING: {
    meaning: 'the mapping does not fit the rows of a table',
    remedy:
      'compare the mapping with the table (card-sync check names the columns), mend it and start again; the records wait, and go on by themselves once rows fit',
  },
  DEAD_LETTER_UNWRITABLE: {
    meaning: 'a dead letter cannot be written',
    remedy: 'check that deadLetters.topic exists and may be written; its offset is not committed before',
  },
  DEAD_LETTER_TOO_LARGE: {
    meaning: 'a dead letter is larger than its topic takes, and is written without its value',
    remedy:
      'raise max.message.bytes of deadLetters.topic above that of the source topics; the record lies where it was read',
  },
} as const satisfies Record<string, { readonly meaning: string; readonly remedy: string }>;

/** The closed list of stable codes. */
export type FaultCode = keyof typeof faultTable;

/** What a {@link Fault} may say beyond its code. */
export interface FaultContext {
  readonly detail: string;
  readonly at?: Position;
  /** Already masked: a fault never holds a whole customer or order id. */
  readonly order?: string;
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** An operating fault, ours or the platform's: what happened, where, and what to do. */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly detail: string;
  readonly at: Position | undefined;
  readonly order: string | undefined;
  readonly remedy: string;

  constructor(code: FaultCode, context: FaultContext) {
    const where = context.at ? ` at ${formatPosition(context.at)}` : '';
    const whose = context.order ? ` (order ${context.order})` : '';
    super(`${code}${where}${whose}: ${faultTable[code].meaning}: ${context.detail}`, { cause: context.cause });
    this.name = 'Fault';
    this.code = code;
    this.detail = context.detail;
    this.at = context.at;
    this.order = context.order;
    this.remedy = context.remedy ?? faultTable[code].remedy;
  }
}

/** The text of anything thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A file that is there, but is not read: it is no regular one, or too large. The message continues a sentence that names the file. */
export class FileRefused extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = 'FileRefused';
  }
}
