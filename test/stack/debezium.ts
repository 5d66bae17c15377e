import type { ConnectorSettings } from './connect.ts';

/** What differs from one Debezium connector of an orders table to the next. */
export interface OrdersConnectorOptions {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** The registry's own API, `…/apis/registry/v2`: Apicurio's converter writes there. */
  readonly registryNativeUrl: string;
  /** Default `orders`; replication slot and publication are named after it. */
  readonly name?: string;
  /** Topics begin with it. Default `shop`. */
  readonly topicPrefix?: string;
  /** `schema.table`. Default `public.orders`. */
  readonly table?: string;
  /** The column that holds merchantBizNo. Default `merchant_biz_no`. */
  readonly keyColumn?: string;
  /** Partitions of the table's topic when it is made. Default 6. */
  readonly partitions?: number;
  /** Settings to add or to replace. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/**
 * The Debezium connector that the README recommends for an orders table in PostgreSQL: Avro values in the Confluent wire format, and the
 * plain text of merchantBizNo as the key, so that an order's changes stay on one partition whatever happens to the schemas
 * (an Avro key's bytes contain its schema id). The topic is `<topicPrefix>.<table>`.
 */
export function debeziumOrdersConnector(options: OrdersConnectorOptions): ConnectorSettings {
  const name = options.name ?? 'orders';
  const prefix = options.topicPrefix ?? 'shop';
  const table = options.table ?? 'public.orders';
  const keyColumn = options.keyColumn ?? 'merchant_biz_no';
  const replicationName = `card_sync_${name.replaceAll(/\W/g, '_').toLowerCase()}`;
  return {
    name,
    config: {
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      'database.hostname': options.host,
      'database.port': String(options.port),
      'database.user': options.user,
      'database.password': options.password,
      'database.dbname': options.database,
      'topic.prefix': prefix,
      'table.include.list': table,
      'plugin.name': 'pgoutput',
      'slot.name': replicationName,
      'publication.name': replicationName,
      'publication.autocreate.mode': 'filtered',
      'schema.name.adjustment.mode': 'avro',
      ...plainKey(prefix, table, keyColumn),
      ...avroValue(options.registryNativeUrl),
      ...topics(options.partitions ?? 6),
      ...pace,
      ...options.overrides,
    },
  };
}

/**
 * The same for a table in MariaDB (`database.table`, e.g. `shop.orders`), which is read from its binary log. MySQL's differs in the class,
 * `io.debezium.connector.mysql.MySqlConnector`, alone.
 */
export function debeziumMariadbConnector(
  options: OrdersConnectorOptions & { readonly serverId: number; readonly kafka: string },
): ConnectorSettings {
  const { name = 'orders', topicPrefix: prefix = 'shop', table = 'shop.orders', database } = options;
  return {
    name,
    config: {
      'connector.class': 'io.debezium.connector.mariadb.MariaDbConnector',
      'database.hostname': options.host,
      'database.port': String(options.port),
      'database.user': options.user,
      'database.password': options.password,
      // As a replica of its own: no other may have this number.
      'database.server.id': String(options.serverId),
      'topic.prefix': prefix,
      'database.include.list': database,
      'table.include.list': table,
      // What the tables looked like at each place of the log.
      'schema.history.internal.kafka.bootstrap.servers': options.kafka,
      'schema.history.internal.kafka.topic': `${prefix}.schema-history`,
      'include.schema.changes': 'false',
      'schema.name.adjustment.mode': 'avro',
      ...plainKey(prefix, table, options.keyColumn ?? 'merchant_biz_no'),
      ...avroValue(options.registryNativeUrl),
      ...topics(options.partitions ?? 6),
      ...pace,
      ...options.overrides,
    },
  };
}

const pace = {
  // A quiet table must not keep the database's log from being cut off.
  'heartbeat.interval.ms': '10000',
  // Low latency: the pause between looks at the database's stream (Debezium's default is 500), and no waiting for fuller batches.
  'poll.interval.ms': '10',
  'producer.override.linger.ms': '0',
  // How soon it comes back after the database was away (Debezium's default is 10000).
  'retriable.restart.connector.wait.ms': '1000',
};

/** The key is the column's text. Heartbeats have no such column, so the transform keeps to the table's topic. */
function plainKey(prefix: string, table: string, keyColumn: string): Record<string, string> {
  return {
    'message.key.columns': `${table}:${keyColumn}`,
    predicates: 'ofTable',
    'predicates.ofTable.type': 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
    'predicates.ofTable.pattern': `${prefix}.${table}`.replaceAll('.', '\\.'),
    transforms: 'plainKey',
    'transforms.plainKey.type': 'org.apache.kafka.connect.transforms.ExtractField$Key',
    'transforms.plainKey.field': keyColumn,
    'transforms.plainKey.predicate': 'ofTable',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
  };
}

function avroValue(registryNativeUrl: string): Record<string, string> {
  return {
    'value.converter': 'io.apicurio.registry.utils.converter.AvroConverter',
    'value.converter.apicurio.registry.url': registryNativeUrl,
    'value.converter.apicurio.registry.auto-register': 'true',
    'value.converter.apicurio.registry.use-id': 'contentId',
    // The id goes before the value, as Confluent's clients expect it, not into a header.
    'value.converter.apicurio.registry.headers.enabled': 'false',
    'value.converter.apicurio.registry.id-handler': 'io.apicurio.registry.serde.Legacy4ByteIdHandler',
    // A known schema is looked up again after 30 s; where the registry is down then, the task would fail for good.
    'value.converter.apicurio.registry.fault-tolerant-refresh': 'true',
  };
}

/** `-1` takes the broker's own replication factor. The heartbeat's and the transactions' topics need one partition only. */
function topics(partitions: number): Record<string, string> {
  return {
    'topic.creation.default.replication.factor': '-1',
    'topic.creation.default.partitions': String(partitions),
    'topic.creation.groups': 'upkeep',
    'topic.creation.upkeep.include': '__debezium-heartbeat.*,.*\\.transaction',
    'topic.creation.upkeep.replication.factor': '-1',
    'topic.creation.upkeep.partitions': '1',
  };
}
