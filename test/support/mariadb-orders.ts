import { readFileSync } from 'node:fs';
import { type Connection, createConnection, type ResultSetHeader } from 'mysql2/promise';
import { decimalText, type Order } from '../demo/order.ts';
import type { OrderTable } from '../demo/orders-db.ts';

/** The user that Debezium reads with: what its documentation asks for, and no more. */
export const debeziumUser = { user: 'debezium', password: 'reads-the-log' } as const;

const columns = [
  'merchant_biz_no',
  'kind',
  'user_id',
  'currency',
  'status',
  'amount',
  'pay_amount',
  'due_on',
  'starts_at',
  'ends_at',
  'details',
] as const;
const changing = columns.slice(4);

/** The shop's table of orders in MariaDB, over one connection. */
export class MariadbOrders implements OrderTable {
  readonly #client: Connection;

  private constructor(client: Connection) {
    this.#client = client;
  }

  /** Makes a database with the table, and the user {@link debeziumUser}; connects to it. */
  static async create(port: number, database: string): Promise<MariadbOrders> {
    // Moments are written in UTC, the session's zone too.
    const client = await createConnection({ host: '127.0.0.1', port, user: 'root', timezone: 'Z' });
    const orders = new MariadbOrders(client);
    await orders.sql("SET time_zone = '+00:00'");
    await orders.sql(`CREATE DATABASE ${database}`);
    await orders.sql(`USE ${database}`);
    await orders.sql(readFileSync(new URL('./mariadb-orders.sql', import.meta.url), 'utf8'));
    const { user, password } = debeziumUser;
    await orders.sql(`CREATE USER IF NOT EXISTS '${user}'@'127.0.0.1' IDENTIFIED BY '${password}'`);
    const rights = 'SELECT, RELOAD, SHOW DATABASES, REPLICATION SLAVE, REPLICATION CLIENT';
    await orders.sql(`GRANT ${rights} ON *.* TO '${user}'@'127.0.0.1'`);
    return orders;
  }

  /** A statement, e.g. ALTER TABLE. */
  async sql(statement: string): Promise<void> {
    await this.#client.query(statement);
  }

  /** Adds orders, all or none. */
  async insert(orders: readonly Order[]): Promise<void> {
    const rows = orders.map(order => columns.map(column => cellOf(order, column)));
    await this.#client.query(`INSERT INTO orders (${columns.join(', ')}) VALUES ?`, [rows]);
  }

  /** Writes what may change of an order. Throws when it is not there. */
  async update(order: Order): Promise<void> {
    const assignments = changing.map(column => `${column} = ?`).join(', ');
    const values = [...changing.map(column => cellOf(order, column)), order.merchantBizNo];
    await this.#one(`UPDATE orders SET ${assignments} WHERE merchant_biz_no = ?`, values);
  }

  /** Deletes an order's row. Throws when it is not there. */
  remove(merchantBizNo: string): Promise<void> {
    return this.#one('DELETE FROM orders WHERE merchant_biz_no = ?', [merchantBizNo]);
  }

  /** Commits all that `work` does together, or nothing of it. */
  async transaction(work: () => Promise<void>): Promise<void> {
    await this.#client.beginTransaction();
    try {
      await work();
      await this.#client.commit();
    } catch (error) {
      await this.#client.rollback();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }

  async #one(statement: string, values: readonly unknown[]): Promise<void> {
    const [{ affectedRows }] = await this.#client.query<ResultSetHeader>(statement, [...values]);
    if (affectedRows !== 1) throw new Error(`${affectedRows} rows for: ${statement}`);
  }
}

function cellOf(order: Order, column: (typeof columns)[number]): unknown {
  switch (column) {
    case 'merchant_biz_no':
      return order.merchantBizNo;
    case 'kind':
      return order.kind;
    case 'status':
      return order.status;
    case 'user_id':
      return order.userId;
    case 'currency':
      return order.currency;
    case 'amount':
      return decimalText(order.amountCents);
    case 'pay_amount':
      return order.payAmountCents === null ? null : decimalText(order.payAmountCents);
    case 'due_on':
      return order.dueOn;
    case 'starts_at':
      return order.startsAt;
    case 'ends_at':
      return order.endsAt;
    case 'details':
      return JSON.stringify(order.details);
  }
}
