import { gzipSync } from 'node:zlib';
import type { Answer } from '../../connector/order/answer.ts';
import type { Verdict } from '../../connector/order/verdict.ts';
import { answers, type Behaviour, drips, keepsSilent, resets, sends } from '../support/fake-platform.ts';

/** An answer that went wrong somewhere on its way, and what is to become of it. */
export interface BadAnswer {
  readonly name: string;
  readonly behaviour: Behaviour;
  /** What delivery makes of it. */
  readonly answer: Partial<Extract<Answer, { kind: 'answered' }>> | Partial<Extract<Answer, { kind: 'unanswered' }>>;
  readonly verdict: Partial<Extract<Verdict, { kind: 'retry' }>> | Partial<Verdict>;
  /** The labels it is counted under: result_code and result_status. */
  readonly counted: readonly [code: string, status: string];
}

const success = '{"result":{"resultStatus":"S","resultCode":"SUCCESS","resultMessage":"success"}}';
const head = 'HTTP/1.1 200 OK\r\n';
const none = ['none', 'none'] as const;
const resultOf = (code: string, status: string, message = '') =>
  JSON.stringify({ result: { resultStatus: status, resultCode: code, resultMessage: message } });

/** An answer that came whole, and holds no result. */
const unreadable = (name: string, behaviour: Behaviour, why: string, httpStatus = 200): BadAnswer => ({
  name,
  behaviour,
  answer: { kind: 'answered', httpStatus, result: null, unreadable: why },
  verdict: verdictOf(httpStatus),
  counted: none,
});

/** An answer that did not come, or not all of it. */
const broken = (
  name: string,
  behaviour: Behaviour,
  cause: 'timeout' | 'connection' | 'too-large',
  retryCause = { timeout: 'timeout', connection: 'network', 'too-large': 'unreadable' } as const,
): BadAnswer => ({
  name,
  behaviour,
  answer: { kind: 'unanswered', cause },
  verdict: { kind: 'retry', cause: retryCause[cause] },
  counted: none,
});

function verdictOf(httpStatus: number): BadAnswer['verdict'] {
  if (httpStatus === 429) return { kind: 'retry', cause: 'traffic-limit' };
  if (httpStatus >= 500) return { kind: 'retry', cause: 'http-status' };
  if (httpStatus >= 300) return { kind: 'halt', reason: `HTTP ${httpStatus}` };
  return { kind: 'retry', cause: 'unreadable' };
}

const noJson = 'a body that is no JSON';
const noCode = 'JSON without a resultCode';
const noStatus = 'JSON without a resultStatus of S, F or U';

const bodies: readonly BadAnswer[] = [
  unreadable('HTML with status 200', answers('<html><body>OK</body></html>'), noJson),
  unreadable('HTML of a proxy, 502', answers('<html>502 Bad Gateway</html>', { status: 502 }), noJson, 502),
  unreadable('HTML of a firewall, 403', answers('<html>blocked</html>', { status: 403 }), noJson, 403),
  unreadable('a login page, 401', answers('<form>', { status: 401 }), noJson, 401),
  unreadable('nothing', answers(''), 'an empty body'),
  unreadable('white space', answers(' \r\n '), noJson),
  unreadable('garbage', answers(Buffer.from([0xff, 0xfe, 0x00, 0x9f])), noJson),
  unreadable('text', answers('success'), noJson),
  unreadable('JSON cut off, in full length', answers(success.slice(0, -3)), noJson),
  unreadable('JSON twice', answers(success + success), noJson),
  unreadable('JSON with a comma at its end', answers(success.replace('}}', '},}')), noJson),
  unreadable('JSON with single quotes', answers(success.replaceAll('"', "'")), noJson),
  unreadable('JSON in UTF-16', answers(Buffer.from(success, 'utf16le')), noJson),
  unreadable('a message in GBK', answers(gbk()), noJson),
  unreadable(
    'compressed, though nobody asked',
    answers(gzipSync(success), { headers: { 'content-encoding': 'gzip' } }),
    noJson,
  ),
  unreadable('JSON null', answers('null'), noCode),
  unreadable('a JSON list', answers(`[${success}]`), noCode),
  unreadable('JSON in a JSON text', answers(JSON.stringify(success)), noCode),
  unreadable('JSON nested 30,000 deep', answers('['.repeat(30_000) + ']'.repeat(30_000)), noCode),
  unreadable("another system's JSON, 404", answers('{"error":"not found"}', { status: 404 }), noCode, 404),
  unreadable('a result that is null', answers('{"result":null}'), noCode),
  unreadable('a result without code', answers('{"result":{"resultStatus":"S"}}'), noCode),
  unreadable('a code that is a number', answers(success.replace('"SUCCESS"', '0')), noCode),
  unreadable('a code with a line break', answers(success.replace('SUCCESS', 'SUC\\nCESS')), noCode),
  unreadable('a code of 65 characters', answers(resultOf('X'.repeat(65), 'S')), noCode),
  unreadable('a status that there is not', answers(resultOf('SUCCESS', 'OK')), noStatus),
  unreadable('a result in the prototype', answers(`{"__proto__":${success}}`), noCode),
];

