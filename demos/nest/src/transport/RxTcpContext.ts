import { BaseRpcContext, type PacketMetadata } from '@nestjs/microservices';
import type { Connection } from 'rxjs-tcp';

/** What a handler gets as `@Ctx()`. */
export class RxTcpContext extends BaseRpcContext<[Connection, string, PacketMetadata | undefined]> {
  /** The connection that the packet came from: its addresses, certificate and counters. Its reader is in use. */
  getConnection(): Connection {
    return this.args[0];
  }

  /** The pattern of the packet, as text. */
  getPattern(): string {
    return this.args[1];
  }

  /** What the client's dispatch hook has put beside the data. */
  getMetadata(): PacketMetadata | undefined {
    return this.args[2];
  }
}
