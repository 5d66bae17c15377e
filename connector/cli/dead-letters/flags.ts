import type { Command } from 'commander';
import type { LetterFilter } from '../../dead-letter/select.ts';
import type { Instant } from '../../kernel/time.ts';
import { momentOf, placeOf } from '../terminal/arguments.ts';

/** The flags that choose letters, as commander reads them. */
export interface FilterFlags {
  readonly code?: string;
  readonly template?: string;
  readonly order?: string;
  readonly reason?: string;
  readonly since?: Instant;
  readonly until?: Instant;
  readonly at?: { readonly partition: number; readonly offset: bigint };
}

/** Adds the flags that choose letters; `now` is what `--since 2h` counts from. */
export function withFilterFlags(command: Command, now: () => Instant): Command {
  return command
    .option('--code <code>', 'of the fault (CARD_REJECTED) or of AlipayHK (PARAM_ILLEGAL)')
    .option('--reason <reason>', 'undecodable, unmappable, rejected or retries-exhausted')
    .option('--template <code>', 'productTemplateCode of the card')
    .option('--order <id>', 'the whole id of the order: the key of its record')
    .option('--since <time>', 'written at or after: 2026-11-23T08:00:00Z, or ago: 30m, 2h, 7d', text =>
      momentOf(text, now()),
    )
    .option('--until <time>', 'written before that', text => momentOf(text, now()))
    .option('--at <place>', 'the one letter at <partition>@<offset> of the dead-letter topic', placeOf);
}

/** The filter that the flags say. */
export function filterOf({ at, ...flags }: FilterFlags): LetterFilter {
  const { code, template, order, reason, since, until } = flags;
  return {
    ...(code !== undefined && { code }),
    ...(template !== undefined && { template }),
    ...(order !== undefined && { order }),
    ...(reason !== undefined && { reason }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(at !== undefined && { place: at }),
  };
}
