import { timestamp } from '../helpers/params.ts';

/** What may stand in a place: CEL's types, in words, and what to do with another one. */
export interface Place {
  readonly types: readonly string[];
  readonly expects: string;
  readonly hint: string;
}

/** The places of a mapping, by what they take. */
export const places = {
  text: { types: ['string', 'int'], expects: 'text', hint: 'string(…) makes text of a number' },
  truth: { types: ['bool'], expects: 'true or false', hint: 'compare, e.g. row.kind == "bill"' },
  cents: { types: ['int'], expects: 'cents, a whole number', hint: 'cents(…) reads decimal text exactly' },
  moment: {
    types: [timestamp, 'int'],
    expects: 'a timestamp or epoch milliseconds',
    hint: 'moment(…, "Asia/Hong_Kong") reads text',
  },
  status: { types: ['string', 'int', 'bool'], expects: 'text', hint: 'take a column, e.g. row.status' },
  json: {
    types: ['string', 'int', 'uint', 'double', 'bool', 'list', 'map', 'null'],
    expects: 'text, a number, true or false, a list or a map',
    hint: 'format(…, "yyyy-MM-dd HH:mm:ss", "Asia/Hong_Kong") writes a timestamp, millis(…) gives its milliseconds',
  },
  any: { types: [], expects: 'anything', hint: '' },
} as const satisfies Record<string, Place>;
