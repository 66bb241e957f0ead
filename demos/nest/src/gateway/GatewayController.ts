import type { ServerResponse } from 'node:http';
import {
  BadGatewayException,
  BadRequestException,
  Body,
  Controller,
  GatewayTimeoutException,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Res,
  ServiceUnavailableException,
  Sse,
} from '@nestjs/common';
import { fromEvent, map, merge, type Observable, of } from 'rxjs';
import { BufferOverflowError, SocketTimeoutError } from 'rxjs-tcp';
import { Dashboard, type Shown } from './Dashboard.js';
import { DeviceServer } from './DeviceServer.js';
import { Devices } from './Devices.js';
import { Metrics } from './Metrics.js';

/** The gateway's HTTP. */
@Controller()
export class GatewayController {
  constructor(
    private readonly devices: Devices,
    private readonly dashboard: Dashboard,
    private readonly server: DeviceServer,
    private readonly metrics: Metrics,
  ) {}

  /** The readings of all devices as server-sent events. */
  @Sse('dashboard')
  events(@Res({ passthrough: true }) response: ServerResponse): Observable<{ data: Shown }> {
    return this.dashboard.open(() => whenRoom(response)).pipe(map((data) => ({ data })));
  }

  @Get('devices')
  list(): readonly string[] {
    return this.devices.all().map(({ id }) => id);
  }

  /** `{ "text": "blink" }` is sent to the device, and its reply is the answer. */
  @Post('devices/:id/commands')
  @HttpCode(200)
  async command(@Param('id') id: string, @Body('text') text: unknown): Promise<{ ok: boolean; text: string }> {
    if (typeof text !== 'string' || Buffer.byteLength(text) > MAX_TEXT) {
      throw new BadRequestException(`Cannot send the command: its text must be a string of at most ${MAX_TEXT} bytes`);
    }
    const device = this.devices.get(id);
    if (device === undefined) throw new NotFoundException(`Cannot send the command: no device ${id} is logged in`);
    const end = this.metrics.commands.startTimer();
    try {
      const { ok, text: answer } = await device.ask(text);
      end({ result: ok ? 'ok' : 'refused' });
      return { ok, text: answer };
    } catch (error) {
      const failure = failureOf(error);
      end({ result: failure.name });
      throw failure;
    }
  }

  /** For a load balancer. */
  @Get('health')
  health(): { status: string; devices: number } {
    const status = { status: this.server.draining ? 'draining' : 'ok', devices: this.devices.size };
    if (this.server.draining) throw new ServiceUnavailableException(status);
    return status;
  }

  /** For Prometheus. */
  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  scrape(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}

/** Of a command in bytes: it fits into a frame. */
const MAX_TEXT = 200;

const ROOM = of(undefined);

/** Nest would keep what a slow client does not take, up to 4 MiB. This waits until the response has room. */
function whenRoom(response: ServerResponse): Observable<unknown> {
  return response.writableNeedDrain ? merge(fromEvent(response, 'drain'), fromEvent(response, 'close')) : ROOM;
}

function failureOf(error: unknown): BadGatewayException | GatewayTimeoutException | ServiceUnavailableException {
  const { message } = error as Error;
  if (error instanceof SocketTimeoutError) return new GatewayTimeoutException(message);
  if (error instanceof BufferOverflowError) return new ServiceUnavailableException(message);
  return new BadGatewayException(message);
}
