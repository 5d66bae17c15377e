/** How much may be sent now. */
export interface LimitSnapshot {
  /** Requests in flight, at most; adapted to what the platform bears. */
  readonly inFlight: number;
  /** Of this instance; null: no limit. */
  readonly requestsPerSecond: number | null;
  /** Requests that may start at once under it; below 0, how many were made ahead of their time. */
  readonly tokens: number | null;
}
