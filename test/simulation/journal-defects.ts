import type { Remembered } from '../../connector/flow/ports.ts';
import type { PartitionKey } from '../../connector/kernel/position.ts';
import { initialState, type OrderState } from '../../connector/order/state.ts';
import type { Planted } from './world.ts';

// Known-bad journals, readers of it, and members that write without a right to.

const lost = /is lost/;
// What comes of knowing less, or other things, of an order than was done.
const misled = /is lost$|went back|bizDate no higher/;

export const journalDefects: Readonly<Record<string, Planted>> = {
  'restores all but the last entry of the journal': {
    breaks: misled,
    defect: ports => {
      const held = new Map<PartitionKey, Remembered>();
      const { remember, restored } = ports.restoration;
      return {
        ...ports,
        restoration: {
          remember: (key, remembered) => {
            const before = held.get(key);
            if (before !== undefined) remember(key, before);
            held.set(key, remembered);
          },
          restored: (key, ends) => {
            held.delete(key);
            restored(key, ends);
          },
        },
      };
    },
  },

  'restores the journal backwards': {
    breaks: misled,
    defect: ports => {
      const told = new Map<PartitionKey, Remembered[]>();
      const { remember, restored } = ports.restoration;
      return {
        ...ports,
        restoration: {
          remember: (key, remembered) => void told.set(key, [remembered, ...(told.get(key) ?? [])]),
          restored: (key, ends) => {
            for (const remembered of told.get(key) ?? []) remember(key, remembered);
            told.delete(key);
            restored(key, ends);
          },
        },
      };
    },
  },

  'takes a partition for read up when it is assigned': {
    breaks: misled,
    defect: ports => ({
      ...ports,
      restoration: {
        ...ports.restoration,
        restored: (key, { begin }) => ports.restoration.restored(key, { begin, end: begin }),
      },
    }),
  },

  'writes no word of what is owed': {
    breaks: lost,
    defect: ports => ({
      ...ports,
      journal: {
        ...ports.journal,
        append: (entry, signal) => ports.journal.append({ ...entry, owed: null }, signal),
      },
    }),
  },

  'does not wait for the journal to acknowledge': {
    breaks: lost,
    defect: ports => ({
      ...ports,
      journal: {
        ...ports.journal,
        append: async (entry, signal) => void ports.journal.append(entry, signal).catch(() => {}),
      },
    }),
  },

  'says that it writes the journal, and does not': {
    breaks: misled,
    defect: ports => ({ ...ports, journal: { ...ports.journal, append: async () => {} } }),
  },

  'writes the journal without a lease': {
    breaks: /without a lease/,
    defect: (ports, world) => ({
      ...ports,
      journal: {
        ...ports.journal,
        append: async (entry, signal) => {
          await ports.clock.sleep(2, signal);
          if (signal.aborted) throw new Error('its partition was taken away');
          world.journal.write({ name: 'somebody', leased: ports.intake.leased }, entry.partition, entry.order, entry);
        },
      },
    }),
  },

  'believes itself a member for ever': {
    breaks: /without a lease/,
    defect: ports => {
      const { pause, resume, commit } = ports.intake;
      return { ...ports, intake: { pause, resume, commit, leased: true } };
    },
  },

  'forgets an order as soon as it is written down': {
    breaks: misled,
    defect: ports => ({
      ...ports,
      journal: {
        ...ports.journal,
        append: async (entry, signal) => {
          await ports.journal.append(entry, signal);
          if (entry.owed === null) await ports.journal.forget(entry.partition, entry.order, signal);
        },
      },
    }),
  },

  'writes the state as it was before, not after': {
    breaks: misled,
    defect: ports => {
      const before = new Map<string, OrderState>();
      return {
        ...ports,
        journal: {
          ...ports.journal,
          append: (entry, signal) => {
            const state = before.get(entry.order) ?? initialState;
            before.set(entry.order, entry.state);
            return ports.journal.append({ ...entry, state }, signal);
          },
        },
      };
    },
  },
};
