/** The sandbox did not answer: the stream of events says so, and brings everything anew when it is back. */
class Away extends Error {}

/**
 * The parsed answer of a call of the sandbox's control API. Rejects with the sandbox's own words where it refuses, with Away where it is away.
 * @param {string} path
 * @param {{ readonly method?: 'GET' | 'POST' | 'DELETE', readonly json?: unknown }} options
 * @returns {Promise<any>} the page and the sandbox are of one version: what it says is as its types say
 */
export async function call(path, { method = 'GET', json } = {}) {
  const { ok, status, body } = await exchange(path, {
    method,
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  if (!ok) throw new Error(body.error ?? `HTTP ${status}`);
  return body;
}

/**
 * A task that runs once at a time: called again meanwhile, it runs once more afterwards. That the sandbox is away ends it quietly.
 * @param {() => Promise<void>} task
 */
export function oneAtATime(task) {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await task().catch(unlessAway);
    } while (again);
    running = false;
  };
  return run;
}

/** To catch what may fail because the sandbox is away. @param {unknown} error */
export function unlessAway(error) {
  if (!(error instanceof Away)) console.error(error);
}

/**
 * @param {string} path
 * @param {RequestInit} init
 */
async function exchange(path, init) {
  try {
    const answer = await fetch(path, init);
    return { ok: answer.ok, status: answer.status, body: await answer.json() };
  } catch (error) {
    throw new Away(String(error));
  }
}
