/** The colours of the canvas, which the style sheet defines for dark and light. */
export class Palette {
  readonly paper: string;
  readonly raised: string;
  readonly ink: string;
  readonly soft: string;
  readonly faint: string;
  readonly line: string;
  readonly hover: string;
  /** From the client to the target, and back. */
  readonly lanes: readonly [LaneColours, LaneColours];
  readonly held: string;
  readonly pressure: string;
  readonly bad: string;
  readonly accent: string;
  readonly text: string;
  readonly mono: string;

  constructor(element: Element) {
    const style = getComputedStyle(element);
    const get = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    this.paper = get('paper');
    this.raised = get('raised');
    this.ink = get('ink');
    this.soft = get('soft');
    this.faint = get('faint');
    this.line = get('line');
    this.hover = get('hover');
    this.lanes = [
      { strong: get('to'), fill: get('to-fill') },
      { strong: get('back'), fill: get('back-fill') },
    ];
    this.held = get('held');
    this.pressure = get('pressure');
    this.bad = get('bad');
    this.accent = get('accent');
    this.text = get('text');
    this.mono = get('mono');
  }
}

/** The outline and the inside of a marble. */
export interface LaneColours {
  readonly strong: string;
  readonly fill: string;
}
