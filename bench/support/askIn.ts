import type { Connection } from 'rxjs-tcp';
import type { AnswerTools } from './answerWith';
import { settles } from './patience';
import type { Talk } from './Talk';

/**
 * The asking side of a conversation: it sends the requests in pieces, upgrades on the way, reads the replies and ends.
 *
 * @returns Resolves once the connection is closed, or should be. It never rejects.
 */
export async function askIn(talk: Talk, connection: Connection, tools: AnswerTools): Promise<void> {
  const asking = new Asking(talk, connection, tools);
  try {
    await asking.ask();
  } catch {
    // The connection was ended by the other side.
    connection.writer.close();
  }
  await asking.over;
  if (!(await (tools.settles ?? settles)(connection.closed))) {
    talk.faults.push('the asking side is never closed');
    connection.destroy();
  }
}

class Asking {
  /** Resolves when no more replies come. */
  over: Promise<unknown> = Promise.resolve();
  private atEnd = false;
  private wake: (() => void) | undefined;

  constructor(
    private readonly talk: Talk,
    private readonly connection: Connection,
    private readonly tools: AnswerTools,
  ) {}

  async ask(): Promise<void> {
    const { talk, connection, tools } = this;
    const { requests, slow, upgradeAt, ending, endsAfter, answers } = talk.plan;
    if (!slow) this.readReplies();
    if (upgradeAt >= 0) {
      await this.send(requests.slice(0, upgradeAt + 1));
      await this.replied(upgradeAt + 1);
      if (this.atEnd) throw new Error('The connection has ended before the upgrade');
      await tools.upgrade?.(connection);
    }
    await this.send(requests.slice(upgradeAt + 1));
    await tools.pass(endsAfter);
    if (slow) this.readReplies();
    if (ending === 'waits') await this.replied(answers === 'none' ? 0 : requests.length);
    if (ending === 'half-closes' || ending === 'waits') connection.writer.writeEof();
    if (ending === 'closes') void connection.close();
    if (ending !== 'exits' && ending !== 'resets') return;
    await connection.writer.flush();
    if (ending === 'exits') connection.destroy();
    else connection.reset();
  }

  private readReplies(): void {
    const { talk, connection } = this;
    this.over = new Promise<void>((resolve) => {
      const end = () => {
        this.atEnd = true;
        this.wake?.();
        resolve();
      };
      connection.reader.pipe(talk.framing.frames()).subscribe({
        next: (reply) => {
          talk.replies.push(reply);
          this.wake?.();
        },
        error: end,
        complete: end,
      });
    });
  }

  /** Resolves when this many replies have come, or no more come. */
  private async replied(count: number): Promise<void> {
    while (this.talk.replies.length < count && !this.atEnd) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Pipelines requests, cut at any place. */
  private async send(requests: readonly string[]): Promise<void> {
    const { talk, connection, tools } = this;
    const { draw } = talk.plan;
    const frames = requests.map((text) => talk.framing.encode(text));
    for (const { length } of frames) talk.ends.push((talk.ends.at(-1) ?? 0) + length);
    const bytes = Buffer.concat(frames);
    const most = draw(3) === 0 ? 40 : 4000;
    for (let at = 0; at < bytes.length; ) {
      const size = Math.max(1 + draw(most), bytes.length / 100);
      connection.writer.write(bytes.subarray(at, at + size));
      at += Math.floor(size);
      if (draw(3) === 0) await tools.pass(draw(3));
    }
  }
}
