import { anAnswer } from '../../../support/builders.ts';
import type { Defect } from './world.ts';

// Known-bad worlds: each breaks one promise from outside, by wrapping a port. The watch must find every one of them.

export const defects: Readonly<Record<string, Defect>> = {
  'commits past the frontier': ports => ({
    ...ports,
    intake: {
      ...ports.intake,
      commit: offsets => ports.intake.commit(new Map([...offsets].map(([key, offset]) => [key, offset + 1n]))),
    },
  }),

  'forgets to resume': ports => ({ ...ports, intake: { ...ports.intake, resume: () => {} } }),

  'takes a new requestId for every attempt': (ports, { random }) => ({
    ...ports,
    delivery: {
      deliver: (request, signal, mayGo) => {
        const requestId = `${request.requestId}-${random.below(1e9)}`;
        return ports.delivery.deliver({ ...request, requestId }, signal, mayGo);
      },
    },
  }),

  'says another body under the same id': (ports, { random }) => ({
    ...ports,
    delivery: {
      deliver: (request, signal, mayGo) =>
        ports.delivery.deliver({ ...request, body: `${request.body} ${random.below(1e9)}` }, signal, mayGo),
    },
  }),

  'sends everything twice at once': ports => ({
    ...ports,
    delivery: {
      deliver: (request, signal, mayGo) => {
        void ports.delivery.deliver(request, signal, mayGo);
        return ports.delivery.deliver(request, signal, mayGo);
      },
    },
  }),

  'takes silence for success': ports => ({
    ...ports,
    delivery: {
      deliver: async (request, signal, mayGo) => {
        const answer = await ports.delivery.deliver(request, signal, mayGo);
        return answer.kind === 'unanswered' && answer.cause === 'timeout' ? anAnswer('SUCCESS') : answer;
      },
    },
  }),

  'takes a refusal for success': ports => ({
    ...ports,
    delivery: {
      deliver: async (request, signal, mayGo) => {
        const answer = await ports.delivery.deliver(request, signal, mayGo);
        return answer.kind === 'answered' && answer.result?.code === 'PARAM_ILLEGAL' ? anAnswer('SUCCESS') : answer;
      },
    },
  }),

  'does not wait for a dead letter to be written': ports => ({
    ...ports,
    deadLetters: { publish: async () => {} },
  }),

  'gives up in an outage': ports => ({
    ...ports,
    delivery: {
      deliver: async (request, signal, mayGo) => {
        const answer = await ports.delivery.deliver(request, signal, mayGo);
        return answer.kind === 'unanswered' && answer.cause === 'connection' ? anAnswer('PARAM_ILLEGAL') : answer;
      },
    },
  }),

  'sends the bizDate of the row, not one above the last': ports => ({
    ...ports,
    delivery: {
      deliver: (request, signal, mayGo) =>
        ports.delivery.deliver({ ...request, bizDate: request.change.bizDate }, signal, mayGo),
    },
  }),

  'leaves out a record whose schema comes late': ports => ({
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

  'never wakes a waiting order': ports => ({
    ...ports,
    clock: {
      now: () => ports.clock.now(),
      sleep: (duration, signal) => (duration > 50 ? new Promise(() => {}) : ports.clock.sleep(duration, signal)),
    },
  }),
};