const http: readonly BadAnswer[] = [
  unreadable('204', sends('HTTP/1.1 204 No Content\r\n\r\n', 'stays'), 'an empty body', 204),
  unreadable(
    'a redirect',
    answers('', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }),
    'an empty body',
    302,
  ),
  unreadable(
    'a permanent redirect of the method',
    answers('', { status: 308, headers: { location: '/other' } }),
    'an empty body',
    308,
  ),
  unreadable('429 without a body', answers('', { status: 429, headers: { 'retry-after': '5' } }), 'an empty body', 429),
  unreadable(
    '503 with nonsense in Retry-After',
    answers('', { status: 503, headers: { 'retry-after': 'soon' } }),
    'an empty body',
    503,
  ),
  unreadable('a status of 999', answers('', { status: 999 }), 'an empty body', 999),
  broken('100 MB', endless(Buffer.alloc(65_536, 0x20)), 'too-large'),
  broken(
    'a length of 100 MB, and then silence',
    sends(`${head}Content-Length: 104857600\r\n\r\n{`, 'stays'),
    'timeout',
  ),
  broken('a slow drip of bytes', drips(`${head}Content-Length: 60000\r\n\r\n`, ' '), 'timeout'),
  broken('a slow drip of header lines', drips(head, 'X-A: b\r\n'), 'timeout'),
  broken('silence', keepsSilent, 'timeout'),
  broken('a reset', resets, 'connection'),
  broken('chunks cut off', sends(`${head}Transfer-Encoding: chunked\r\n\r\n50\r\n${success}`, 'ends'), 'connection'),
  broken(
    'a chunk of a length that is none',
    sends(`${head}Transfer-Encoding: chunked\r\n\r\nXX\r\n`, 'stays'),
    'connection',
  ),
  broken(
    'a length, and the end before it',
    sends(`${head}Content-Length: 1000\r\n\r\n${success}`, 'ends'),
    'connection',
  ),
  broken('no HTTP', sends('220 smtp.example ESMTP\r\n', 'ends'), 'connection'),
  broken('TLS where none is', sends(Buffer.from([0x15, 3, 1, 0, 2, 2, 40]), 'ends'), 'connection'),
  broken('two lengths', sends(`${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}`, 'stays'), 'connection'),
  broken('a header of 1 MB', sends(`${head}X-A: ${'a'.repeat(1_000_000)}\r\n\r\n`, 'stays'), 'connection'),
  broken(
    'an upgrade',
    sends('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', 'stays'),
    'connection',
  ),
];

/** A result that can be read, in an odd place or form. */
const read = (
  name: string,
  behaviour: Behaviour,
  code: string,
  verdict: BadAnswer['verdict'],
  counted: BadAnswer['counted'],
): BadAnswer => ({
  name,
  behaviour,
  answer: { kind: 'answered', unreadable: null, result: { code, status: statusOf(counted), message: 'success' } },
  verdict,
  counted,
});

const statusOf = ([, status]: BadAnswer['counted']) => (status === 'S' || status === 'F' ? status : 'U');

const results: readonly BadAnswer[] = [
  read(
    'duplicate keys: the last holds',
    answers(success.replace('{"result"', '{"result":{"resultCode":"X","resultStatus":"F"},"result"')),
    'SUCCESS',
    { kind: 'accepted' },
    ['SUCCESS', 'S'],
  ),
  read(
    'duplicate codes: the last holds',
    answers(
      '{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultCode":"SYSTEM_ERROR","resultStatus":"U","resultMessage":"success"}}',
    ),
    'SYSTEM_ERROR',
    { kind: 'retry', cause: 'unknown-outcome' },
    ['SYSTEM_ERROR', 'U'],
  ),
  read(
    'the wrong charset in its header',
    answers(success, { headers: { 'content-type': 'application/json; charset=GBK' } }),
    'SUCCESS',
    { kind: 'accepted' },
    ['SUCCESS', 'S'],
  ),
  read('no content type at all', answers(success), 'SUCCESS', { kind: 'accepted' }, ['SUCCESS', 'S']),
  read('a byte order mark', answers(`\uFEFF${success}`), 'SUCCESS', { kind: 'accepted' }, ['SUCCESS', 'S']),
  read('success with HTTP 500', answers(success, { status: 500 }), 'SUCCESS', { kind: 'retry', cause: 'http-status' }, [
    'SUCCESS',
    'S',
  ]),
  read('success with HTTP 404', answers(success, { status: 404 }), 'SUCCESS', { kind: 'retry', cause: 'http-status' }, [
    'SUCCESS',
    'S',
  ]),
  read(
    'a code of another API, S',
    answers(resultOf('PAY_SUCCESS', 'S', 'success')),
    'PAY_SUCCESS',
    { kind: 'accepted' },
    ['PAY_SUCCESS', 'S'],
  ),
  read(
    'a code of another API, F',
    answers(resultOf('USER_NOT_EXIST', 'F', 'success')),
    'USER_NOT_EXIST',
    { kind: 'reject' },
    ['USER_NOT_EXIST', 'F'],
  ),
  read(
    'a code of another API, U',
    answers(resultOf('PAYMENT_IN_PROCESS', 'U', 'success')),
    'PAYMENT_IN_PROCESS',
    { kind: 'retry' },
    ['PAYMENT_IN_PROCESS', 'U'],
  ),
  read(
    'a code of another API, F with HTTP 401',
    answers(resultOf('NO_SESSION', 'F', 'success'), { status: 401 }),
    'NO_SESSION',
    { kind: 'halt' },
    ['NO_SESSION', 'F'],
  ),
];

/** All of them. */
export const badAnswers: readonly BadAnswer[] = [...bodies, ...http, ...results];

function gbk(): Buffer {
  const [before = '', after = ''] = success.split('success');
  return Buffer.concat([Buffer.from(before), Buffer.from([0xb3, 0xc9, 0xb9, 0xa6]), Buffer.from(after)]);
}

/** 100 MB, chunk after chunk, as long as the other side takes it. */
function endless(chunk: Buffer): Behaviour {
  return socket => {
    socket.write(`${head}Content-Length: 104857600\r\n\r\n`);
    const more = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  };
}
