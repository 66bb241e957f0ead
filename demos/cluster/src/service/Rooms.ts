import type { History } from './History';
import { type Listener, Room } from './Room';

/** How far back, in numbers of all rooms, a room looks when it opens: members that come back find what they missed in it. */
const LOOK_BACK = 5_000;

/** The rooms of one worker that have members. */
export class Rooms {
  private readonly open = new Map<string, Room>();

  constructor(private readonly history: History) {}

  /** The room of a name. It rejects if it has to be opened and the history is away. */
  async find(name: string): Promise<Room> {
    const newest = this.open.has(name) ? 0 : await this.history.newest();
    // Another member may have opened it meanwhile.
    let room = this.open.get(name);
    if (room === undefined) {
      room = new Room(name, this.history, Math.max(0, newest - LOOK_BACK));
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
}
