/**
 * What a network may do to a connection: how likely, how long, how large.
 *
 * The bytes of a direction are taken as pieces, whose lengths are drawn; most faults happen to pieces, and their
 * probabilities are for each piece. A connection has one ending at most. Without a plan, only what every program has to bear
 * happens: bytes come late and in other chunks, and all of them come.
 */
export interface FaultPlan {
  /** The mean length of a piece, in bytes. Default 256. */
  readonly piece?: number | undefined;
  /** Probability that a piece leaves apart from the bytes before it, in a chunk of its own. Default 0.5. */
  readonly split?: number | undefined;
  /** Probability that a piece leaves only when all of it is there. Default 0.2. */
  readonly coalesce?: number | undefined;
  /** How long such a piece waits for its last byte at most, in milliseconds. Default 20. */
  readonly linger?: number | undefined;
  /** How long every byte is on its way, in milliseconds. Default 0. */
  readonly delay?: number | undefined;
  /** How much longer a piece may be on its way, in milliseconds: drawn for each, from 0. The order stays. Default 5. */
  readonly jitter?: number | undefined;
  /** Probability that nothing passes for a while before a piece. Default 0.005. */
  readonly stall?: number | undefined;
  /** How long that while is at most, in milliseconds: drawn, from 1. Default 100. */
  readonly stallTime?: number | undefined;
  /** How many bytes pass in a second, in each direction. Default 0: as many as can. */
  readonly throttle?: number | undefined;
  /** Probability that a byte has one of its bits turned over. Default 0. */
  readonly corrupt?: number | undefined;
  /** Probability that both directions end in order in the middle of what is sent; the bytes after that are lost. Default 0. */
  readonly truncate?: number | undefined;
  /** Probability that one direction ends in that way, and the other goes on. Default 0. */
  readonly halfClose?: number | undefined;
  /** Probability of a reset, which both sides see. Default 0. */
  readonly reset?: number | undefined;
  /** Within how many bytes of a direction these endings happen. Default 4096; a connection that sends less may see none. */
  readonly within?: number | undefined;
  /** How many bytes are on their way in each direction before the sender has to wait. Default 64 KiB. */
  readonly capacity?: number | undefined;
  /**
   * Only these of the faults that the plan leads to, each as the log has it: `'a->b byte 64 split'`; behind a second connection `'2: a->b …'`.
   * Default: all. The message of a failed simulation has the fewest that it takes.
   */
  readonly only?: readonly string[] | undefined;
}
