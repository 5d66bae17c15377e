import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCase } from '../../../connector/tools/mapping-test/run-case.ts';
import { readTestFile } from '../../../connector/tools/mapping-test/test-file.ts';
import { exampleMappings, mappingOf } from './mappings.ts';

// config/mappings/*.yaml are what a merchant starts from. Beside each stands *.test.yaml: rows, and the card that each must give.

const folder = join(import.meta.dirname, '../../../config/mappings');
const files = readdirSync(folder).filter(name => name.endsWith('.yaml'));
const mappings = Object.keys(exampleMappings);
// All five together, as the connector reads them: they share a table.
const mapping = mappingOf(exampleMappings);

describe('config/mappings', () => {
  it('has a test file for each mapping', () => {
    expect(mappings).toHaveLength(5);
    expect(files.filter(name => name.endsWith('.test.yaml'))).toEqual(
      mappings.map(name => name.replace('.yaml', '.test.yaml')),
    );
  });

  it('makes the five templates that have an example', () => {
    expect(mapping.templates).toEqual([
      'AIR_TICKET_DEFAULT',
      'MOVIE_TICKET_DEFAULT',
      'PAYMENT_ORDER_DEFAULT',
      'RIDE_HAILING_DEFAULT',
      'TRAIN_TICKET_DEFAULT',
    ]);
  });
});

describe.each(mappings)('config/mappings/%s', name => {
  const tests = readTestFile(readFileSync(join(folder, name.replace('.yaml', '.test.yaml')), 'utf8'));
  const cases = tests.kind === 'cases' ? tests.cases : [];

  it('has a case that is unmapped and one that is deleted', () => {
    expect(cases.some(({ skipped }) => skipped === 'unmapped')).toBe(true);
    expect(cases.some(({ op }) => op === 'delete')).toBe(true);
  });

  it.each(cases)('$name', given => {
    expect(runCase(mapping, 'public.orders', given)).toEqual([]);
  });
});
