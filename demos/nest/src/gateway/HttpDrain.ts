import type { Server } from 'node:http';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** Nest waits until all HTTP connections are closed. A client that does not read would keep it waiting for ever. */
@Injectable()
export class HttpDrain implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  beforeApplicationShutdown(): void {
    const server = this.host.httpAdapter?.getHttpServer() as Server | undefined;
    // After an answer that is under way.
    setTimeout(() => server?.closeAllConnections(), HTTP_TIMEOUT).unref();
  }
}

/** How long the answers of HTTP have, when the gateway stops. */
const HTTP_TIMEOUT = 2500;
