/** What the dashboard shows: plain data, so that drawing it needs no connection and no clock. Times are in milliseconds. */
export interface Snapshot {
  /** Where the servers listen, and where the metrics are. */
  readonly addresses: readonly string[];
  readonly metrics: string;
  /** When it was made, since 1970. */
  readonly at: number;
  readonly uptime: number;
  readonly open: number;
  readonly opened: number;
  /** How many were closed, by what has ended them. */
  readonly closed: Readonly<Record<string, number>>;
  readonly openedPerSecond: number;
  readonly closedPerSecond: number;
  readonly refused: number;
  /** Failures without the probes, by stage. */
  readonly failed: Readonly<Record<string, number>>;
  readonly probes: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Bytes a second, the newest last. */
  readonly ratesIn: readonly number[];
  readonly ratesOut: readonly number[];
  /** Bytes that wait in writers and in readers. */
  readonly queued: number;
  readonly unread: number;
  /** Readers that have been held, and writers that have been under pressure, for a second. */
  readonly held: number;
  readonly heldBy: Readonly<Record<string, number>>;
  readonly pressed: number;
  /** The delay of the event loop since the last snapshot. */
  readonly loopP99: number;
  readonly loopMax: number;
  /** The share of one processor. */
  readonly cpu: number;
  /** The memory of the process, in bytes. */
  readonly memory: number;
  /** How long the snapshot took to make. */
  readonly took: number;
  readonly worst: readonly WorstConnection[];
}

/** One of the connections that wait the longest, or have the most bytes in memory. */
export interface WorstConnection {
  readonly peer: string;
  readonly age: number;
  readonly read: number;
  readonly written: number;
  readonly queued: number;
  readonly unread: number;
  /** For how long its reader has been held, and by which operators; absent if it is not. */
  readonly held?: number;
  readonly heldBy?: readonly string[];
  /** For how long its writer has been under pressure. */
  readonly pressed?: number;
}
