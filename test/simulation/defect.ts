import type { Edit } from './plant.ts';

/** A defect, and how the watch tells of it. */
export interface Defect extends Edit {
  readonly breaks: RegExp;
  /** No history that is played shows it: too rare, or another part makes up for it. */
  readonly elusive?: true;
}

/** A change is not accounted for. */
export const lost = /is lost/;
/** A card shows what it should not; or the journal notices it, which ends the instance. */
export const misled = /is lost|went back|bizDate no higher|out of order|failed: Fault: JOURNAL_UNWRITABLE/;
/** An instance works on a partition that is another's. */
export const unleased = /without a lease/;
