import { readFileSync } from 'node:fs';
import pg from 'pg';
import { decimalText, type Order, type OrderKind } from './order.ts';

interface OrderColumns {
  readonly merchant_biz_no: string;
  readonly kind: OrderKind;
  readonly status: string;
  readonly user_id: string;
  readonly amount: string;
  readonly pay_amount: string | null;
  readonly currency: 'HKD' | 'CNY';
  readonly due_on: string | null;
  readonly starts_at: Date | null;
  readonly ends_at: Date | null;
  readonly details: Readonly<Record<string, unknown>>;
}

const columns =
  'merchant_biz_no, kind, status, user_id, amount, pay_amount, currency, due_on, starts_at, ends_at, details';
const changing = 'status, amount, pay_amount, due_on, starts_at, ends_at, details';

/** PostgreSQL's code of a transaction that it ended to resolve a deadlock. */
const deadlockDetected = '40P01';

/** The table of orders as it is written to, whichever database it is in. */
export interface OrderTable {
  insert(orders: readonly Order[]): Promise<void>;
  update(order: Order): Promise<void>;
  remove(merchantBizNo: string): Promise<void>;
  transaction(work: () => Promise<void>): Promise<void>;
}

/** The shop's table of orders in PostgreSQL, over one connection. */
export class OrdersDb implements OrderTable {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  /** Connects. Errors of the connection while it is idle are left to the next query. */
  static async connect(connectionString: string): Promise<OrdersDb> {
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    await client.connect();
    return new OrdersDb(client);
  }

  /** Makes the type, the table and its trigger. Throws when they are there. */
  async createSchema(): Promise<void> {
    await this.#client.query(readFileSync(new URL('./orders.sql', import.meta.url), 'utf8'));
  }

  /** Adds orders, all or none. */
  async insert(orders: readonly Order[]): Promise<void> {
    await this.#client.query(
      `INSERT INTO orders (${columns}) SELECT ${columns} FROM jsonb_populate_recordset(NULL::orders, $1)`,
      [JSON.stringify(orders.map(toColumns))],
    );
  }

  /** Writes what may change of an order: all but its number, kind, user and currency. Throws when the order is not there. */
  async update(order: Order): Promise<void> {
    const { rowCount } = await this.#client.query(
      `UPDATE orders SET (${changing}) = (SELECT ${changing} FROM jsonb_populate_record(NULL::orders, $2))
       WHERE merchant_biz_no = $1`,
      [order.merchantBizNo, JSON.stringify(toColumns(order))],
    );
    if (rowCount !== 1) throw new Error(`${rowCount} orders ${order.merchantBizNo} to update`);
  }

  /** Deletes an order's row. Throws when it is not there. */
  async remove(merchantBizNo: string): Promise<void> {
    const { rowCount } = await this.#client.query('DELETE FROM orders WHERE merchant_biz_no = $1', [merchantBizNo]);
    if (rowCount !== 1) throw new Error(`${rowCount} orders ${merchantBizNo} to delete`);
  }

  /**
   * Commits all that `work` does together, or nothing of it. Where PostgreSQL ends it to resolve a deadlock (with someone's UPDATE of
   * several rows), it is repeated, as PostgreSQL's documentation asks of applications ("Deadlocks").
   */
  async transaction(work: () => Promise<void>): Promise<void> {
    for (;;) {
      await this.#client.query('BEGIN');
      try {
        await work();
        await this.#client.query('COMMIT');
        return;
      } catch (error) {
        await this.#client.query('ROLLBACK').catch(() => undefined);
        if (!(error instanceof pg.DatabaseError && error.code === deadlockDetected)) throw error;
      }
    }
  }

  /** All orders as they are now, by number. */
  async readAll(): Promise<Order[]> {
    // A date as text: pg would make a moment of it, in this machine's zone.
    const selected = columns.replace('due_on', 'due_on::text');
    const { rows } = await this.#client.query<OrderColumns>(`SELECT ${selected} FROM orders ORDER BY merchant_biz_no`);
    return rows.map(fromColumns);
  }

  /** How many orders were ever made, also those that are deleted. */
  async countEver(): Promise<number> {
    const made = "coalesce(pg_sequence_last_value(pg_get_serial_sequence('orders', 'id')), 0)";
    const { rows } = await this.#client.query<{ made: string }>(`SELECT ${made} AS made`);
    return Number(rows[0]?.made ?? 0);
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

/** Makes a database beside the one of the connection string; answers its own connection string. Throws when it is there. */
export async function createDatabase(connectionString: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return url.href;
}

function toColumns(order: Order): OrderColumns {
  return {
    merchant_biz_no: order.merchantBizNo,
    kind: order.kind,
    status: order.status,
    user_id: order.userId,
    amount: decimalText(order.amountCents),
    pay_amount: order.payAmountCents === null ? null : decimalText(order.payAmountCents),
    currency: order.currency,
    due_on: order.dueOn,
    starts_at: order.startsAt,
    ends_at: order.endsAt,
    details: order.details,
  };
}

function fromColumns(row: OrderColumns): Order {
  return {
    merchantBizNo: row.merchant_biz_no,
    kind: row.kind,
    status: row.status,
    userId: row.user_id,
    amountCents: centsOf(row.amount),
    payAmountCents: row.pay_amount === null ? null : centsOf(row.pay_amount),
    currency: row.currency,
    dueOn: row.due_on,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    details: row.details,
  };
}

/** The column has two decimals, so its text without the point is the cents. */
function centsOf(amount: string): number {
  return Number(amount.replace('.', ''));
}
