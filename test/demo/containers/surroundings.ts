import { readFileSync } from 'node:fs';

/** Where the demo's containers find one another: the environment that docker-compose.yml gives them. */
export interface Surroundings {
  /** Of the shop's database. */
  readonly databaseUrl: string;
  readonly connectUrl: string;
  readonly sandboxUrl: string;
  /** Of the connector's metrics. */
  readonly metricsUrl: string;
  /** The same two as the host sees them. */
  readonly shown: { readonly sandboxUrl: string; readonly metricsUrl: string };
}

/** Reads them. Throws where a variable or the password's file is missing. */
export function readSurroundings(environment: Readonly<Record<string, string | undefined>>): Surroundings {
  const given = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new Error(`${name} is not set; see docker-compose.yml`);
    return value;
  };
  const database = new URL(given('DATABASE_URL'));
  database.password = readFileSync(given('DATABASE_PASSWORD_FILE'), 'utf8').trim();
  const [sandboxUrl, metricsUrl] = [given('SANDBOX_URL'), given('METRICS_URL')];
  return {
    databaseUrl: database.href,
    connectUrl: given('CONNECT_URL'),
    sandboxUrl,
    metricsUrl,
    shown: {
      sandboxUrl: environment.SHOWN_SANDBOX_URL || sandboxUrl,
      metricsUrl: environment.SHOWN_METRICS_URL || metricsUrl,
    },
  };
}
