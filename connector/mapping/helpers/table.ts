import { joinedWeight } from '../bounds/budget.ts';
import { type Helper, helper } from './helper.ts';
import { readJson } from './json-column.ts';
import { cents, money } from './money.ts';
import { anyParam, intParam, language, optional, scalarParam, textOrIntParam, textParam, texts } from './params.ts';
import { pickText, strings, truncate, urlEncode } from './texts.ts';
import { timeHelpers } from './time-helpers.ts';

/** Every helper of the expressions, in the order of the documentation, which comes from this table. */
export const helpers: readonly Helper[] = [
  helper(
    {
      name: 'cents',
      does: 'Cents of an exact amount: decimal text, or whole units. Never goes through a float; refuses fractions of a cent.',
      example: { expression: 'cents(row.amount)', row: '{ amount: "12.50" }', gives: '1250' },
    },
    [textOrIntParam('amount', 'decimal text or a whole number')],
    'int',
    cents,
  ),
  helper(
    {
      name: 'money',
      does: 'The text of an amount in cents.',
      example: { expression: 'money(row.fee)', row: '{ fee: 1250 }', gives: '"12.50"' },
    },
    [intParam('cents')],
    'string',
    money,
  ),
  ...timeHelpers,
  {
    name: 'json',
    does: 'Reads a JSON column. Integers are exact; any other number is its decimal text, so that cents() can read it.',
    example: { expression: 'json(row.details).price', row: `{ details: '{"price": 12.50}' }`, gives: '"12.50"' },
    params: [textParam('text')],
    returns: 'dyn',
    kind: 'function',
    run: ([text], budget) => readJson(String(text), budget),
  },
  helper(
    {
      name: 'text',
      does: 'The text of a language out of {"zh_HK": …, "en_US": …} (zh-HK and zh will do); where it is missing the fallback\'s, then the English, then the Chinese. Plain text is every language\'s.',
      example: {
        expression: 'text(json(row.name), "zh_HK")',
        row: `{ name: '{"zh_HK": "中電", "en_US": "CLP Power"}' }`,
        gives: '"中電"',
      },
    },
    [texts, language, optional(textParam('fallback'))],
    'string',
    pickText,
  ),
  {
    name: 'default',
    does: 'The first of its arguments that is there: neither null, nor a missing column or member.',
    example: { expression: 'default(row.nickname, row.name)', row: '{ name: "Lee" }', gives: '"Lee"' },
    params: [anyParam('value'), anyParam('fallback'), { ...anyParam('next'), optional: true }],
    returns: 'dyn',
    kind: 'first-present',
    run: values => values.find(value => value !== null) ?? null,
  },
  helper(
    {
      name: 'asText',
      does: 'The text of a text, a whole number, or true or false. Unlike string() it leaves null as it is.',
      example: { expression: 'asText(cents(row.amount))', row: '{ amount: "12.50" }', gives: '"1250"' },
    },
    [scalarParam('value')],
    'string',
    value => String(value),
  ),
  helper(
    {
      name: 'strings',
      does: 'The texts of a list of texts or whole numbers, or of one of them alone; nulls are left out.',
      example: { expression: 'strings(json(row.seats))', row: `{ seats: '["A1", 12]' }`, gives: '["A1", "12"]' },
    },
    [anyParam('values')],
    'list<string>',
    strings,
  ),
  {
    name: 'join',
    does: 'The texts of a list as one text.',
    example: { expression: 'join(row.seats, ", ")', row: '{ seats: ["A1", "A2"] }', gives: '"A1, A2"' },
    params: [anyParam('values'), textParam('separator')],
    returns: 'string',
    kind: 'function',
    run: ([values, separator], budget) => {
      budget.spend(joinedWeight(values, separator));
      return strings(values).join(String(separator));
    },
  },
  helper(
    {
      name: 'urlEncode',
      does: 'Percent-encodes a text or whole number for one part of a URL.',
      example: {
        expression: '"https://shop.example/orders?no=" + urlEncode(row.no)',
        row: '{ no: "A 1/2" }',
        gives: '"https://shop.example/orders?no=A%201%2F2"',
      },
    },
    [textOrIntParam('text', 'text or a whole number')],
    'string',
    text => urlEncode(String(text)),
  ),
  helper(
    {
      name: 'truncate',
      does: 'The first so many characters (code points) of a text; where something is cut, it ends with `ending`.',
      example: { expression: 'truncate(row.title, 6, "…")', row: '{ title: "The Hobbit" }', gives: '"The H…"' },
    },
    [textParam('text'), intParam('length'), optional(textParam('ending'))],
    'string',
    (text, length, ending = '') => truncate(text, Number(length), ending),
  ),
];
