import { turns } from './until';

/** Called at the head of a spec file: fails the file if a promise rejected in it and the rejection was not handled. */
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
