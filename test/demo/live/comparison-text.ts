import type { ComparedOrder, Comparison } from '../compare.ts';
import { orderKinds } from '../order.ts';

const shownMax = 20;
const widths = [8, 10, 16, 16, 14];

/** The comparison as a table by kind, then what differs (the first 20 orders), then the total, e.g. `500 of 500 equal`. */
export function comparisonText({ orders, strangers }: Comparison): string {
  const different = orders.filter(order => order.differences.length > 0);
  const problems = [
    ...different.map(order => `${order.merchantBizNo}: ${order.differences.join('; ')}`),
    ...strangers.map(merchantBizNo => `${merchantBizNo}: a card without an order`),
  ];
  return [
    line(['kind', 'orders', 'equal, shown', 'equal, ended', 'different']),
    ...orderKinds.map(kind =>
      countsOf(
        kind,
        orders.filter(order => order.kind === kind),
      ),
    ),
    countsOf('all', orders),
    '',
    ...problems.slice(0, shownMax),
    ...(problems.length > shownMax ? [`… and ${problems.length - shownMax} more`] : []),
    `${orders.length - different.length} of ${orders.length} equal`,
  ].join('\n');
}

function countsOf(name: string, orders: readonly ComparedOrder[]): string {
  const equal = orders.filter(order => order.differences.length === 0);
  const shown = equal.filter(order => order.expected === 'live').length;
  return line([name, orders.length, shown, equal.length - shown, orders.length - equal.length].map(String));
}

function line(cells: readonly string[]): string {
  const [name = '', ...counts] = cells;
  return [name.padEnd(widths[0] ?? 0), ...counts.map((count, index) => count.padStart(widths[index + 1] ?? 0))].join(
    '',
  );
}
