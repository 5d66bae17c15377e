// npm run audit: are there known faults, of severity high or above, in what the connector needs to run?
import process from 'node:process';
import { npm } from './npm.ts';

const usage = `npm run audit

Asks the registry for known vulnerabilities of the production dependencies in package-lock.json.

Exit codes:
  0  none of severity high or critical
  1  there are some; they are listed
  2  the registry cannot be asked (it has no audit endpoint, or does not answer): nothing is known
`;

/** What npm tells of one package. */
interface Vulnerability {
  readonly name: string;
  readonly severity: string;
  readonly range: string;
  readonly via: readonly (string | { readonly title: string; readonly url: string })[];
}

const failing = ['high', 'critical'];

process.exitCode = audit(process.argv.slice(2));

function audit(args: readonly string[]): 0 | 1 | 2 {
  if (args.length > 0) {
    console.log(usage);
    return args[0] === '--help' ? 0 : 2;
  }
  const { out, errors } = npm(['audit', '--omit=dev', '--package-lock-only', '--json']);
  const report = reportOf(out);
  if (report === null) {
    console.error(`The registry cannot be asked, so nothing is known.\n${reasonOf(out) ?? errors}`);
    return 2;
  }
  const found = report.filter(({ severity }) => failing.includes(severity));
  console.log(`${report.length} vulnerable packages, ${found.length} of severity ${failing.join(' or ')}`);
  for (const { name, range, severity, via } of found) {
    console.log(`  ${name} ${range}: ${severity}`);
    for (const cause of via)
      console.log(typeof cause === 'string' ? `    by ${cause}` : `    ${cause.title} ${cause.url}`);
  }
  return found.length > 0 ? 1 : 0;
}

/** Null where npm answers with anything but a report: it ends with 1 in both cases. */
function reportOf(out: string): readonly Vulnerability[] | null {
  const answer = parsed(out);
  return answer?.vulnerabilities === undefined ? null : Object.values(answer.vulnerabilities);
}

function reasonOf(out: string): string | undefined {
  return parsed(out)?.message;
}

function parsed(out: string) {
  try {
    return JSON.parse(out) as {
      readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>;
      readonly message?: string;
    };
  } catch {
    return null;
  }
}
