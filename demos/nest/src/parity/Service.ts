import {
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  Catch,
  Controller,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  ParseIntPipe,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { type BaseRpcContext, Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { concat, EMPTY, from, interval, map, type Observable, of, Subject, throwError } from 'rxjs';
import { finalize, takeUntil } from 'rxjs/operators';

class Refused extends Error {}

@Catch(Refused)
class RefusedFilter {
  catch(_: Refused, _host: ArgumentsHost): Observable<never> {
    return throwError(() => ({ status: 'error', message: 'by the filter' }));
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler<number>): Observable<number> {
    return next.handle().pipe(map((n) => n * 2));
  }
}

@Injectable()
class Nobody implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

/** What the service has seen, for the specs. */
export class Seen {
  readonly events: unknown[] = [];
  readonly event$ = new Subject<unknown>();
  /** Of streams that were left. */
  readonly left$ = new Subject<string>();
  /** Ends the streams that go on for ever. */
  readonly stop$ = new Subject<void>();
  ticking = 0;
  readonly held: Array<(value: string) => void> = [];

  add(event: unknown): void {
    this.events.push(event);
    this.event$.next(event);
  }
}

@Controller()
export class Service {
  constructor(private readonly seen: Seen) {}

  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((sum, n) => sum + n, 0);
  }

  @MessagePattern({ cmd: 'greet', lang: 'en' })
  greet(name: string): string {
    return `Hello ${name}`;
  }

  @MessagePattern('echo')
  async echo(data: unknown): Promise<unknown> {
    return data;
  }

  @MessagePattern('large')
  large(size: number): string {
    return 'x'.repeat(size);
  }

  @MessagePattern('falsy')
  falsy(which: string): unknown {
    return { zero: 0, empty: '', no: false, nothing: null }[which];
  }

  @MessagePattern('count')
  count(to: number): Observable<number> {
    return from(Array.from({ length: to }, (_, i) => i + 1));
  }

  @MessagePattern('pairs')
  pairs(): Observable<number> {
    return concat(of(1, 2), new Promise<number>((resolve) => setImmediate(resolve, 3)), of(4));
  }

  @MessagePattern('nothing')
  nothing(): Observable<never> {
    return EMPTY;
  }

  @MessagePattern('undefined')
  undefined(_: unknown): undefined {
    return undefined;
  }

  /** Emits until it is left, and tells when. */
  @MessagePattern('ticks')
  ticks(): Observable<number> {
    this.seen.ticking++;
    return interval(1).pipe(
      takeUntil(this.seen.stop$),
      finalize(() => {
        this.seen.ticking--;
        this.seen.left$.next('ticks');
      }),
    );
  }

  /** Answers when the spec says so. */
  @MessagePattern('held')
  held(_: string): Promise<string> {
    return new Promise((resolve) => {
      this.seen.held.push(resolve);
      this.seen.add('held');
    });
  }

  @MessagePattern('fail')
  fail(how: string): unknown {
    if (how === 'text') throw new RpcException('a text');
    if (how === 'object') throw new RpcException({ code: 7, hint: 'an object' });
    if (how === 'error') throw new Error('a secret');
    if (how === 'rejection') return Promise.reject(new RpcException('rejected'));
    if (how === 'stream')
      return concat(
        of(1, 2),
        throwError(() => new RpcException('after two')),
      );
    throw new Refused();
  }

  @MessagePattern('circular')
  circular(): unknown {
    const value: Record<string, unknown> = {};
    value.self = value;
    return value;
  }

  @UseFilters(new RefusedFilter())
  @MessagePattern('filtered')
  filtered(): never {
    throw new Refused();
  }

  @UseInterceptors(Doubling)
  @MessagePattern('doubled')
  doubled(n: number): Observable<number> {
    return of(n, n + 1);
  }

  @UseGuards(Nobody)
  @MessagePattern('guarded')
  guarded(): string {
    return 'never';
  }

  @MessagePattern('piped')
  piped(@Payload('n', ParseIntPipe) n: number): number {
    return n + 1;
  }

  @MessagePattern('context')
  context(@Ctx() context: BaseRpcContext & { getPattern(): string; getMetadata(): unknown }): unknown {
    return { pattern: context.getPattern(), metadata: context.getMetadata() };
  }

  @EventPattern('noted')
  noted(data: unknown): void {
    this.seen.add(data);
  }

  @EventPattern('both')
  first(data: unknown): void {
    this.seen.add(['first', data]);
  }

  @EventPattern('both')
  second(data: unknown): void {
    this.seen.add(['second', data]);
  }

  @EventPattern('failing')
  failing(_: unknown): void {
    throw new Error('of an event');
  }
}

/** One instance for each request. */
@Controller({ scope: Scope.REQUEST })
export class PerRequest {
  private calls = 0;

  @MessagePattern('calls')
  count(): number {
    return ++this.calls;
  }
}
