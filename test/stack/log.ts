/** Takes one line of progress, without its line end. */
export type Log = (line: string) => void;

/** `1234` ms as `1.2 s`. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
