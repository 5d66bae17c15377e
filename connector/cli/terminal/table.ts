/** A column of a table: its head, and on which side its cells stand. */
export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
}

const gap = '  ';

/** Rows under their heads, aligned; where a line would be wider than `width`, the first column's cells are cut in their middle. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly string[] {
  const widths = columns.map(({ head }, index) => Math.max(head.length, ...rows.map(row => (row[index] ?? '').length)));
  const total = widths.reduce((sum, one) => sum + one, 0) + gap.length * (columns.length - 1);
  const [first = 0] = widths;
  widths[0] = Math.max(12, first - Math.max(0, total - width));
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, index) => {
        const text = cut(cells[index] ?? '', widths[index] ?? 0);
        return align === 'left' ? text.padEnd(widths[index] ?? 0) : text.padStart(widths[index] ?? 0);
      })
      .join(gap)
      .trimEnd();
  return [line(columns.map(({ head }) => head)), ...rows.map(line)];
}

/** Both ends tell more than the middle: `shop.pub….orders/12`. */
function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = width - 1;
  const end = Math.floor(kept / 2);
  return `${text.slice(0, kept - end)}…${text.slice(text.length - end)}`;
}
