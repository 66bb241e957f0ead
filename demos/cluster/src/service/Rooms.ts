import type { History } from './History';
import { type Listener, Room } from './Room';

/** How far a room looks back when it opens, in numbers of all rooms: behind the newest, and behind what its first member has seen. */
const LOOK_BACK = 5_000;
const MARGIN = 500;

/** The rooms of one worker that have members. */
export class Rooms {
  private readonly open = new Map<string, Room>();
  /** One question for all rooms that are opened meanwhile: after a restart of another worker, hundreds of members come at once. */
  private asking: Promise<number> | undefined;

  constructor(private readonly history: History) {}

  /**
   * The room of a name. It rejects if it has to be opened and the history is away.
   *
   * @param after - What the member has seen. Those that come back with it, after a restart, have seen about the same: the room has
   *   what they have missed. An older line comes from the history.
   */
  async find(name: string, after: number): Promise<Room> {
    const newest = this.open.has(name) ? 0 : await this.newest();
    // Another member may have opened it meanwhile.
    let room = this.open.get(name);
    if (room === undefined) {
      const since = Math.max(newest - LOOK_BACK, Math.min(newest, after) - MARGIN);
      room = new Room(name, this.history, Math.max(0, since));
      this.open.set(name, room);
    }
    return room;
  }

  leave(room: Room, member: Listener): void {
    room.members.delete(member);
    if (room.members.size > 0) return;
    room.close();
    if (this.open.get(room.name) === room) this.open.delete(room.name);
  }

  private newest(): Promise<number> {
    this.asking ??= this.history.newest().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }
}
