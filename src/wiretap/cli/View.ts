/** What the user sees of the events. */
export interface View {
  /** Tells the user something that is no event. */
  say(text: string): void;
  /** Resolves when the output can't be written any more: its reader has gone. */
  readonly gone: Promise<unknown>;
  /** Ends the view, with all events that came. */
  close(): Promise<void>;
}
