import { schemaIdOf } from '../../../avro/wire-format.ts';
import type { RowValue } from '../../../kernel/row-change.ts';
import type { TableFit } from '../../../mapping/check-table.ts';
import type { Mapped, Mapping } from '../../../mapping/mapping.ts';
import { type Found, type Looked, skipped, worstOf } from '../finding.ts';
import type { SeenTopic } from './rows.ts';

type Reason = Parameters<typeof worstOf>[3][number];
type Change = SeenTopic['changes'][number];

/** What the mapping makes of real rows, and whether their keys name the order. */
export function lookAtMapped({ topic, changes }: SeenTopic, mapping: Pick<Mapping, 'mapChange'>): Looked<true> {
  const mapped = changes.map(seen => ({ seen, mapped: mapping.mapChange(seen.change) }));
  return {
    found: [
      cardsFinding(
        topic,
        mapped.map(one => one.mapped),
      ),
      keyFinding(topic, mapped),
    ],
    value: true,
  };
}

const problemsShown = 3;

function cardsFinding(topic: string, mapped: readonly Mapped[]): Found {
  const [id, title] = ['rows.cards', 'rows become cards'] as const;
  if (mapped.length === 0) return skipped(id, title, `${topic}: there is no change to try it with`);
  const problems = [...new Set(mapped.flatMap(one => (one.kind === 'invalid' ? one.problems : [])))];
  const broken = mapped.filter(({ kind }) => kind === 'invalid').length;
  const made = mapped.filter(({ kind }) => kind === 'change').length;
  const counts = `${topic}: of ${mapped.length} changes ${made} become cards, ${mapped.length - made - broken} are skipped`;
  const more = problems.length > problemsShown ? `; and ${problems.length - problemsShown} more` : '';
  const remedy = 'mend the mapping or the row: such a change becomes a dead letter';
  const detail = `${counts}, ${broken} cannot: ${problems.slice(0, problemsShown).join('; ')}${more}`;
  const reasons: Reason[] = broken > 0 ? [{ state: 'failed', detail, remedy }] : [];
  if (broken === 0 && made === 0) {
    const none = 'is a mapping missing for their table, or is every `when` false?';
    reasons.push({ state: 'warning', detail: counts, remedy: none });
  }
  return worstOf(id, title, counts, reasons);
}

const plainKey =
  'make the key the plain text of merchantBizNo: message.key.columns, ExtractField$Key and StringConverter (README, "Connect your database")';

function keyFinding(topic: string, mapped: readonly { readonly seen: Change; readonly mapped: Mapped }[]): Found {
  const [id, title] = ['rows.key', 'keys are the order id'] as const;
  // A deleted row's order may have been taken from its key: that proves nothing.
  const compared = mapped.flatMap(({ seen, mapped }) =>
    mapped.kind === 'change' && seen.change.op !== 'delete' ? [{ seen, order: mapped.change.merchantBizNo }] : [],
  );
  if (compared.length === 0) return skipped(id, title, `${topic}: there is no card's change to compare with`);
  const reasons = compared.flatMap(({ seen, order }) => keyReason(seen, order, topic));
  return worstOf(
    id,
    title,
    `${topic}: plain text, equal to merchantBizNo in ${compared.length} of ${compared.length}`,
    reasons,
  );
}

const openingBrace = 0x7b;

function keyReason({ record, change }: Change, order: string, topic: string): readonly Reason[] {
  const { key } = record;
  if (key === null) {
    const detail = `${topic}: records have no key: an order's changes may lie on several partitions, in no order`;
    return [{ state: 'failed', detail, remedy: plainKey }];
  }
  const isAvro = schemaIdOf(key) !== null;
  if (change.key !== order) {
    const form = isAvro ? 'in Avro' : key[0] === openingBrace ? 'in JSON' : 'as text';
    const detail = `${topic}: keys ${form} are not merchantBizNo: an order's changes may lie on several partitions`;
    return [{ state: 'failed', detail, remedy: plainKey }];
  }
  if (!isAvro && key[0] === openingBrace) {
    const detail = `${topic}: keys are JSON: another converter, or a change of its settings, moves orders to other partitions`;
    return [{ state: 'warning', detail, remedy: plainKey }];
  }
  if (!isAvro) return [];
  const detail = `${topic}: keys are in Avro: a new version of their schema moves orders to other partitions`;
  return [{ state: 'warning', detail, remedy: plainKey }];
}

/** Whether changes have the whole row before them, where that can be seen: deletes need it, and large values that stay as they are. */
export function lookAtBefore({ topic, changes }: SeenTopic, { mappings }: TableFit): Looked<true> {
  const [id, title] = ['rows.before', 'old rows are whole'] as const;
  const needed = mappings.some(({ endsOnDelete }) => endsOnDelete);
  const telling = changes.filter(({ change }) => change.op === 'update' || change.op === 'delete');
  const use = needed ? '' : ' (no mapping has onDelete: only large values need them)';
  if (telling.length === 0) {
    return {
      found: [skipped(id, title, `${topic}: there is no update and no delete to see it by${use}`)],
      value: true,
    };
  }
  // The newest tells how the table is now.
  const [newest] = telling;
  const problem = newest === undefined ? null : beforeProblem(newest);
  const effect = needed
    ? "a deleted row's card may not be ended"
    : 'a large value that stays as it is comes without the value';
  const reasons: readonly Reason[] =
    problem === null || newest === undefined
      ? []
      : [
          {
            state: needed ? 'failed' : 'warning',
            detail: `${topic}: ${problem}: ${effect}`,
            remedy: wholeRows(newest),
          },
        ];
  const older = telling.some(seen => beforeProblem(seen) !== null) ? '; older ones were not' : '';
  const detail = `${topic}: in the newest of ${telling.length} updates and deletes${older}${use}`;
  return { found: [worstOf(id, title, detail, reasons)], value: true };
}

function beforeProblem({ change, before, writer }: Change): string | null {
  if (before === null) {
    // MySQL always has it: its rows are whole unless binlog_row_image says otherwise.
    return change.op === 'delete' || writer === 'postgresql' ? `${change.op}s come without the row before` : null;
  }
  if (change.op !== 'delete') return null;
  const values = Object.values(before);
  const told = values.filter(value => !isMadeUp(value)).length;
  // A column's default may stand there too. The order's id is in its row.
  const namesOrder = change.key === null || values.some(value => String(value) === change.key);
  return !namesOrder || told <= values.length / 4 ? "a delete's old values are made up (empty, 0)" : null;
}

/** What Debezium writes for a column whose old value the database did not log: null, or where that is not allowed 0, "", the epoch. */
function isMadeUp(value: RowValue): boolean {
  if (value === null || value === '' || value === 0n || value === 0 || value === false) return true;
  if (value instanceof Date) return value.getTime() === 0;
  return typeof value === 'string' && /^(?:0(?:\.0+)?|1970-01-01|00:00:00|\{\}|\[\])$/.test(value);
}

function wholeRows({ change, writer }: Change): string {
  return writer === 'postgresql' || writer === null
    ? `ALTER TABLE ${change.table} REPLICA IDENTITY FULL`
    : 'SET GLOBAL binlog_row_image = FULL';
}
