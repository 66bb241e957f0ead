import { Injectable } from '@nestjs/common';
import { concat, defer, from, type Observable, Subject } from 'rxjs';
import type { Device } from './Device.js';

/** The devices that are logged in. */
@Injectable()
export class Devices {
  private readonly byId = new Map<string, Device>();
  private readonly added = new Subject<Device>();

  /** Those that are here, then each that comes. */
  readonly each$: Observable<Device> = defer(() => concat(from([...this.byId.values()]), this.added));

  get size(): number {
    return this.byId.size;
  }

  get(id: string): Device | undefined {
    return this.byId.get(id);
  }

  all(): readonly Device[] {
    return [...this.byId.values()];
  }

  /** The newest login counts: a device comes again before its old connection is known to be dead. */
  add(device: Device): void {
    const older = this.byId.get(device.id);
    this.byId.set(device.id, device);
    older?.connection.destroy();
    this.added.next(device);
  }

  remove(device: Device): void {
    if (this.byId.get(device.id) === device) this.byId.delete(device.id);
  }
}
