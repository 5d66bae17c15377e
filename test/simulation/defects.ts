import type { Intake } from '../../connector/flow/ports.ts';
import { anAnswer } from '../support/builders.ts';
import { journalDefects } from './journal-defects.ts';
import type { Defect } from './world.ts';

// Known-bad worlds: each breaks one promise from outside, by wrapping a port. The watch must find every one of them, by the
// promise that it breaks: a world that is broken in another way would be found too, and prove nothing.

const lost = /is lost/;

/** The same intake but for these. (Spread, it would keep the lease of its first day.) */
function intakeWith(intake: Intake, changed: Partial<Pick<Intake, 'commit' | 'resume'>>): Intake {
  return {
    pause: keys => intake.pause(keys),
    resume: keys => intake.resume(keys),
    commit: offsets => intake.commit(offsets),
    get leased() {
      return intake.leased;
    },
    ...changed,
  };
}

export const noDefect: Defect = ports => ({ ...ports, intake: intakeWith(ports.intake, {}) });

export const defects: Readonly<Record<string, Planted>> = {
  'commits past the frontier': {
    breaks: lost,
    defect: ports => ({
      ...ports,
      intake: intakeWith(ports.intake, {
        commit: offsets => ports.intake.commit(new Map([...offsets].map(([key, offset]) => [key, offset + 1n]))),
      }),
    }),
  },

  'forgets to resume': {
    breaks: /is not$/,
    defect: ports => ({ ...ports, intake: intakeWith(ports.intake, { resume: () => {} }) }),
  },

  'takes a new requestId for every attempt': {
    breaks: /under four ids/,
    defect: (ports, { random }) => ({
      ...ports,
      delivery: {
        deliver: (request, signal, mayGo) => {
          const requestId = `${request.requestId}-${random.below(1e9)}`;
          return ports.delivery.deliver({ ...request, requestId }, signal, mayGo);
        },
      },
    }),
  },

  'says another body under the same id': {
    breaks: /two bodies/,
    defect: (ports, { random }) => ({
      ...ports,
      delivery: {
        deliver: (request, signal, mayGo) =>
          ports.delivery.deliver({ ...request, body: `${request.body} ${random.below(1e9)}` }, signal, mayGo),
      },
    }),
  },

  'sends everything twice at once': {
    breaks: /two requests/,
    defect: ports => ({
      ...ports,
      delivery: {
        deliver: (request, signal, mayGo) => {
          void ports.delivery.deliver(request, signal, mayGo);
          return ports.delivery.deliver(request, signal, mayGo);
        },
      },
    }),
  },

  'takes silence for success': {
    breaks: lost,
    defect: ports => ({
      ...ports,
      delivery: {
        deliver: async (request, signal, mayGo) => {
          const answer = await ports.delivery.deliver(request, signal, mayGo);
          return answer.kind === 'unanswered' && answer.cause === 'timeout' ? anAnswer('SUCCESS') : answer;
        },
      },
    }),
  },

  'takes a refusal for success': {
    breaks: lost,
    defect: ports => ({
      ...ports,
      delivery: {
        deliver: async (request, signal, mayGo) => {
          const answer = await ports.delivery.deliver(request, signal, mayGo);
          return answer.kind === 'answered' && answer.result?.code === 'PARAM_ILLEGAL' ? anAnswer('SUCCESS') : answer;
        },
      },
    }),
  },

  'does not wait for a dead letter to be written': {
    breaks: lost,
    defect: ports => ({
      ...ports,
      deadLetters: { publish: async () => {} },
    }),
  },

  'gives up in an outage': {
    breaks: /given up/,
    defect: ports => ({
      ...ports,
      delivery: {
        deliver: async (request, signal, mayGo) => {
          const answer = await ports.delivery.deliver(request, signal, mayGo);
          return answer.kind === 'unanswered' && answer.cause === 'connection' ? anAnswer('PARAM_ILLEGAL') : answer;
        },
      },
    }),
  },

  'sends the bizDate of the row, not one above the last': {
    breaks: /bizDate no higher/,
    defect: ports => ({
      ...ports,
      delivery: {
        deliver: (request, signal, mayGo) =>
          ports.delivery.deliver({ ...request, bizDate: request.change.bizDate }, signal, mayGo),
      },
    }),
  },

  'leaves out a record whose schema comes late': {
    breaks: lost,
    defect: ports => ({
      ...ports,
      interpreter: {
        interpret: (record, signal) => {
          const interpreted = ports.interpreter.interpret(record, signal);
          if (!(interpreted instanceof Promise)) return interpreted;
          interpreted.catch(() => {});
          return { kind: 'skipped', reason: 'unmapped' };
        },
      },
    }),
  },

  'takes what is put back to be sent again for a change like any other': {
    breaks: /not sent again/,
    defect: ports => ({
      ...ports,
      interpreter: {
        interpret: async (record, signal) => {
          const interpreted = await ports.interpreter.interpret(record, signal);
          if (interpreted.kind !== 'change') return interpreted;
          const { replays: _, ...change } = interpreted.change;
          return { kind: 'change', change };
        },
      },
    }),
  },

  'never wakes a waiting order': {
    breaks: /^stuck/,
    defect: ports => ({
      ...ports,
      clock: {
        now: () => ports.clock.now(),
        monotonic: () => ports.clock.monotonic(),
        sleep: (duration, signal) => (duration > 50 ? new Promise(() => {}) : ports.clock.sleep(duration, signal)),
      },
    }),
  },

  ...journalDefects,
};
