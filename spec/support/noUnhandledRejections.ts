import { turns } from './until';

/** Called at the head of a spec file: fails it if a promise was rejected in it and nobody took the rejection. */
export function noUnhandledRejections(): void {
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown) => rejections.push(reason);

  beforeAll(() => process.on('unhandledRejection', onRejection));

  afterAll(async () => {
    await turns(3);
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });
}
