/**
 * The faults that a network may cause: how likely, how long, how large.
 *
 * The bytes of a direction are divided into pieces of random length. Most faults happen to pieces, and their probabilities are
 * for each piece. A connection has one ending at most. Without a plan, there are only the faults that every program must
 * handle: bytes come late and in other chunks, but all of them come.
 */
export interface FaultPlan {
  /** The mean length of a piece, in bytes. Default 256. */
  readonly piece?: number | undefined;
  /** Probability that a piece is sent apart from the bytes before it, in its own chunk. Default 0.5. */
  readonly split?: number | undefined;
  /** Probability that a piece is sent only when all of its bytes have arrived. Default 0.2. */
  readonly coalesce?: number | undefined;
  /** The longest time that such a piece waits for its last byte, in milliseconds. Default 20. */
  readonly linger?: number | undefined;
  /** How long every byte is on its way, in milliseconds. Default 0. */
  readonly delay?: number | undefined;
  /** The largest extra time of a piece on its way, in milliseconds: random for each piece. The order stays. Default 5. */
  readonly jitter?: number | undefined;
  /** Probability that nothing passes for some time before a piece. Default 0.005. */
  readonly stall?: number | undefined;
  /** The longest such time, in milliseconds: random, at least 1. Default 100. */
  readonly stallTime?: number | undefined;
  /** How many bytes pass in a second, in each direction. Default 0: no limit. */
  readonly throttle?: number | undefined;
  /** Probability that one bit of a byte is flipped. Default 0. */
  readonly corrupt?: number | undefined;
  /** Probability that both directions end with FIN before all bytes are sent; the other bytes are lost. Default 0. */
  readonly truncate?: number | undefined;
  /** Probability that one direction ends in this way, and the other goes on. Default 0. */
  readonly halfClose?: number | undefined;
  /** Probability of a reset, which both sides see. Default 0. */
  readonly reset?: number | undefined;
  /** These endings happen within this many bytes of a direction. Default 4096. A connection that sends less may have none. */
  readonly within?: number | undefined;
  /**
   * Probability that a connection of `pair` is tight: a few bytes fill it, so both ends come under pressure. Default 0.3. The
   * `capacity` and `highWaterMark` of the ends' options, where given, stay.
   */
  readonly tight?: number | undefined;
  /** How many bytes may be on their way in each direction before the sender must wait. Default 64 KiB. */
  readonly capacity?: number | undefined;
  /**
   * Only these of the faults that the plan leads to, each as the log has it: `'a->b byte 64 split'`; behind a second connection `'2: a->b …'`.
   * Default: all. The message of a failed simulation has the fewest that it takes.
   */
  readonly only?: readonly string[] | undefined;
}
