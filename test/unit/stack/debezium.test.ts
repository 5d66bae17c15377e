import { describe, expect, it } from 'vitest';
import { debeziumOrdersConnector } from '../../stack/debezium.ts';

const database = {
  host: '127.0.0.1',
  port: 5432,
  user: 'postgres',
  password: 'secret',
  database: 'shop',
  registryNativeUrl: 'http://127.0.0.1:8080/apis/registry/v2',
};

describe('the recommended Debezium connector', () => {
  it('makes the plain key out of the order id, on the topic of the table only', () => {
    const { config } = debeziumOrdersConnector(database);
    expect(config['message.key.columns']).toBe('public.orders:merchant_biz_no');
    expect(config['transforms.plainKey.field']).toBe('merchant_biz_no');
    const pattern = new RegExp(`^${config['predicates.ofTable.pattern']}$`);
    expect('shop.public.orders').toMatch(pattern);
    expect('__debezium-heartbeat.shop').not.toMatch(pattern);
    expect('shop_public_orders').not.toMatch(pattern);
  });

  it('names slot, publication and topic so that two connectors of one server keep apart', () => {
    const one = debeziumOrdersConnector({ ...database, name: 'orders-1', table: 'public.orders_1' });
    const other = debeziumOrdersConnector({ ...database, name: 'orders-2', table: 'public.orders_2' });
    for (const name of ['slot.name', 'publication.name', 'table.include.list', 'predicates.ofTable.pattern']) {
      expect(one.config[name]).not.toBe(other.config[name]);
    }
    // PostgreSQL: a slot's name has small letters, digits and underscores only.
    expect(one.config['slot.name']).toMatch(/^[a-z0-9_]+$/);
  });

  it('lets settings be added and replaced', () => {
    const { config } = debeziumOrdersConnector({ ...database, overrides: { 'poll.interval.ms': '50', extra: 'x' } });
    expect(config['poll.interval.ms']).toBe('50');
    expect(config.extra).toBe('x');
  });
});
